//! Documents and tools from tables: what is written is read by the programs that it is for.

mod abnf;
mod capture;
mod corpus;
mod documentation;
mod environment;
mod graph;
mod matching;
mod modes;
mod others;
mod tables;
mod wireshark;

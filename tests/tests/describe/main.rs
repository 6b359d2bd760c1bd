//! Documents and tools from tables: what is written is read by the programs that it is for.

mod abnf;
mod corpus;
mod documentation;
mod environment;
mod graph;
mod tables;
mod wireshark;

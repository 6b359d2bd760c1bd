//! Servers that are explored by frames of their tables.

mod explore;
mod sink;

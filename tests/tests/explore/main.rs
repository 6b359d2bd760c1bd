//! Servers that are explored by frames of their tables.

mod blocked;
mod explore;
mod sink;

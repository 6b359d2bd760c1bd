//! The spans of connections and calls, for subscribers that ask for them.

mod asked;
mod panicking;

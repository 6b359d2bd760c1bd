//! The figures of servers: what `info` counts, and `/metrics` shows.

mod counted;
mod scraped;

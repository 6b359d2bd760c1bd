//! The figures of servers: what `info` counts, and `/metrics` shows.

mod counted;
mod latency;
mod prometheus;
mod scraped;
mod wide;

//! What carries the bytes of connections, and where they come from.

mod listeners;
#[cfg(unix)]
mod listeners_stop;

//! The helpers that the black-box tests share.

mod client;
mod example;
mod program;

pub use client::Client;
pub use example::Example;
pub use program::available;

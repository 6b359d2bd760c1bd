//! The helpers that the black-box tests share.

mod client;
mod example;
mod program;
mod wait;

pub use client::Client;
pub use example::Example;
pub use program::available;
pub use wait::{eventually, next};

//! The helpers that the black-box tests share.

mod client;
pub mod decoding;
mod example;
mod program;
pub mod tables;
mod wait;

pub use client::Client;
pub use example::Example;
pub use program::available;
pub use wait::{eventually, next};

//! The helpers that the black-box tests share.

mod client;
pub mod decoding;
mod example;
mod memory;
mod mode;
mod program;
mod random;
pub mod tables;
mod wait;

pub use client::Client;
pub use example::Example;
pub use memory::{peak, resident};
pub use mode::{MODES, Mode};
pub use program::available;
pub use random::Random;
pub use wait::{eventually, next};

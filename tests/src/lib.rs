//! The helpers that the black-box tests share, one subject a file.

mod churn;
mod client;
pub mod decoding;
#[cfg(unix)]
mod descriptors;
mod example;
mod folder;
pub mod hex;
mod log;
mod memory;
mod mode;
mod program;
pub mod proxy;
mod random;
pub mod recordings;
#[cfg(unix)]
pub mod replaced;
#[cfg(target_os = "linux")]
mod sockets;
pub mod tables;
pub mod tls_records;
mod wait;

pub use churn::come_and_go;
pub use client::{Client, Reachable, within};
#[cfg(unix)]
pub use descriptors::allow_all_descriptors;
pub use example::Example;
pub use folder::Folder;
pub use log::{Log, subscribe, write_to};
pub use memory::{peak, resident, virtual_size};
pub use mode::{MODES, Mode};
pub use program::available;
pub use random::Random;
#[cfg(target_os = "linux")]
pub use sockets::{connection_of, listener_of};
pub use wait::{eventually, next};

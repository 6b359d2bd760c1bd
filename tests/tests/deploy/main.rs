//! What `examples/deploy` ships, with the programs that it is for.

#![cfg(target_os = "linux")]

mod agent_check;
mod files;
mod front;
mod rolling;

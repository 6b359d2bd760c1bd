//! The files of `examples/deploy`, with the programs that they are for.

#![cfg(target_os = "linux")]

mod agent_check;
mod chaos;
#[allow(dead_code, reason = "the tests of the example use all of it")]
#[path = "../examples/chat_nats/cluster.rs"]
mod cluster;
mod environments;
mod files;
mod front;
mod memory;
mod nodes;
mod outages;
mod rolling;

//! `run` as a whole program: signals, cores, descriptors, panics, the log, the environment, systemd.
//!
//! All start programs but `coop_budget`, which calls `run` in this process: that leaves its subscriber, its panic hook and its signals behind,
//! which none of the others minds.

mod accept_errors;
mod coop_budget;
mod cores;
mod environment;
mod environment_mistakes;
mod max_processes;
mod out_of_descriptors;
mod panics;
mod run;
mod rust_log;
mod systemd;

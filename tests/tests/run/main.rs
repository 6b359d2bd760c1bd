//! `run` as a whole program: signals, cores, descriptors, panics, the log, the environment,
//! systemd.
//!
//! All modules start programs except `coop_budget`, which calls `run` in this process. It leaves
//! its subscriber, panic hook and signal handlers behind; the other modules don't depend on these.

mod accept_errors;
mod coop_budget;
mod cores;
mod environment;
mod environment_mistakes;
mod max_processes;
mod out_of_descriptors;
mod panics;
mod reach;
mod run;
mod rust_log;
mod systemd;

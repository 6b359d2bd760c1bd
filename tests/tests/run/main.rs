//! `run` as a whole program: signals, cores, descriptors, panics, the log, the environment, systemd.

mod accept_errors;
mod coop_budget;
mod cores;
mod environment;
mod max_processes;
mod out_of_descriptors;
mod panics;
mod run;
mod rust_log;
mod systemd;

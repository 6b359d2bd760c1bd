//! A server from its start to its end: acceptors, backlog, suspending, stopping, its handle.

mod acceptors;
mod agent_check;
mod backlog;
mod behind_a_stop;
mod bursts;
mod bursts_log;
mod draining;
mod end_of_the_runtime;
mod ends_by_itself;
mod handle;
mod health;
mod last_reply;
mod listed;
mod lost_listener;
mod panicking_subscriber;
mod stopping;
mod suspending;
mod suspending_log;

//! A new version of the program takes over, and no connection is lost: `run` and SIGUSR2,
//! `Server::upgrade`, and all that can go wrong in between.

#![cfg(target_os = "linux")]

mod carried;
mod chain;
mod failures;
mod figures;
mod killer;
mod limits;
mod listeners;
mod load;
mod many;
mod messages;
mod staying;
mod under_load;

//! The types that users name: the behaviour of a server, and the parameters and results of its
//! callbacks.

pub(crate) mod action;
pub(crate) mod frame;
pub(crate) mod group;
pub mod input;
pub(crate) mod peer;
pub(crate) mod socket;
pub(crate) mod state;
pub(crate) mod tcp_server;
pub(crate) mod with;

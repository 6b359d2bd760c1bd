//! What users name: the behaviour of a server, and what its callbacks take and return.

pub(crate) mod action;
pub(crate) mod frame;
pub mod input;
pub(crate) mod peer;
pub(crate) mod socket;
pub(crate) mod tcp_server;
pub(crate) mod with;

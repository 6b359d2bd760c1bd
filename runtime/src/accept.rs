//! Whether, when and from where a connection is accepted: the listeners, whose turn it is, and who
//! is turned away.
//!
//! State and decisions alone: no task lives here. The tasks that accept are in `acceptor`.

pub(crate) mod acceptor_slots;
pub(crate) mod backlog_drain;
pub(crate) mod backoff;
pub(crate) mod balancer;
pub(crate) mod bell;
pub(crate) mod error;
pub(crate) mod fd_limit;
pub(crate) mod listener_set;
pub(crate) mod peer_filter;
pub(crate) mod rate;
pub(crate) mod refused;
pub(crate) mod throttle;

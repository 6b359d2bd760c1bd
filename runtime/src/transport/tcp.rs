//! TCP.

pub(crate) mod listener;

//! The waits that took too long: counts by kind.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The number of times that a time limit was reached, by its option, as part of
/// [`ServerInfo`](crate::ServerInfo).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// Frames that didn't come within `recv_timeout`, of the server or of the socket. One that a
    /// callback waited for counts if the callback passes the error on.
    pub recv: u64,
    /// Frames that had begun and didn't end within `frame_timeout`.
    pub frame: u64,
    /// Peers that read too little within `send_timeout`.
    pub send: u64,
    /// Calls that were cut after `call_timeout`.
    pub call: u64,
    /// Handshakes that took longer than `handshake_timeout` or `proxy_timeout`.
    pub handshake: u64,
}

/// The kind of a time limit.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Limit {
    Recv,
    Frame,
    Send,
    Call,
    Handshake,
}

/// The counts of one server.
#[derive(Debug, Default)]
pub(crate) struct TimeoutCounts([AtomicU64; 5]);

impl TimeoutCounts {
    pub(crate) fn add(&self, limit: Limit) {
        self.0[limit as usize].fetch_add(1, Relaxed);
    }

    pub(crate) fn counts(&self) -> Timeouts {
        let count = |limit: Limit| self.0[limit as usize].load(Relaxed);
        Timeouts {
            recv: count(Limit::Recv),
            frame: count(Limit::Frame),
            send: count(Limit::Send),
            call: count(Limit::Call),
            handshake: count(Limit::Handshake),
        }
    }
}

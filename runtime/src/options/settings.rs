//! What a connection goes by: its server's, until it sets something of its own.

#[cfg(feature = "record")]
use std::sync::Arc;
use std::time::Duration;

use crate::options::Options;
#[cfg(feature = "record")]
use crate::packet::Packet;
use crate::packet::{Bounds, DELIMITER};
#[cfg(feature = "record")]
use crate::tape::switch::Switch;

/// Shared by the connections of a server, so that each holds a pointer rather than all of it.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) bounds: Bounds,
    pub(crate) recv_timeout: Duration,
    pub(crate) recv_limit: usize,
    pub(crate) send_timeout: Duration,
    handshake_timeout: Duration,
    pub(crate) close_timeout: Duration,
    pub(crate) half_close: bool,
    /// The `recv_timeout` that a callback has set, until the state of the protocol changes; without
    /// states it replaces `recv_timeout`.
    pub(crate) own_recv_timeout: Option<Duration>,
    /// True if the server's connections are recorded: one for all of its settings.
    #[cfg(feature = "record")]
    pub(crate) switch: Arc<Switch>,
    /// The packet mode that connections begin with; `raw` under a codec.
    #[cfg(feature = "record")]
    pub(crate) packet: Packet,
}

impl Settings {
    pub(crate) fn new(options: &Options) -> Self {
        Settings {
            bounds: Bounds::new(options.packet_size, options.delimiter.unwrap_or(DELIMITER)),
            recv_timeout: options.recv_timeout,
            recv_limit: options.recv_limit,
            send_timeout: options.send_timeout,
            handshake_timeout: options.handshake_timeout,
            close_timeout: options.close_timeout,
            half_close: options.half_close,
            own_recv_timeout: None,
            #[cfg(feature = "record")]
            switch: Arc::default(),
            #[cfg(feature = "record")]
            packet: options.packet.unwrap_or_default(),
        }
    }

    /// Returns the settings that follow these in the same server.
    #[cfg_attr(not(feature = "record"), allow(clippy::unused_self))] // as with it
    pub(super) fn next(&self, options: &Options) -> Self {
        Settings {
            #[cfg(feature = "record")]
            switch: Arc::clone(&self.switch),
            ..Settings::new(options)
        }
    }

    /// Returns how long a handshake may take. It stands for a first frame, so it takes no longer
    /// than one may.
    pub(crate) fn handshake_limit(&self) -> Duration {
        self.handshake_timeout.min(self.recv_timeout)
    }
}

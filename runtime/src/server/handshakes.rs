//! The handshakes that failed: their count, and what the log says of them.

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::io::link::Link;
use crate::log::{Limiter, Quoted, Unsaid, event};
#[cfg(feature = "tls-provider")]
use crate::transport::tls::plain_text::PlainText;

/// The failed handshakes of one server.
#[derive(Debug, Default)]
pub(crate) struct Handshakes {
    failed: AtomicU64,
    log: Limiter,
    #[cfg(feature = "tls-provider")]
    plain_text: Limiter,
}

impl Handshakes {
    /// Returns how many failed.
    pub(crate) fn failed(&self) -> u64 {
        self.failed.load(Relaxed)
    }

    /// Counts a handshake that failed.
    ///
    /// It is logged at `debug`, as every port scan causes some; plain text to a TLS port is logged
    /// at `info`, as somebody wonders why nothing answers.
    pub(crate) fn add(&self, server: &str, link: &Link, error: &io::Error) {
        #[cfg(feature = "tls-provider")]
        if PlainText::is_in(error) {
            self.failed.fetch_add(1, Relaxed);
            if let Some(Unsaid(unsaid)) = self.plain_text.admit() {
                let error = Quoted(error);
                event!(info, name: "plain text", server, peer = %link.peer_addr(), id = %link.id, unsaid, "the handshake failed: {error}");
            }
            return;
        }
        self.add_other(server, link, error);
    }

    /// Counts a handshake that took too long, or failed otherwise.
    pub(crate) fn add_other(&self, server: &str, link: &Link, error: &dyn fmt::Display) {
        self.failed.fetch_add(1, Relaxed);
        if let Some(Unsaid(unsaid)) = self.log.admit() {
            let error = Quoted(error);
            event!(debug, name: "handshake failed", server, peer = %link.peer_addr(), id = %link.id, unsaid, "the handshake failed: {error}");
        }
    }
}

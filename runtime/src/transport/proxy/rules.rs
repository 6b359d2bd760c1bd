//! The rules of a listener: who may send a header, who must, and how long it may take.

use std::io;
use std::time::Duration;

use crate::log::{Limiter, Unsaid, event};
use crate::options::Options;
use crate::options::cidr::Cidr;
use crate::transport::addr::PeerAddr;

/// The header that is expected of a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// A header.
    Header,
    /// A header or none.
    Either,
    /// None.
    Nothing,
    /// The peer isn't served, as only proxies are.
    Nobody,
}

#[derive(Debug)]
pub(super) struct Rules {
    is_required: bool,
    trusted: &'static [Cidr],
    /// The time limit of a header, where the options of the moment aren't known.
    pub(super) timeout: Duration,
    /// Limits the log lines about who is refused.
    log: Limiter,
}

impl Rules {
    pub(super) fn new(is_required: bool, options: &Options) -> Self {
        Rules {
            is_required,
            trusted: options.trusted_proxies,
            timeout: timeout(options),
            // A flood is turned away connection by connection.
            log: Limiter::new(1, Duration::from_secs(10)),
        }
    }

    /// Returns whether a peer may send a header. One without an IP address may: the mode of its
    /// socket let it in.
    pub(super) fn trusts(&self, peer_addr: &PeerAddr) -> bool {
        match peer_addr {
            PeerAddr::Ip(addr) => self.trusted.iter().any(|block| block.contains(addr.ip())),
            _ => true,
        }
    }

    /// Returns what is expected of who connected, and who the peer is until its header was read:
    /// a proxy isn't counted by the limits for clients.
    pub(super) fn judge(&self, connected: &PeerAddr) -> (Expected, PeerAddr) {
        let expected = match (self.trusts(connected), self.is_required) {
            (true, true) => Expected::Header,
            (true, false) => Expected::Either,
            (false, true) => return (Expected::Nobody, connected.clone()),
            (false, false) => return (Expected::Nothing, connected.clone()),
        };
        match *connected {
            PeerAddr::Ip(addr) => (expected, PeerAddr::Proxy(Box::new(addr))),
            ref other => (expected, other.clone()),
        }
    }

    /// Returns the error of a connection that is refused, and logs it, as an operator who forgot a
    /// proxy is to see it.
    pub(super) fn refuse(&self, peer: &PeerAddr, why: &'static str) -> io::Error {
        if let Some(Unsaid(unsaid)) = self.log.admit() {
            event!(warn, name: "refused by proxy_protocol", %peer, unsaid, "refused {peer}: {why}");
        }
        io::Error::new(io::ErrorKind::InvalidData, why)
    }
}

/// Returns how long a header may take. A connection that needs none is to be served before the
/// limits of the whole handshake are over.
pub(super) fn timeout(options: &Options) -> Duration {
    options
        .proxy_timeout
        .min(options.handshake_timeout)
        .min(options.recv_timeout)
}

//! The connections that were turned away: counts by reason, and events in the log.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::log::{Limiter, Unsaid, event};

/// The number of connections that a server turned away, by reason, as part of
/// [`ServerInfo`](crate::ServerInfo).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refused {
    /// Connections that came while all processes were busy (option `overload`).
    pub overloaded: u64,
    /// Connections of an address that had `max_per_ip` connections already.
    pub per_ip: u64,
    /// Connections of an address that `allow` and `deny` keep out.
    pub denied: u64,
}

/// The reason why a connection is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Overloaded,
    PerIp,
    Denied,
}

/// The count of one reason, and the limiter of its events.
#[derive(Debug)]
struct ReasonCount {
    count: AtomicU64,
    log: Limiter,
}

impl Default for ReasonCount {
    fn default() -> Self {
        ReasonCount {
            count: AtomicU64::new(0),
            // A flood is turned away connection by connection.
            log: Limiter::new(1, Duration::from_secs(10)),
        }
    }
}

/// The counts of one server.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    overloaded: ReasonCount,
    per_ip: ReasonCount,
    denied: ReasonCount,
}

impl Refusals {
    /// Counts a connection, and logs it now and then.
    pub(crate) fn add(&self, refusal: Refusal, peer: SocketAddr, server: &str) {
        let reason = match refusal {
            Refusal::Overloaded => &self.overloaded,
            Refusal::PerIp => &self.per_ip,
            Refusal::Denied => &self.denied,
        };
        reason.count.fetch_add(1, Relaxed);
        let Some(Unsaid(unsaid)) = reason.log.admit() else {
            return;
        };
        match refusal {
            Refusal::Overloaded => {
                event!(warn, name: "refused overloaded", server, %peer, unsaid, "refused {peer}: all processes are busy");
            }
            Refusal::PerIp => {
                event!(warn, name: "refused per ip", server, %peer, unsaid, "refused {peer}: its address has max_per_ip connections");
            }
            Refusal::Denied => {
                event!(warn, name: "refused denied", server, %peer, unsaid, "refused {peer}: allow and deny don't let its address in");
            }
        }
    }

    pub(crate) fn counts(&self) -> Refused {
        let count = |reason: &ReasonCount| reason.count.load(Relaxed);
        Refused {
            overloaded: count(&self.overloaded),
            per_ip: count(&self.per_ip),
            denied: count(&self.denied),
        }
    }
}

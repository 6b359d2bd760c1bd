//! Who was turned away, and why: counts, and lines in the log.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::log::{Limiter, Unsaid, event};

/// How many connections were turned away, as [`ServerInfo`](crate::ServerInfo) counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refused {
    /// As all processes were busy (`overload`).
    pub overloaded: u64,
    /// As their address had as many already as it may have (`max_per_ip`).
    pub per_ip: u64,
    /// As they may not connect (`allow`, `deny`).
    pub denied: u64,
}

/// Why a connection is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Overloaded,
    PerIp,
    Denied,
}

/// What is counted of one kind.
#[derive(Debug)]
struct Kind {
    count: AtomicU64,
    log: Limiter,
}

impl Default for Kind {
    fn default() -> Self {
        Kind {
            count: AtomicU64::new(0),
            // Whoever floods is turned away for each connection.
            log: Limiter::new(1, Duration::from_secs(10)),
        }
    }
}

/// Counts who is turned away from one server.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    overloaded: Kind,
    per_ip: Kind,
    denied: Kind,
}

impl Refusals {
    /// Counts one, and tells it now and then.
    pub(crate) fn add(&self, refusal: Refusal, peer: SocketAddr, server: &str) {
        let kind = match refusal {
            Refusal::Overloaded => &self.overloaded,
            Refusal::PerIp => &self.per_ip,
            Refusal::Denied => &self.denied,
        };
        kind.count.fetch_add(1, Relaxed);
        let Some(Unsaid(unsaid)) = kind.log.admit() else { return };
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
        let count = |kind: &Kind| kind.count.load(Relaxed);
        Refused {
            overloaded: count(&self.overloaded),
            per_ip: count(&self.per_ip),
            denied: count(&self.denied),
        }
    }
}

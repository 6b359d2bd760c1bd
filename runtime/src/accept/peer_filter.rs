//! The filter of peers by their IP address: `allow`, `deny`, `max_per_ip`. A peer without one is
//! always let in: the mode of its file guards a Unix socket.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::accept::refused::Refusal;
use crate::options::Options;
use crate::options::cidr::Cidr;
use crate::transport::addr::PeerAddr;

/// The rules of one server.
#[derive(Debug, Default)]
pub(crate) struct PeerFilter {
    allow: &'static [Cidr],
    deny: &'static [Cidr],
    /// `None` without a limit: then nothing is counted.
    addresses: Option<Addresses>,
}

/// The number of connections of each address that has any.
#[derive(Debug)]
struct Addresses {
    most: usize,
    connected: Mutex<HashMap<IpAddr, usize>>,
}

/// A connection that was let in, and is counted for its address until this is dropped.
#[derive(Debug)]
pub(crate) struct PeerPermit<'a> {
    peer_filter: &'a PeerFilter,
    /// `None` if there is no address to count.
    ip: Option<IpAddr>,
}

impl PeerFilter {
    pub(crate) fn new(options: &Options) -> Self {
        PeerFilter {
            allow: options.allow,
            deny: options.deny,
            addresses: options.max_per_ip.map(|most| Addresses {
                most,
                connected: Mutex::default(),
            }),
        }
    }

    /// Lets a peer in, or returns why not.
    pub(crate) fn admit(&self, peer: &PeerAddr) -> Result<PeerPermit<'_>, Refusal> {
        self.admit_within(peer, |addresses| addresses.most)
    }

    /// Lets a peer in that another process has served so far, however many connections its address
    /// has here by now, or returns why not.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(crate) fn admit_carried(&self, peer: &PeerAddr) -> Result<PeerPermit<'_>, Refusal> {
        self.admit_within(peer, |_| usize::MAX)
    }

    /// Checks the address of a peer, and counts it.
    fn admit_within(&self, peer: &PeerAddr, most: fn(&Addresses) -> usize) -> Result<PeerPermit<'_>, Refusal> {
        let ip = peer.ip().map(|ip| ip.to_canonical());
        if let Some(ip) = ip {
            let holds = |blocks: &[Cidr]| blocks.iter().any(|block| block.contains(ip));
            if holds(self.deny) || !(self.allow.is_empty() || holds(self.allow)) {
                return Err(Refusal::Denied);
            }
            if let Some(addresses) = &self.addresses {
                addresses.enter(ip, most(addresses))?;
            }
        }
        Ok(PeerPermit { peer_filter: self, ip })
    }

    /// Stops counting the connection of a peer, which has ended.
    pub(crate) fn leave(&self, peer: &PeerAddr) {
        if let Some(ip) = peer.ip() {
            self.uncount(ip.to_canonical());
        }
    }

    fn uncount(&self, canonical: IpAddr) {
        if let Some(addresses) = &self.addresses {
            addresses.leave(canonical);
        }
    }
}

impl Addresses {
    fn connected(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.connected.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, addr: IpAddr, most: usize) -> Result<(), Refusal> {
        let mut connected = self.connected();
        let count = connected.get(&addr).copied().unwrap_or_default();
        if count >= most {
            return Err(Refusal::PerIp);
        }
        connected.insert(addr, count + 1);
        Ok(())
    }

    fn leave(&self, addr: IpAddr) {
        let mut connected = self.connected();
        if let Some(count) = connected.get_mut(&addr) {
            *count -= 1;
            if *count == 0 {
                connected.remove(&addr);
            }
        }
    }
}

impl PeerPermit<'_> {
    /// Keeps the connection counted: the caller must call [`leave`](PeerFilter::leave).
    pub(crate) fn keep(self) {
        std::mem::forget(self);
    }
}

impl Drop for PeerPermit<'_> {
    fn drop(&mut self) {
        if let Some(ip) = self.ip {
            self.peer_filter.uncount(ip);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};

    use super::*;

    fn one_per_ip() -> PeerFilter {
        PeerFilter::new(&Options::new().max_per_ip(1))
    }

    fn admit<'a>(peer_filter: &'a PeerFilter, addr: &str) -> Result<PeerPermit<'a>, Refusal> {
        let ip: IpAddr = addr.parse().expect("an address");
        peer_filter.admit(&SocketAddr::new(ip, 49152).into())
    }

    #[test]
    fn an_address_is_kept_only_while_it_has_a_connection() {
        let peer_filter = one_per_ip();
        let kept = || {
            peer_filter
                .addresses
                .as_ref()
                .map(|addresses| addresses.connected().len())
        };
        let entries = ["192.0.2.1", "192.0.2.2", "2001:db8::1"].map(|addr| admit(&peer_filter, addr));
        assert_eq!(kept(), Some(3));
        drop(entries);
        assert_eq!(
            kept(),
            Some(0),
            "whoever comes from many addresses would fill the memory"
        );
    }

    #[test]
    fn a_peer_without_an_ip_address_is_let_in_and_not_counted() {
        const ALL: &[Cidr] = &[Cidr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0)];
        let peer_filter = PeerFilter::new(&Options::new().max_per_ip(1).deny(ALL).allow(ALL));
        let entries = [(); 3].map(|()| peer_filter.admit(&PeerAddr::Memory));
        assert!(entries.iter().all(Result::is_ok));
        assert_eq!(admit(&peer_filter, "192.0.2.1").err(), Some(Refusal::Denied));
    }

    #[test]
    fn an_ipv4_mapped_address_is_counted_as_the_ipv4_one() {
        let peer_filter = one_per_ip();
        let entry = admit(&peer_filter, "::ffff:192.0.2.1").expect("nobody is there");
        assert_eq!(admit(&peer_filter, "192.0.2.1").err(), Some(Refusal::PerIp));
        drop(entry);
        let _entry = admit(&peer_filter, "192.0.2.1").expect("nobody is there");
        assert_eq!(admit(&peer_filter, "::ffff:192.0.2.1").err(), Some(Refusal::PerIp));
    }
}

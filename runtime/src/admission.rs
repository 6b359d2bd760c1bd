//! Who is let in, by the address alone: `allow`, `deny`, `max_per_ip`.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::cidr::Cidr;
use crate::options::Options;
use crate::refused::Refusal;

/// The rules of one server.
#[derive(Debug)]
pub(crate) struct Admission {
    allow: &'static [Cidr],
    deny: &'static [Cidr],
    /// None without a limit: then nobody counts.
    addresses: Option<Arc<Addresses>>,
}

/// How many connections each address has, of those that have any.
#[derive(Debug)]
struct Addresses {
    most: usize,
    connected: Mutex<HashMap<IpAddr, usize>>,
}

/// A connection that is counted for its address until this is dropped.
#[derive(Debug)]
pub(crate) struct Entry {
    addr: IpAddr,
    addresses: Arc<Addresses>,
}

impl Admission {
    pub(crate) fn new(options: &Options) -> Self {
        let addresses = options.max_per_ip.map(|most| {
            Arc::new(Addresses {
                most,
                connected: Mutex::default(),
            })
        });
        Admission {
            allow: options.allow,
            deny: options.deny,
            addresses,
        }
    }

    /// Lets a peer in, or says why not. What it is counted by, if it is, belongs to its connection.
    pub(crate) fn admit(&self, addr: IpAddr) -> Result<Option<Entry>, Refusal> {
        let addr = addr.to_canonical();
        let holds = |blocks: &[Cidr]| blocks.iter().any(|block| block.contains(addr));
        if holds(self.deny) || !(self.allow.is_empty() || holds(self.allow)) {
            return Err(Refusal::Denied);
        }
        self.addresses
            .as_ref()
            .map(|addresses| addresses.enter(addr))
            .transpose()
    }
}

impl Addresses {
    fn connected(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.connected.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(self: &Arc<Self>, addr: IpAddr) -> Result<Entry, Refusal> {
        let mut connected = self.connected();
        let count = connected.get(&addr).copied().unwrap_or_default();
        if count >= self.most {
            return Err(Refusal::PerIp);
        }
        connected.insert(addr, count + 1);
        drop(connected);
        Ok(Entry {
            addr,
            addresses: Arc::clone(self),
        })
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut connected = self.addresses.connected();
        if let Some(count) = connected.get_mut(&self.addr) {
            *count -= 1;
            if *count == 0 {
                connected.remove(&self.addr);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_per_ip() -> Admission {
        Admission::new(&Options::new().max_per_ip(1))
    }

    fn admit(admission: &Admission, addr: &str) -> Result<Entry, Refusal> {
        let entry = admission.admit(addr.parse().expect("an address"));
        entry.map(|entry| entry.expect("it is counted"))
    }

    #[test]
    fn an_address_is_kept_only_while_it_has_a_connection() {
        let admission = one_per_ip();
        let kept = || {
            admission
                .addresses
                .as_ref()
                .map(|addresses| addresses.connected().len())
        };
        let entries = ["192.0.2.1", "192.0.2.2", "2001:db8::1"].map(|addr| admit(&admission, addr));
        assert_eq!(kept(), Some(3));
        drop(entries);
        assert_eq!(
            kept(),
            Some(0),
            "whoever comes from many addresses would fill the memory"
        );
    }

    #[test]
    fn an_ipv4_mapped_address_is_counted_as_the_ipv4_one() {
        let admission = one_per_ip();
        let entry = admit(&admission, "::ffff:192.0.2.1").expect("nobody is there");
        assert_eq!(admit(&admission, "192.0.2.1").err(), Some(Refusal::PerIp));
        drop(entry);
        let _entry = admit(&admission, "192.0.2.1").expect("nobody is there");
        assert_eq!(admit(&admission, "::ffff:192.0.2.1").err(), Some(Refusal::PerIp));
    }
}

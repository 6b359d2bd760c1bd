//! The addresses that clients may reach.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use kai_tcp_server::Cidr;

/// The networks with public addresses, but for those in `SPECIAL`.
const PUBLIC: [Cidr; 2] = [v4([0, 0, 0, 0], 0), v6([0x2000, 0], 3)];

/// The networks in them that have a special purpose, by IANA's registries: this machine, the networks
/// around it, ways into IPv4 in disguise, groups, and addresses that nobody has.
const SPECIAL: [Cidr; 18] = [
    v4([0, 0, 0, 0], 8),
    v4([10, 0, 0, 0], 8),
    v4([100, 64, 0, 0], 10),
    v4([127, 0, 0, 0], 8),
    v4([169, 254, 0, 0], 16),
    v4([172, 16, 0, 0], 12),
    v4([192, 0, 0, 0], 24),
    v4([192, 0, 2, 0], 24),
    v4([192, 88, 99, 0], 24),
    v4([192, 168, 0, 0], 16),
    v4([198, 18, 0, 0], 15),
    v4([198, 51, 100, 0], 24),
    v4([203, 0, 113, 0], 24),
    v4([224, 0, 0, 0], 4),
    v4([240, 0, 0, 0], 4),
    v6([0x2001, 0], 23),
    v6([0x2001, 0xdb8], 32),
    v6([0x2002, 0], 16),
];

const fn v4([a, b, c, d]: [u8; 4], prefix_len: u8) -> Cidr {
    Cidr::new(IpAddr::V4(Ipv4Addr::new(a, b, c, d)), prefix_len)
}

const fn v6([a, b]: [u16; 2], prefix_len: u8) -> Cidr {
    Cidr::new(IpAddr::V6(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0)), prefix_len)
}

/// The rule: certain networks, or all public addresses if there are none.
pub struct Reach {
    networks: Vec<Cidr>,
}

impl Reach {
    pub fn new(networks: Vec<Cidr>) -> Self {
        Reach { networks }
    }

    /// Returns whether a client may reach an address. An IPv4 address that is mapped into IPv6 is
    /// the IPv4 one.
    pub fn contains(&self, ip: IpAddr) -> bool {
        let within = |networks: &[Cidr]| networks.iter().any(|network| network.contains(ip));
        if self.networks.is_empty() {
            within(&PUBLIC) && !within(&SPECIAL)
        } else {
            within(&self.networks)
        }
    }
}

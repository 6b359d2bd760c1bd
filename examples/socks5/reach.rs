//! The addresses that clients may reach.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

use kai_tcp_server::Cidr;

/// The networks with public addresses, but for those in `SPECIAL`.
const PUBLIC: [Cidr; 2] = [v4([0, 0, 0, 0], 0), v6([0x2000, 0], 3)];

/// The networks in them that have a special purpose, by IANA's registries: this machine, the
/// networks around it, ways into IPv4 in disguise, groups, and addresses that nobody has.
const SPECIAL: [Cidr; 19] = [
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
    v6([0x3fff, 0], 20),
];

const fn v4([a, b, c, d]: [u8; 4], prefix_len: u8) -> Cidr {
    Cidr::new(IpAddr::V4(Ipv4Addr::new(a, b, c, d)), prefix_len)
}

const fn v6([a, b]: [u16; 2], prefix_len: u8) -> Cidr {
    Cidr::new(IpAddr::V6(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0)), prefix_len)
}

/// The rule: certain networks, or all public addresses if there are none, but for those of this
/// machine and its neighbours.
pub struct Reach {
    networks: Vec<Cidr>,
}

impl Reach {
    pub fn new(networks: Vec<Cidr>) -> Self {
        Reach { networks }
    }

    /// Returns whether an address is in the networks, or public. An IPv4 address that is mapped
    /// into IPv6 is the IPv4 one.
    pub fn contains(&self, ip: IpAddr) -> bool {
        let within = |networks: &[Cidr]| networks.iter().any(|network| network.contains(ip));
        if self.networks.is_empty() {
            within(&PUBLIC) && !within(&SPECIAL)
        } else {
            within(&self.networks)
        }
    }

    /// Checks an address right before a connection to it. A public address may be that of this
    /// machine, where no firewall is on the way to it, or that of a neighbour.
    ///
    /// # Errors
    ///
    /// `PermissionDenied` if it is; or the system knows no way to it.
    pub fn check(&self, ip: IpAddr) -> io::Result<()> {
        if self.networks.is_empty() && is_near(ip.to_canonical())? {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        Ok(())
    }
}

/// Returns whether an address is one of this machine, or that of a neighbour by IPv6. Asks the
/// system, and sends nothing.
fn is_near(ip: IpAddr) -> io::Result<bool> {
    // A socket can have an address of this machine only. (With Linux's `ip_nonlocal_bind` it can
    // have any, so that nothing is reached unless networks are named.) The source of a connection
    // wouldn't do: between two addresses of a machine, it may be the other one.
    match UdpSocket::bind((ip, 0)) {
        Ok(_) => return Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => {}
        Err(error) => return Err(error),
    }
    let any: IpAddr = match ip {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0))?;
    // This chooses the way, and the source with it. The port doesn't matter.
    socket.connect((ip, 9))?;
    Ok(network(socket.local_addr()?.ip()) == network(ip))
}

/// Returns the network of an address, as far as the address tells: for IPv6 its /64. That of an
/// IPv4 address may have any size, so it is the address itself.
pub fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        ip @ IpAddr::V4(_) => ip,
    }
}

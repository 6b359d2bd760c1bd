//! Blocks of addresses, for `allow` and `deny`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use crate::error::{Error, ErrorKind, Result};
use crate::log::Quoted;

/// A block of addresses in CIDR notation, as `allow` and `deny` list them: `10.0.0.0/8`, `2001:db8::/32`, or one address.
///
/// An IPv4-mapped address (`::ffff:10.0.0.1`) is the IPv4 one, here and wherever a peer's is judged; so `::/0` holds the addresses
/// of IPv6 alone.
///
/// # Examples
///
/// ```
/// use std::net::{IpAddr, Ipv4Addr};
/// use kai_tcp_server::Cidr;
///
/// const OFFICE: Cidr = Cidr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 0)), 8);
///
/// assert!(OFFICE.contains("10.1.2.3".parse()?));
/// assert!(OFFICE.contains("::ffff:10.1.2.3".parse()?));
/// assert_eq!("10.0.0.0/8".parse::<Cidr>()?, OFFICE);
/// let error = "10.1.2.3/8".parse::<Cidr>().unwrap_err();
/// assert_eq!(error.to_string(), "10.1.2.3/8 has bits behind its prefix: the block is 10.0.0.0/8, the address 10.1.2.3");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr {
    addr: IpAddr,
    prefix_len: u8,
}

impl Cidr {
    /// The block of the addresses that begin with the first `prefix_len` bits of `addr`.
    ///
    /// Made for constants, where a mistake doesn't compile; what an operator writes is parsed.
    ///
    /// # Panics
    ///
    /// If `prefix_len` exceeds 32 for IPv4 or 128 for IPv6, and if `addr` has a bit behind it that is set.
    pub const fn new(addr: IpAddr, prefix_len: u8) -> Self {
        assert!(
            prefix_len <= width(addr),
            "the prefix of a block has at most 32 bits for IPv4 and 128 for IPv6"
        );
        let block = Cidr { addr, prefix_len };
        assert!(
            block.suffix() == 0,
            "the address of a block has no bits behind its prefix: 10.0.0.0/8"
        );
        block.canonical()
    }

    /// The block of one address.
    pub const fn single(addr: IpAddr) -> Self {
        Cidr::new(addr, width(addr))
    }

    /// Its first address.
    pub const fn addr(&self) -> IpAddr {
        self.addr
    }

    /// How many bits its addresses have in common.
    pub const fn prefix_len(&self) -> u8 {
        self.prefix_len
    }

    /// Whether an address is in it.
    pub const fn contains(&self, addr: IpAddr) -> bool {
        let addr = addr.to_canonical();
        if width(addr) != width(self.addr) {
            return false;
        }
        let differing = bits(addr) ^ bits(self.addr);
        match differing.checked_shr(self.behind()) {
            Some(in_prefix) => in_prefix == 0,
            None => true,
        }
    }

    /// How many bits stand behind its prefix.
    const fn behind(&self) -> u32 {
        (width(self.addr) - self.prefix_len) as u32
    }

    /// The bits of its address behind its prefix.
    const fn suffix(&self) -> u128 {
        let all = match u128::MAX.checked_shl(self.behind()) {
            Some(prefix) => !prefix,
            None => u128::MAX,
        };
        bits(self.addr) & all
    }

    /// The same block as one of IPv4, where it is one.
    const fn canonical(self) -> Self {
        match (self.addr, self.addr.to_canonical()) {
            (IpAddr::V6(_), addr @ IpAddr::V4(_)) if self.prefix_len >= 96 => Cidr {
                addr,
                prefix_len: self.prefix_len - 96,
            },
            _ => self,
        }
    }

    /// The block that its address is in.
    fn masked(self) -> Self {
        let bits = bits(self.addr) & !self.suffix();
        let addr = match self.addr {
            // It was a u32.
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(bits).unwrap_or_default())),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from_bits(bits)),
        };
        Cidr { addr, ..self }
    }
}

const fn width(addr: IpAddr) -> u8 {
    if addr.is_ipv4() { 32 } else { 128 }
}

const fn bits(addr: IpAddr) -> u128 {
    match addr {
        IpAddr::V4(addr) => addr.to_bits() as u128,
        IpAddr::V6(addr) => addr.to_bits(),
    }
}

/// Says what to write.
impl FromStr for Cidr {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let problem = |message: String| Err(Error::new(ErrorKind::Options, message));
        let (before, prefix_len) = match text.split_once('/') {
            Some((addr, prefix_len)) => (addr, Some(prefix_len)),
            None => (text, None),
        };
        let Ok(addr) = before.parse::<IpAddr>() else {
            let quoted = Quoted(text);
            return problem(match text.parse::<SocketAddr>() {
                Ok(both) => format!("a block has no port: {}", both.ip()),
                Err(_) => format!("\"{quoted}\" is no block of addresses: one looks like 10.0.0.0/8, 192.0.2.1 or ::1"),
            });
        };
        let Some(prefix_len) = prefix_len else {
            return Ok(Cidr::single(addr));
        };
        let most = width(addr);
        let digits = prefix_len.bytes().all(|byte| byte.is_ascii_digit());
        let Some(prefix_len) = prefix_len.parse().ok().filter(|&n| digits && n <= most) else {
            return problem(format!("the prefix of {} has from 0 to {most} bits", Quoted(text)));
        };
        let block = Cidr { addr, prefix_len };
        if block.suffix() != 0 {
            let masked = block.masked();
            return problem(format!(
                "{block} has bits behind its prefix: the block is {masked}, the address {addr}"
            ));
        }
        Ok(block.canonical())
    }
}

/// As it is parsed: one address stands alone.
impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cidr { addr, prefix_len } = self;
        if self.behind() == 0 {
            addr.fmt(f)
        } else {
            write!(f, "{addr}/{prefix_len}")
        }
    }
}

impl fmt::Debug for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(text: &str) -> Cidr {
        text.parse().expect("a block")
    }

    #[test]
    fn it_holds_what_begins_alike() {
        for (text, inside, outside) in [
            (
                "0.0.0.0/0",
                &["0.0.0.0", "255.255.255.255", "::ffff:1.2.3.4"][..],
                &["::", "::1"][..],
            ),
            (
                "10.0.0.0/8",
                &["10.0.0.0", "10.255.255.255", "::ffff:10.0.0.1"],
                &["11.0.0.0", "9.255.255.255", "::10.0.0.1"],
            ),
            (
                "192.0.2.128/25",
                &["192.0.2.128", "192.0.2.255"],
                &["192.0.2.127", "192.0.3.128"],
            ),
            ("127.0.0.1", &["127.0.0.1"], &["127.0.0.2", "::1"]),
            ("::/0", &["::", "2001:db8::1"], &["1.2.3.4", "::ffff:1.2.3.4"]),
            ("2001:db8::/33", &["2001:db8:7fff::1"], &["2001:db8:8000::"]),
            ("::1", &["::1"], &["::", "::2", "0.0.0.1"]),
            ("::ffff:10.0.0.0/104", &["10.1.2.3", "::ffff:10.1.2.3"], &["11.0.0.0"]),
            ("fe80::/127", &["fe80::", "fe80::1"], &["fe80::2"]),
        ] {
            for addr in inside {
                assert!(
                    block(text).contains(addr.parse().expect("an address")),
                    "{addr} in {text}"
                );
            }
            for addr in outside {
                assert!(
                    !block(text).contains(addr.parse().expect("an address")),
                    "{addr} in {text}"
                );
            }
        }
    }

    #[test]
    fn it_displays_as_it_is_parsed() {
        for text in ["10.0.0.0/8", "0.0.0.0/0", "::/0", "192.0.2.1", "::1", "2001:db8::/32"] {
            assert_eq!(block(text).to_string(), text);
        }
        for (text, shown) in [
            ("1.2.3.4/32", "1.2.3.4"),
            ("::1/128", "::1"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ] {
            assert_eq!(block(text).to_string(), shown);
        }
    }

    #[test]
    fn a_mistake_says_what_to_write() {
        for (text, problem) in [
            (
                "10.0.0.1/8",
                "10.0.0.1/8 has bits behind its prefix: the block is 10.0.0.0/8, the address 10.0.0.1",
            ),
            (
                "::1/64",
                "::1/64 has bits behind its prefix: the block is ::/64, the address ::1",
            ),
            ("10.0.0.0/33", "the prefix of 10.0.0.0/33 has from 0 to 32 bits"),
            ("::/129", "the prefix of ::/129 has from 0 to 128 bits"),
            ("10.0.0.0/", "the prefix of 10.0.0.0/ has from 0 to 32 bits"),
            ("10.0.0.0/+8", "the prefix of 10.0.0.0/+8 has from 0 to 32 bits"),
            ("10.0.0.0/999", "the prefix of 10.0.0.0/999 has from 0 to 32 bits"),
            ("10.0.0.1:80", "a block has no port: 10.0.0.1"),
            (
                "10/8",
                "\"10/8\" is no block of addresses: one looks like 10.0.0.0/8, 192.0.2.1 or ::1",
            ),
            (
                "",
                "\"\" is no block of addresses: one looks like 10.0.0.0/8, 192.0.2.1 or ::1",
            ),
        ] {
            assert_eq!(text.parse::<Cidr>().expect_err(text).to_string(), problem);
        }
    }

    #[test]
    #[should_panic(expected = "no bits behind its prefix")]
    fn a_constant_with_bits_behind_its_prefix_is_refused() {
        let _ = Cidr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8);
    }
}

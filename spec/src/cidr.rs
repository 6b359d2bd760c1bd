//! Blocks of addresses in CIDR notation: `10.0.0.0/8`, `2001:db8::/32`, or one address.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// A block of addresses that begin with the same bits.
///
/// An IPv4-mapped address (`::ffff:10.0.0.1`) counts as the IPv4 one.
///
/// # Examples
///
/// ```
/// use kai_tcp_server_spec::cidr::{Block, Mistake};
///
/// let block = Block::parse("10.0.0.0/8")?;
/// assert!(block.contains("10.1.2.3".parse().unwrap()));
/// assert_eq!(block.to_string(), "10.0.0.0/8");
/// # Ok::<(), Mistake>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Block {
    addr: IpAddr,
    prefix_len: u8,
}

/// A mistake in a block, or in its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// It isn't an address.
    NoBlock,
    /// It is this address with a port.
    Port(IpAddr),
    /// The length of the prefix exceeds the bits of this address.
    PrefixLength(IpAddr),
    /// The address has bits behind the prefix.
    BitsBehindPrefix {
        /// The block that the address is in.
        block: Block,
        /// The address.
        addr: IpAddr,
        /// The length of the prefix.
        prefix_len: u8,
    },
}

impl Block {
    /// Returns the block of the addresses that begin with the first `prefix_len` bits of `addr`.
    ///
    /// # Errors
    ///
    /// Returns [`Mistake::PrefixLength`] or [`Mistake::BitsBehindPrefix`].
    pub const fn new(addr: IpAddr, prefix_len: u8) -> Result<Self, Mistake> {
        if prefix_len > width(addr) {
            return Err(Mistake::PrefixLength(addr));
        }
        let block = Block { addr, prefix_len };
        if block.suffix() == 0 {
            Ok(block.canonical())
        } else {
            Err(Mistake::BitsBehindPrefix {
                block: block.masked(),
                addr,
                prefix_len,
            })
        }
    }

    /// Returns the block that holds only this address.
    pub const fn single(addr: IpAddr) -> Self {
        let prefix_len = width(addr);
        Block { addr, prefix_len }.canonical()
    }

    /// Reads a block.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        let (before, prefix_len) = match text.split_once('/') {
            Some((addr, prefix_len)) => (addr, Some(prefix_len)),
            None => (text, None),
        };
        let Ok(addr) = before.parse::<IpAddr>() else {
            return Err(match text.parse::<SocketAddr>() {
                Ok(both) => Mistake::Port(both.ip()),
                Err(_) => Mistake::NoBlock,
            });
        };
        let Some(prefix_len) = prefix_len else {
            return Ok(Block::single(addr));
        };
        let digits = prefix_len.bytes().all(|byte| byte.is_ascii_digit());
        match prefix_len.parse() {
            Ok(prefix_len) if digits => Block::new(addr, prefix_len),
            _ => Err(Mistake::PrefixLength(addr)),
        }
    }

    /// Returns its first address.
    pub const fn addr(&self) -> IpAddr {
        self.addr
    }

    /// Returns how many bits its addresses have in common.
    pub const fn prefix_len(&self) -> u8 {
        self.prefix_len
    }

    /// Returns whether an address is in it.
    #[inline]
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

    /// Returns how many bits stand behind its prefix.
    const fn behind(&self) -> u32 {
        (width(self.addr) - self.prefix_len) as u32
    }

    /// Returns the bits of its address behind its prefix.
    const fn suffix(&self) -> u128 {
        let all = match u128::MAX.checked_shl(self.behind()) {
            Some(prefix) => !prefix,
            None => u128::MAX,
        };
        bits(self.addr) & all
    }

    /// Returns the same block as an IPv4 block, if it is one.
    const fn canonical(self) -> Self {
        match (self.addr, self.addr.to_canonical()) {
            (IpAddr::V6(_), addr @ IpAddr::V4(_)) if self.prefix_len >= 96 => Block {
                addr,
                prefix_len: self.prefix_len - 96,
            },
            _ => self,
        }
    }

    /// Returns the block that its address is in.
    const fn masked(self) -> Self {
        let bits = bits(self.addr) & !self.suffix();
        let addr = match self.addr {
            #[expect(clippy::cast_possible_truncation, reason = "it was a u32")]
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::from_bits(bits as u32)),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from_bits(bits)),
        };
        Block {
            addr,
            prefix_len: self.prefix_len,
        }
    }
}

/// Returns how many bits an address has.
pub const fn width(addr: IpAddr) -> u8 {
    if addr.is_ipv4() { 32 } else { 128 }
}

const fn bits(addr: IpAddr) -> u128 {
    match addr {
        IpAddr::V4(addr) => addr.to_bits() as u128,
        IpAddr::V6(addr) => addr.to_bits(),
    }
}

/// Formats the block as it is parsed; a single address has no prefix length.
impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Block { addr, prefix_len } = self;
        if self.behind() == 0 {
            addr.fmt(f)
        } else {
            write!(f, "{addr}/{prefix_len}")
        }
    }
}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(text: &str) -> Block {
        Block::parse(text).expect("a block")
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
    fn a_mistake_says_what_is_wrong() {
        let ip = |text: &str| -> IpAddr { text.parse().expect("an address") };
        let behind = |text: &str, addr, prefix_len| Mistake::BitsBehindPrefix {
            block: block(text),
            addr: ip(addr),
            prefix_len,
        };
        for (text, mistake) in [
            ("10.0.0.1/8", behind("10.0.0.0/8", "10.0.0.1", 8)),
            ("1.2.3.4/0", behind("0.0.0.0/0", "1.2.3.4", 0)),
            ("::1/64", behind("::/64", "::1", 64)),
            ("::1/0", behind("::/0", "::1", 0)),
            ("10.0.0.0/33", Mistake::PrefixLength(ip("10.0.0.0"))),
            ("::/129", Mistake::PrefixLength(ip("::"))),
            ("10.0.0.0/", Mistake::PrefixLength(ip("10.0.0.0"))),
            ("10.0.0.0/+8", Mistake::PrefixLength(ip("10.0.0.0"))),
            ("10.0.0.0/999", Mistake::PrefixLength(ip("10.0.0.0"))),
            ("10.0.0.1:80", Mistake::Port(ip("10.0.0.1"))),
            ("[::1]:80", Mistake::Port(ip("::1"))),
            ("10/8", Mistake::NoBlock),
            ("localhost", Mistake::NoBlock),
            ("", Mistake::NoBlock),
        ] {
            assert_eq!(Block::parse(text), Err(mistake), "{text}");
        }
    }
}

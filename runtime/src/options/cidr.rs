//! Blocks of addresses, for `allow` and `deny`.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use kai_tcp_server_spec::cidr::{Block, Mistake, width};

use crate::error::{Error, ErrorKind, Result};
use crate::log::Quoted;

/// A block of addresses in CIDR notation, as `allow` and `deny` list them: `10.0.0.0/8`,
/// `2001:db8::/32`, or one address.
///
/// An IPv4-mapped address (`::ffff:10.0.0.1`) is the IPv4 one, here and wherever a peer's is
/// judged; so `::/0` holds the addresses of IPv6 alone.
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
pub struct Cidr(Block);

impl Cidr {
    /// The block of the addresses that begin with the first `prefix_len` bits of `addr`.
    ///
    /// Made for constants, where a mistake doesn't compile; what an operator writes is parsed.
    ///
    /// # Panics
    ///
    /// If `prefix_len` exceeds 32 for IPv4 or 128 for IPv6, and if `addr` has a bit behind it that
    /// is set.
    pub const fn new(addr: IpAddr, prefix_len: u8) -> Self {
        match Block::new(addr, prefix_len) {
            Ok(block) => Cidr(block),
            Err(Mistake::BitsBehindPrefix { .. }) => {
                panic!("the address of a block has no bits behind its prefix: 10.0.0.0/8")
            }
            Err(_) => panic!("the prefix of a block has at most 32 bits for IPv4 and 128 for IPv6"),
        }
    }

    /// The block of one address.
    pub const fn single(addr: IpAddr) -> Self {
        Cidr(Block::single(addr))
    }

    /// Its first address.
    pub const fn addr(&self) -> IpAddr {
        self.0.addr()
    }

    /// How many bits its addresses have in common.
    pub const fn prefix_len(&self) -> u8 {
        self.0.prefix_len()
    }

    /// Whether an address is in it.
    pub const fn contains(&self, addr: IpAddr) -> bool {
        self.0.contains(addr)
    }
}

/// Says what to write.
impl FromStr for Cidr {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Block::parse(text).map(Cidr).map_err(|mistake| {
            let text = Quoted(text);
            let problem = match mistake {
                Mistake::NoBlock => {
                    format!("\"{text}\" is no block of addresses: one looks like 10.0.0.0/8, 192.0.2.1 or ::1")
                }
                Mistake::Port(addr) => format!("a block has no port: {addr}"),
                Mistake::PrefixLength(addr) => format!("the prefix of {text} has from 0 to {} bits", width(addr)),
                Mistake::BitsBehindPrefix {
                    block,
                    addr,
                    prefix_len,
                } => {
                    format!("{addr}/{prefix_len} has bits behind its prefix: the block is {block}, the address {addr}")
                }
            };
            Error::new(ErrorKind::Options, problem)
        })
    }
}

/// As it is parsed: one address stands alone.
impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

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

//! The words of a proxy about a connection, on their way to another process: as the header that
//! they were.

use std::net::SocketAddr;

use proxy_protocol_rs::{V2_SIGNATURE, Version};
use serde::{Deserialize, Serialize};

use super::header::{self, Begin};
use super::info::{ProxyAddr, ProxyInfo};
use crate::transport::addr::PeerAddr;

/// Version 2 with the commands LOCAL and PROXY.
const LOCAL: u8 = 0x20;
const PROXY: u8 = 0x21;

/// The length of a Unix socket's address.
const UNIX: usize = 108;

/// A header of version 2, whatever version it was.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CarriedProxy {
    header: Vec<u8>,
    was_version_1: bool,
}

impl CarriedProxy {
    pub(crate) fn of(info: &ProxyInfo) -> Self {
        let (family, addresses) = match (info.source(), info.destination()) {
            (Some(ProxyAddr::Ip(source)), Some(ProxyAddr::Ip(destination))) => ip(*source, *destination),
            (Some(ProxyAddr::Unix(source)), Some(ProxyAddr::Unix(destination))) => {
                (0x31, [unix(source), unix(destination)].concat())
            }
            _ => (0x00, Vec::new()),
        };
        let is_local = info.is_local() && info.source().is_none();
        let mut rest = addresses;
        for (kind, value) in info.tlvs() {
            rest.push(kind);
            // They came with such a length.
            rest.extend_from_slice(&u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes());
            rest.extend_from_slice(value);
        }
        let mut header = V2_SIGNATURE.to_vec();
        header.extend([if is_local { LOCAL } else { PROXY }, family]);
        header.extend_from_slice(&u16::try_from(rest.len()).unwrap_or(u16::MAX).to_be_bytes());
        header.extend(rest);
        CarriedProxy {
            header,
            was_version_1: info.version() == 1,
        }
    }

    /// Returns what the header says, if this program reads it.
    pub(super) fn info(&self, proxy_addr: PeerAddr) -> Option<ProxyInfo> {
        let Ok(Begin::Header(header, _)) = header::read(&self.header) else {
            return None;
        };
        let version = if self.was_version_1 { Version::V1 } else { Version::V2 };
        Some(ProxyInfo::new(header.of_version(version), proxy_addr))
    }
}

/// Returns the family and the addresses. One that is IPv4 beside one that isn't is mapped.
fn ip(source: SocketAddr, destination: SocketAddr) -> (u8, Vec<u8>) {
    let ports = [source.port(), destination.port()].map(u16::to_be_bytes).concat();
    if let (SocketAddr::V4(source), SocketAddr::V4(destination)) = (source, destination) {
        let addresses = [source.ip().octets(), destination.ip().octets()].concat();
        return (0x11, [addresses, ports].concat());
    }
    let mapped = |addr: SocketAddr| match addr {
        SocketAddr::V4(addr) => addr.ip().to_ipv6_mapped().octets(),
        SocketAddr::V6(addr) => addr.ip().octets(),
    };
    let addresses = [mapped(source), mapped(destination)].concat();
    (0x21, [addresses, ports].concat())
}

fn unix(path: &[u8]) -> Vec<u8> {
    let mut address = path.to_vec();
    address.resize(UNIX, 0);
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a header, carries it over, and compares all that it says.
    fn goes_over(bytes: &[u8]) {
        let Ok(Begin::Header(header, _)) = header::read(bytes) else {
            panic!("no header: {}", bytes.escape_ascii());
        };
        let proxy_addr = PeerAddr::Ip(([10, 0, 0, 1], 4444).into());
        let info = ProxyInfo::new(header, proxy_addr.clone());
        let carried = CarriedProxy::of(&info).info(proxy_addr).expect("it is read");
        assert_eq!(format!("{carried:?}"), format!("{info:?}"));
        assert!(carried.tlvs().eq(info.tlvs()), "{info:?}");
        assert_eq!(carried.authority(), info.authority());
    }

    #[test]
    fn a_header_says_the_same_in_the_next_process() {
        let v2 = |command: u8, family: u8, rest: &[u8]| {
            let length = u16::try_from(rest.len()).expect("it is short").to_be_bytes();
            [&V2_SIGNATURE[..], &[command, family], &length, rest].concat()
        };
        let v4 = [192, 0, 2, 1, 203, 0, 113, 7, 0xC0, 0, 1, 0xBB];
        let authority = b"\x02\x00\x0bexample.com";
        goes_over(b"PROXY TCP4 192.0.2.1 203.0.113.7 49152 443\r\n");
        goes_over(b"PROXY TCP6 2001:db8::1 ::1 49152 443\r\n");
        goes_over(b"PROXY UNKNOWN\r\n");
        goes_over(&v2(PROXY, 0x11, &v4));
        goes_over(&v2(PROXY, 0x11, &[&v4[..], authority].concat()));
        goes_over(&v2(PROXY, 0x00, authority));
        goes_over(&v2(LOCAL, 0x00, b""));
        let mut paths = unix(b"/run/a.sock");
        paths.extend(unix(b"/run/b.sock"));
        goes_over(&v2(PROXY, 0x31, &paths));
        // A proxy that names itself is local.
        goes_over(b"PROXY TCP4 10.0.0.1 203.0.113.7 4444 443\r\n");
    }
}

//! The answer to a request: how it went, in the codes of RFC 1928.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use kai_tcp_server::bits;

// The types of addresses.
pub const IPV4: u8 = 1;
pub const NAME: u8 = 3;
pub const IPV6: u8 = 4;

/// The address in an answer that has none.
pub const NOWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// The result of a request, as its answer says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    Succeeded = 0,
    GeneralFailure = 1,
    NotAllowed = 2,
    NetworkUnreachable = 3,
    HostUnreachable = 4,
    ConnectionRefused = 5,
    /// Also an answer that didn't come in time, as other proxies have it.
    TtlExpired = 6,
    CommandNotSupported = 7,
    AddressTypeNotSupported = 8,
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Code::Succeeded => "succeeded",
            Code::GeneralFailure => "general failure",
            Code::NotAllowed => "not allowed",
            Code::NetworkUnreachable => "network unreachable",
            Code::HostUnreachable => "host unreachable",
            Code::ConnectionRefused => "connection refused",
            Code::TtlExpired => "too late",
            Code::CommandNotSupported => "command not supported",
            Code::AddressTypeNotSupported => "address type not supported",
        })
    }
}

impl From<io::Error> for Code {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Code::ConnectionRefused,
            io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown => Code::NetworkUnreachable,
            io::ErrorKind::HostUnreachable => Code::HostUnreachable,
            io::ErrorKind::TimedOut => Code::TtlExpired,
            // The rule about addresses, or a packet filter of this machine.
            io::ErrorKind::PermissionDenied => Code::NotAllowed,
            _ => Code::GeneralFailure,
        }
    }
}

/// Builds the answer to a request, with the proxy's own address on the way to the target.
pub fn answer(code: Code, bound: SocketAddr) -> Vec<u8> {
    let port = bound.port();
    match bound.ip() {
        IpAddr::V4(ip) => bits!(5u8, code as u8: u8, 0u8, IPV4: u8, ip.octets(), port: u16),
        IpAddr::V6(ip) => bits!(5u8, code as u8: u8, 0u8, IPV6: u8, ip.octets(), port: u16),
    }
}

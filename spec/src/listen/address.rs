//! Where one listener listens.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use super::Mistake;

/// The longest path or name of a Unix socket in bytes, as Linux has it.
pub const PATH_MAX: usize = 107;

/// Where one listener listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address<'a> {
    /// An IP address with a port.
    Ip(SocketAddr),
    /// `unix:…`
    Unix(UnixAddress<'a>),
    /// `systemd:…`
    Systemd(Passed<'a>),
}

/// The address of a Unix socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnixAddress<'a> {
    /// The path of a file, absolute.
    Path(&'a str),
    /// A name without a file, as Linux has them.
    Abstract(&'a str),
}

/// Which of the sockets that systemd passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passed<'a> {
    /// All of this name (`FileDescriptorName=`).
    Named(&'a str),
    /// The one of this number, from 0.
    Numbered(usize),
}

impl<'a> Address<'a> {
    /// Reads an address.
    pub(super) fn parse(text: &'a str) -> Result<Self, Mistake<'a>> {
        if let Some(path) = text.strip_prefix("unix:") {
            return unix(path).map(Address::Unix);
        }
        if let Some(which) = text.strip_prefix("systemd:") {
            return passed(which).map(Address::Systemd);
        }
        match text.parse() {
            Ok(addr) => Ok(Address::Ip(addr)),
            Err(_) => Err(no_address(text)),
        }
    }

    /// Returns whether the system chooses the port.
    pub(super) fn is_free_port(self) -> bool {
        matches!(self, Address::Ip(addr) if addr.port() == 0)
    }
}

fn unix(path: &str) -> Result<UnixAddress<'_>, Mistake<'_>> {
    let (name, address) = match path.strip_prefix('@') {
        Some(name) => (name, UnixAddress::Abstract(name)),
        None => (path, UnixAddress::Path(path)),
    };
    if name.is_empty() {
        return Err(Mistake::UnixNothing);
    }
    if name.len() > PATH_MAX {
        return Err(Mistake::UnixTooLong {
            path,
            bytes: name.len(),
        });
    }
    if matches!(address, UnixAddress::Path(_)) {
        if path.starts_with("//") {
            return Err(Mistake::UnixSlashes(path));
        }
        if !path.starts_with('/') {
            return Err(Mistake::UnixRelative(path));
        }
        if path.ends_with('/') {
            return Err(Mistake::UnixFolder(path));
        }
    }
    Ok(address)
}

fn passed(which: &str) -> Result<Passed<'_>, Mistake<'_>> {
    if which.is_empty() {
        return Err(Mistake::SystemdNothing);
    }
    if which.bytes().all(|byte| byte.is_ascii_digit()) {
        return which
            .parse()
            .map(Passed::Numbered)
            .map_err(|_| Mistake::SystemdName(which));
    }
    if which.len() > 255 || which.contains(':') || !which.is_ascii() {
        return Err(Mistake::SystemdName(which));
    }
    Ok(Passed::Named(which))
}

/// Returns what was probably meant by a text that is no address.
fn no_address(text: &str) -> Mistake<'_> {
    if let Some((scheme, rest)) = text.split_once("://") {
        return Mistake::Scheme { scheme, rest };
    }
    if let Ok(ip) = text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        return without_brackets(text).unwrap_or(Mistake::NoPort(ip));
    }
    if text.starts_with('/') || text.starts_with("./") || text.starts_with('@') {
        return Mistake::NoUnix(text);
    }
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number(text) {
        return Mistake::PortAlone(text);
    }
    let Some((host, port)) = text.rsplit_once(':') else {
        return Mistake::NoAddress(text);
    };
    if !is_number(port) {
        return Mistake::NoAddress(text);
    }
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<IpAddr>() {
        Ok(_) if port.parse::<u16>().is_err() => Mistake::PortTooLarge(port),
        Ok(ip) => Mistake::Brackets { ip, port },
        Err(_) if host.is_empty() => Mistake::PortAlone(port),
        Err(_) if host == "*" => Mistake::Everywhere(port),
        Err(_) => Mistake::HostName { host, port },
    }
}

/// Returns the mistake if an IPv6 address with a port behind it has no brackets around it, so that
/// it reads as a longer address: `2001:db8::1:80`.
fn without_brackets(text: &str) -> Option<Mistake<'_>> {
    let (host, port) = text.rsplit_once(':')?;
    port.parse::<u16>().ok()?;
    host.parse().ok().map(|ip| Mistake::Brackets { ip, port })
}

impl fmt::Display for Address<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Ip(addr) => addr.fmt(f),
            Address::Unix(UnixAddress::Path(path)) => write!(f, "unix:{path}"),
            Address::Unix(UnixAddress::Abstract(name)) => write!(f, "unix:@{name}"),
            Address::Systemd(Passed::Named(name)) => write!(f, "systemd:{name}"),
            Address::Systemd(Passed::Numbered(number)) => write!(f, "systemd:{number}"),
        }
    }
}

//! The place at which a server is reached, and the carrier of the bytes.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::{Error, Result};

/// The carrier of the bytes. Servers are compared with those of the same carrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    Tcp,
    Tls,
    Unix,
}

impl Carrier {
    pub(crate) const ALL: [Carrier; 3] = [Carrier::Tcp, Carrier::Tls, Carrier::Unix];

    /// Returns how names for `--only` begin.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Carrier::Tcp => "",
            Carrier::Tls => "tls-",
            Carrier::Unix => "unix-",
        }
    }

    /// Returns how titles for readers begin.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Carrier::Tcp => "",
            Carrier::Tls => "TLS: ",
            Carrier::Unix => "Unix socket: ",
        }
    }
}

/// The place at which a server is reached.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    Tcp(SocketAddr),
    Tls(SocketAddr),
    Unix(PathBuf),
}

impl Place {
    /// Returns the address of a port.
    pub(crate) fn addr(&self) -> Result<SocketAddr> {
        match self {
            Place::Tcp(addr) | Place::Tls(addr) => Ok(*addr),
            Place::Unix(_) => Err("this server needs a port".into()),
        }
    }

    /// Returns the path of a Unix socket.
    pub(crate) fn path(&self) -> Result<&Path> {
        match self {
            Place::Unix(path) => Ok(path),
            Place::Tcp(_) | Place::Tls(_) => Err("this server needs a path".into()),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Tcp(addr) => write!(f, "tcp:{addr}"),
            Place::Tls(addr) => write!(f, "tls:{addr}"),
            Place::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl FromStr for Place {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self> {
        match word.split_once(':') {
            Some(("tcp", addr)) => Ok(Place::Tcp(addr.parse()?)),
            Some(("tls", addr)) => Ok(Place::Tls(addr.parse()?)),
            Some(("unix", path)) => Ok(Place::Unix(path.into())),
            _ => Err(format!("{word} is no place: tcp:ADDRESS, tls:ADDRESS or unix:PATH").into()),
        }
    }
}

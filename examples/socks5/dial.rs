//! The way to a target: its addresses, which of them may be reached, and a connection to one.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use crate::answer::Code;
use crate::lookups::Lookups;
use crate::reach::Reach;

/// The time in which a connection must be there, from the look-up of its name on.
const DIAL: Duration = Duration::from_secs(10);

/// The most addresses of a name that are tried, one after the other.
const ADDRESSES_MAX: u32 = 4;

/// The server that a client asks for.
#[derive(Debug)]
pub struct Target {
    host: Host,
    port: u16,
}

#[derive(Debug)]
enum Host {
    Ip(IpAddr),
    /// A name in ASCII, without characters that would harm a log.
    Name(String),
}

impl Target {
    pub fn ip(ip: impl Into<IpAddr>, port: u16) -> Self {
        let host = Host::Ip(ip.into());
        Target { host, port }
    }

    /// Reads a name and a port. Returns `None` if no host can have that name.
    pub fn name(bytes: &[u8]) -> Option<Self> {
        let (name, port) = bytes.split_last_chunk()?;
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(byte);
        if name.is_empty() || !name.iter().all(plain) {
            return None;
        }
        let host = Host::Name(String::from_utf8_lossy(name).into_owned());
        let port = u16::from_be_bytes(*port);
        Some(Target { host, port })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Ip(ip) => SocketAddr::new(*ip, self.port).fmt(f),
            Host::Name(name) => write!(f, "{name}:{}", self.port),
        }
    }
}

/// Connects to targets.
pub struct Dialer {
    reach: Reach,
    pub lookups: Lookups,
}

impl Dialer {
    pub fn new(reach: Reach) -> Self {
        let lookups = Lookups::new();
        Dialer { reach, lookups }
    }

    /// Connects to a target, within `DIAL`, for the client at an address.
    pub async fn dial(&self, client: Option<IpAddr>, target: &Target) -> Result<TcpStream, Code> {
        let deadline = Instant::now() + DIAL;
        let addresses = timeout_at(deadline, self.addresses(client, target)).await;
        let addresses = addresses.unwrap_or(Err(Code::TtlExpired))?;
        let stream = self.connect(&addresses, deadline).await?;
        // The target gets each piece at once, as the proxy does.
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// Returns the addresses to try. A name is looked up once: if it were looked up again for the
    /// connection, it could have another address by then, which nobody has checked.
    async fn addresses(&self, client: Option<IpAddr>, target: &Target) -> Result<Vec<SocketAddr>, Code> {
        let mut addresses = match &target.host {
            Host::Ip(ip) => vec![SocketAddr::new(*ip, target.port)],
            Host::Name(name) => self.lookups.look_up(client, name.clone(), target.port).await?,
        };
        addresses.retain(|address| self.reach.contains(address.ip()));
        if addresses.is_empty() {
            return Err(Code::NotAllowed);
        }
        Ok(addresses)
    }

    /// Connects to the first address that answers, of as many as are tried. Each has an equal share
    /// of the time that is left, so that one that is silent leaves time for the next. The last
    /// failure is that of all.
    pub async fn connect(&self, addresses: &[SocketAddr], deadline: Instant) -> Result<TcpStream, Code> {
        let mut failure = Code::HostUnreachable;
        let tried = u32::try_from(addresses.len()).map_or(ADDRESSES_MAX, |count| count.min(ADDRESSES_MAX));
        for (left, address) in (1..=tried).rev().zip(addresses) {
            let share = deadline.saturating_duration_since(Instant::now()) / left;
            let attempt = async {
                self.reach.check(address.ip())?;
                TcpStream::connect(address).await
            };
            failure = match timeout(share, attempt).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => error.into(),
                Err(_) => Code::TtlExpired,
            };
        }
        Err(failure)
    }
}

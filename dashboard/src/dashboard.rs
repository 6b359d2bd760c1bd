//! The settings of a page, and its start.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use crate::controls::token::Token;
use crate::error::Error;
use crate::guard::Hosts;
use crate::looks::Looks;
use crate::page::Page;
use crate::route::Site;
use crate::serve;

/// The port of a page that names none.
const PORT: u16 = 7070;

/// The settings of a live page.
///
/// [`start`](Self::start) opens it. The page finds the servers of the program by itself, those that
/// start later too.
///
/// # Examples
///
/// A page that may also change servers, on a free port:
///
/// ```
/// use kai_tcp_server_dashboard::Dashboard;
///
/// # fn main() -> Result<(), kai_tcp_server_dashboard::Error> {
/// // From the environment or a file, not from the source.
/// let token = "d0f6a9c1b2e84735";
/// let page = Dashboard::new().port(0).controls(token).start()?;
/// assert!(page.addr().ip().is_loopback());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a dashboard is settings alone until `start` opens the page"]
pub struct Dashboard {
    addr: SocketAddr,
    beyond_loopback: bool,
    hosts: Vec<String>,
    token: Option<Token>,
}

impl Default for Dashboard {
    fn default() -> Self {
        Dashboard::new()
    }
}

impl Dashboard {
    /// Returns the settings of a page at `http://127.0.0.1:7070/` that changes nothing.
    pub fn new() -> Self {
        Dashboard {
            addr: SocketAddr::from((Ipv4Addr::LOCALHOST, PORT)),
            beyond_loopback: false,
            hosts: Vec::new(),
            token: None,
        }
    }

    /// Sets the port. With 0 the system chooses a free one, which [`Page::addr`] returns.
    pub fn port(mut self, port: u16) -> Self {
        self.addr.set_port(port);
        self
    }

    /// Sets the address, one of loopback: `[::1]:7070`, say.
    pub fn listen(mut self, addr: impl Into<SocketAddr>) -> Self {
        self.addr = addr.into();
        self.beyond_loopback = false;
        self
    }

    /// Sets an address that other machines can reach.
    ///
    /// The page shows peers' addresses, options and sessions to all who reach it, and nothing asks
    /// who they are. The page speaks plain HTTP, so a token for [`controls`](Self::controls) passes
    /// the network as it is. Prefer a tunnel (`ssh -L 7070:127.0.0.1:7070`), or a proxy that asks
    /// who is there and speaks TLS. The page says in the log that it is open.
    pub fn beyond_loopback(mut self, addr: impl Into<SocketAddr>) -> Self {
        self.addr = addr.into();
        self.beyond_loopback = true;
        self
    }

    /// Adds a name under which browsers reach the page, with its port if that isn't 80:
    /// `dash.example.com`, or `localhost:8080` for a tunnel from another port.
    ///
    /// A page on loopback answers to `localhost`, to addresses of loopback and to its own address,
    /// all with its own port, and one beyond loopback to any address with its port. Requests by any
    /// other name are refused, as a foreign site could point a name of its own at the page (DNS
    /// rebinding).
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.hosts.push(host.into());
        self
    }

    /// Lets whoever has the token suspend and resume servers, set `max_processes` and close
    /// connections. Without this the page has no way to change anything.
    ///
    /// The token is sent as `Authorization: Bearer`, which no foreign site can make a browser send.
    /// It is compared in constant time, and wrong ones are limited: five, then one more each ten
    /// seconds. [`start`](Self::start) refuses a token of less than 16 bytes.
    pub fn controls(mut self, token: impl Into<String>) -> Self {
        self.token = Some(Token::new(token.into()));
        self
    }

    /// Opens the page, on a thread of its own.
    ///
    /// It may be called before [`run`](kai_tcp_server::run), or inside any runtime. The thread has
    /// a runtime of its own, so a handler that blocks doesn't stop the page, and the page takes no
    /// time from the threads that serve. It ends with the program, or by [`Page::stop`]; dropping
    /// the [`Page`] stops nothing.
    ///
    /// In a process that takes over from an old one (the feature `upgrade` of `kai-tcp-server`) the
    /// page waits for its port until the old process ends, which shows its own page until then.
    ///
    /// # Errors
    ///
    /// Returns an [`Error`], which says why; nothing listens then.
    pub fn start(self) -> Result<Page, Error> {
        let Dashboard {
            addr,
            beyond_loopback,
            hosts,
            token,
        } = self;
        if let Some(token) = &token {
            token.check()?;
        }
        if !addr.ip().to_canonical().is_loopback() && !beyond_loopback {
            return Err(Error::NotLoopback(addr));
        }
        let cannot = |error| Error::Listen(addr, error);
        let listener = match TcpListener::bind(addr) {
            Err(error) if error.kind() == ErrorKind::AddrInUse && is_upgrade() => None,
            listener => Some(listener.map_err(cannot)?),
        };
        let bound = match &listener {
            Some(listener) => {
                listener.set_nonblocking(true).map_err(cannot)?;
                listener.local_addr().map_err(cannot)?
            }
            None => addr,
        };
        let site = Site::new(Hosts::new(bound, hosts), token, Looks::default());
        serve::spawn(listener, bound, site)
    }
}

/// Returns whether this process was started to take over from its parent, which has the port then.
fn is_upgrade() -> bool {
    #[cfg(unix)]
    {
        let old = std::env::var("KAI_TCP_SERVER_UPGRADE").ok();
        old.and_then(|old| old.parse().ok()) == Some(std::os::unix::process::parent_id())
    }
    #[cfg(not(unix))]
    false
}

//! A listener that the program has.

mod endpoint;

use std::fmt;
use std::io;

use socket2::Socket;

use self::endpoint::cannot;
pub(super) use self::endpoint::{GivenEndpoint, Kind};
use super::listener::Endpoint;
use super::own::{self, Listener};
use crate::error::{Error, ErrorKind, Result};

/// The function that opens a listener.
type Opens = Box<dyn FnOnce() -> Result<Box<dyn Endpoint>> + Send>;

/// A listener that the program has, for [`start_on`](crate::start_on) and [`on`](crate::on).
///
/// Made `From` a `TcpListener` or a `UnixListener` of the standard library or of tokio, and from
/// any [`Listener`] of the program's own.
pub struct GivenListener(Opens);

impl GivenListener {
    /// Returns a listener that `open` opens when the server starts, inside of its runtime.
    ///
    /// Under [`run`](crate::run) a listener that stands on one of tokio's can't be there earlier.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use std::{io, task::{Context, Poll}};
    /// # use kai_tcp_server::{LocalAddr, PeerAddr, transport::{Listener, Transport}};
    /// # #[derive(Debug)]
    /// # struct ThrottledPort;
    /// # impl ThrottledPort {
    /// #     fn bind(_: &str) -> io::Result<Self> { Ok(Self) }
    /// # }
    /// # impl Listener for ThrottledPort {
    /// #     type Transport = Box<dyn Transport>;
    /// #     fn poll_accept(&mut self, _: &mut Context<'_>) -> Poll<io::Result<(Box<dyn Transport>, PeerAddr)>> {
    /// #         Poll::Pending
    /// #     }
    /// #     fn local_addr(&self) -> LocalAddr { LocalAddr::Memory }
    /// # }
    /// use kai_tcp_server::{Action, GivenListener, on, run, tcp_server};
    ///
    /// struct Echo;
    ///
    /// #[tcp_server(port = 10000)]
    /// impl Echo {
    ///     fn handle_call(&self, data: &[u8]) -> Action {
    ///         reply(data)
    ///     }
    /// }
    ///
    /// fn main() -> kai_tcp_server::Result {
    ///     let port = GivenListener::open(|| ThrottledPort::bind("127.0.0.1:10000"));
    ///     run(on(Echo, port))
    /// }
    /// ```
    pub fn open<L>(open: impl FnOnce() -> io::Result<L> + Send + 'static) -> Self
    where
        L: Into<GivenListener>,
    {
        GivenListener(Box::new(|| {
            let listener = open().map_err(|error| cannot("cannot open the listener", error));
            listener?.into().into_endpoint()
        }))
    }

    /// Returns what a server listens with.
    ///
    /// # Errors
    ///
    /// Returns an error if the listener can't be used.
    pub(crate) fn into_endpoint(self) -> Result<Box<dyn Endpoint>> {
        self.0()
    }

    /// Returns a listener that is this socket.
    fn of(socket: io::Result<Socket>) -> Self {
        let endpoint = || -> Result<Box<dyn Endpoint>> {
            let socket = socket.map_err(|error| cannot("the listener can't be used", error))?;
            let kind = Kind::of(&socket).map_err(|is| {
                let message =
                    format!("the listener is {is}, and a server needs one of TCP or a Unix socket that listens");
                Error::new(ErrorKind::Listen, message)
            })?;
            Ok(Box::new(GivenEndpoint::new(socket, kind)?))
        };
        GivenListener(Box::new(endpoint))
    }
}

impl From<std::net::TcpListener> for GivenListener {
    fn from(listener: std::net::TcpListener) -> Self {
        GivenListener::of(Ok(listener.into()))
    }
}

impl From<tokio::net::TcpListener> for GivenListener {
    fn from(listener: tokio::net::TcpListener) -> Self {
        GivenListener::of(listener.into_std().map(Into::into))
    }
}

#[cfg(unix)]
impl From<std::os::unix::net::UnixListener> for GivenListener {
    fn from(listener: std::os::unix::net::UnixListener) -> Self {
        GivenListener::of(Ok(listener.into()))
    }
}

#[cfg(unix)]
impl From<tokio::net::UnixListener> for GivenListener {
    fn from(listener: tokio::net::UnixListener) -> Self {
        GivenListener::of(listener.into_std().map(Into::into))
    }
}

impl<L: Listener> From<L> for GivenListener {
    fn from(listener: L) -> Self {
        GivenListener(Box::new(|| own::endpoint(listener)))
    }
}

impl fmt::Debug for GivenListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GivenListener").finish_non_exhaustive()
    }
}

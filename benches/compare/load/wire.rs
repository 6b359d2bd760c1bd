//! The connections of the load generator: TCP, TLS over TCP, Unix sockets.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use tokio_rustls::rustls::{ClientConfig, ClientConnection};

use crate::place::Place;
use crate::plan::Plan;
use crate::process::{begin_to_connect, connect};
use crate::{Result, certificate};

/// The dialer that connects to the server of a plan.
pub(super) struct Dialer {
    source: Ipv4Addr,
    place: Place,
    tls: Option<Arc<ClientConfig>>,
}

impl Dialer {
    pub(super) fn new(plan: &Plan) -> Result<Self> {
        let tls = match plan.place {
            Place::Tls(_) => Some(Arc::new(certificate::client()?)),
            Place::Tcp(_) | Place::Unix(_) => None,
        };
        Ok(Dialer {
            source: plan.source,
            place: plan.place.clone(),
            tls,
        })
    }

    /// Connects.
    pub(super) fn connect(&self) -> Result<Wire> {
        self.wire(|addr| connect(self.source, addr))
    }

    /// Begins to connect without waiting. The connection becomes writable once it is there.
    pub(super) fn begin(&self) -> Result<Wire> {
        self.wire(|addr| begin_to_connect(self.source, addr))
    }

    fn wire(&self, connect: impl FnOnce(std::net::SocketAddr) -> io::Result<TcpStream>) -> Result<Wire> {
        Ok(match (&self.place, &self.tls) {
            (Place::Unix(path), _) => Wire::Unix(UnixStream::connect(path)?),
            (place, None) => Wire::Tcp(connect(place.addr()?)?),
            (place, Some(config)) => Wire::Tls(Box::new(TlsWire {
                session: ClientConnection::new(Arc::clone(config), certificate::name()?)?,
                stream: connect(place.addr()?)?,
            })),
        })
    }
}

/// A connection.
pub(super) enum Wire {
    Tcp(TcpStream),
    Tls(Box<TlsWire>),
    Unix(UnixStream),
}

impl Wire {
    pub(super) fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        match self {
            Wire::Tcp(stream) => stream.set_nonblocking(nonblocking),
            Wire::Tls(tls) => tls.stream.set_nonblocking(nonblocking),
            Wire::Unix(stream) => stream.set_nonblocking(nonblocking),
        }
    }

    pub(super) fn set_read_timeout(&self, timeout: Duration) -> io::Result<()> {
        match self {
            Wire::Tcp(stream) => stream.set_read_timeout(Some(timeout)),
            Wire::Tls(tls) => tls.stream.set_read_timeout(Some(timeout)),
            Wire::Unix(stream) => stream.set_read_timeout(Some(timeout)),
        }
    }
}

impl AsFd for Wire {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Wire::Tcp(stream) => stream.as_fd(),
            Wire::Tls(tls) => tls.stream.as_fd(),
            Wire::Unix(stream) => stream.as_fd(),
        }
    }
}

impl Read for Wire {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Wire::Tcp(stream) => stream.read(into),
            Wire::Tls(tls) => tls.read(into),
            Wire::Unix(stream) => stream.read(into),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Wire::Tcp(stream) => stream.write(bytes),
            Wire::Tls(tls) => tls.write(bytes),
            Wire::Unix(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Wire::Tls(tls) => tls.send(),
            Wire::Tcp(_) | Wire::Unix(_) => Ok(()),
        }
    }
}

/// A TLS session and its stream. What is written before the handshake is over waits for it.
pub(super) struct TlsWire {
    session: ClientConnection,
    stream: TcpStream,
}

impl TlsWire {
    /// Sends what waits.
    fn send(&mut self) -> io::Result<()> {
        while self.session.wants_write() {
            self.session.write_tls(&mut self.stream)?;
        }
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // As much as the session takes; the rest of it goes out by `flush`.
        match self.session.writer().write(bytes)? {
            0 => Err(ErrorKind::WouldBlock.into()),
            taken => Ok(taken),
        }
    }

    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.session.reader().read(into) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                read => return read,
            }
            if self.session.read_tls(&mut self.stream)? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            self.session.process_new_packets().map_err(io::Error::other)?;
            // The handshake goes on.
            match self.send() {
                Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error),
                _ => {}
            }
        }
    }
}

impl Drop for TlsWire {
    /// Says goodbye, as clients do.
    fn drop(&mut self) {
        self.session.send_close_notify();
        let _ = self.send();
    }
}

//! A transport of one's own: TCP that takes and gives 32 KiB a second, for each connection.
//!
//! ```console
//! $ cargo run --example throttled -- 10000
//! $ yes | head --bytes 200K | time nc -N 127.0.0.1 10000 | wc --bytes
//! ```

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use kai_tcp_server::transport::{Inherited, Listener, Sight, Transport};
use kai_tcp_server::{
    Action, Error, ErrorKind, GivenListener, LocalAddr, Options, PeerAddr, Result, on, run, tcp_server,
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, Sleep, sleep};

/// Bytes a second.
const RATE: u32 = 32 * 1024;
/// The number of bytes that are written at a time, so that nobody gets seconds' worth at once.
const PORTION: usize = 1600;

struct Echo;

#[tcp_server(port = 10000, packet = raw, max_processes = 100)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

/// One direction of a connection: when the next bytes may pass.
#[derive(Debug)]
struct Pace(Pin<Box<Sleep>>);

impl Pace {
    fn new() -> Self {
        Pace(Box::pin(sleep(Duration::ZERO)))
    }

    /// Is ready when bytes may pass; else the task is woken then.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.as_mut().poll(cx)
    }

    fn passed(&mut self, bytes: usize) {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let takes = Duration::from_secs(1) * bytes / RATE;
        self.0.as_mut().reset(Instant::now() + takes);
    }
}

/// A TCP stream that bytes pass at a pace.
#[derive(Debug)]
struct Throttled {
    stream: TcpStream,
    read: Pace,
    write: Pace,
}

impl AsyncRead for Throttled {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        ready!(self.read.poll(cx));
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        self.read.passed(buf.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Throttled {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.write.poll(cx));
        let portion = &bytes[..bytes.len().min(PORTION)];
        let n = ready!(Pin::new(&mut self.stream).poll_write(cx, portion))?;
        self.write.passed(n);
        Poll::Ready(Ok(n))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// The stream knows more than the defaults: who leaves is noticed while a call waits, and an idle
/// connection has no buffer.
impl Transport for Throttled {
    fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<()> {
        Transport::poll_read_ready(&self.stream, cx)
    }

    fn look(&mut self, closely: bool, cx: &mut Context<'_>) -> Sight {
        self.stream.look(closely, cx)
    }

    fn changes_unseen(&self, sight: Sight) -> bool {
        self.stream.changes_unseen(sight)
    }

    fn local_addr(&self) -> Option<LocalAddr> {
        Transport::local_addr(&self.stream)
    }

    fn set_options(&self, options: &Options, inherited: Inherited) {
        self.stream.set_options(options, inherited);
    }
}

#[derive(Debug)]
struct ThrottledPort {
    listener: TcpListener,
    addr: SocketAddr,
}

impl ThrottledPort {
    /// Listens, inside of a runtime.
    fn bind(port: u16) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let addr = listener.local_addr()?;
        let listener = TcpListener::from_std(listener)?;
        Ok(ThrottledPort { listener, addr })
    }
}

impl Listener for ThrottledPort {
    type Transport = Throttled;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(Throttled, PeerAddr)>> {
        self.listener.poll_accept(cx).map_ok(|(stream, addr)| {
            let (read, write) = (Pace::new(), Pace::new());
            (Throttled { stream, read, write }, PeerAddr::from(addr))
        })
    }

    fn local_addr(&self) -> LocalAddr {
        self.addr.into()
    }
}

fn main() -> Result {
    let mut port = 10000;
    if let Some(argument) = std::env::args_os().nth(1) {
        let argument = argument.to_string_lossy();
        let wrong = |_| {
            Error::new(
                ErrorKind::Options,
                format!("{argument:?} is no port: 0 takes a free one"),
            )
        };
        port = argument.parse().map_err(wrong)?;
    }
    run(on(Echo, GivenListener::open(move || ThrottledPort::bind(port))))
}

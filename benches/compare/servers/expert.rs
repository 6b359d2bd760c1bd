//! An expert's server: a runtime per core, a scratch buffer per thread, and one write for all lines
//! of a read.
//!
//! A connection has buffers of its own only while a line is incomplete or the peer doesn't read.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::thread;

use socket2::{Domain, Socket, Type};
use tokio::io::{AsyncRead as _, AsyncWrite as _, AsyncWriteExt as _, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;

use super::work;
use crate::Result;

/// The same as kai's `packet_size`.
const LONGEST_LINE: usize = 64 * 1024;

/// The buffers that all connections of a thread share.
struct Scratch {
    read: Vec<u8>,
    write: Vec<u8>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch { read: vec![0; 64 * 1024], write: Vec::new() });
}

pub(super) fn serve<const WORKING: bool>(addr: SocketAddr) -> Result {
    let listener = listen(addr)?;
    listener.set_nonblocking(true)?;
    let cores = thread::available_parallelism()?.get();
    for _ in 1..cores {
        let listener = listener.try_clone()?;
        thread::spawn(move || accept::<WORKING>(listener));
    }
    Ok(accept::<WORKING>(listener)?)
}

/// Listens with the backlog of tokio's own `bind`; that of the standard library is 128.
pub(super) fn listen(addr: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.bind(&addr.into())?;
    socket.listen(1024)?;
    Ok(socket.into())
}

fn accept<const WORKING: bool>(listener: std::net::TcpListener) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        let listener = TcpListener::from_std(listener)?;
        loop {
            let (stream, _) = listener.accept().await?;
            tokio::spawn(async move {
                if let Err(error) = echo::<WORKING>(stream).await {
                    eprintln!("{error}");
                }
            });
        }
    })
}

async fn echo<const WORKING: bool>(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut held = Held::default();
    loop {
        let end = poll_fn(|cx| SCRATCH.with_borrow_mut(|scratch| turn::<WORKING>(&mut stream, &mut held, scratch, cx)))
            .await?;
        if !held.unsent.is_empty() {
            stream.write_all(&held.unsent).await?;
            held.unsent = Vec::new();
        }
        if end {
            return Ok(());
        }
    }
}

/// The state that a connection keeps between reads.
#[derive(Default)]
struct Held {
    /// The start of an incomplete line.
    line: Vec<u8>,
    /// The bytes that the peer hasn't taken yet.
    unsent: Vec<u8>,
}

/// Reads once, and writes the answers to all complete lines; returns whether the connection has
/// ended.
fn turn<const WORKING: bool>(
    stream: &mut TcpStream,
    held: &mut Held,
    scratch: &mut Scratch,
    cx: &mut Context<'_>,
) -> Poll<io::Result<bool>> {
    loop {
        let mut buffer = ReadBuf::new(&mut scratch.read);
        ready!(Pin::new(&mut *stream).poll_read(cx, &mut buffer))?;
        let mut rest = buffer.filled();
        let out = &mut scratch.write;
        out.clear();
        let mut end = rest.is_empty();
        if !held.line.is_empty() {
            let taken = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
            held.line.extend_from_slice(&rest[..taken]);
            rest = &rest[taken..];
            if held.line.ends_with(b"\n") {
                end |= answer::<WORKING>(&held.line, out);
                held.line = Vec::new();
            }
        }
        let mut from = 0;
        for at in memchr::memchr_iter(b'\n', rest) {
            end |= answer::<WORKING>(&rest[from..=at], out);
            from = at + 1;
            if end {
                break;
            }
        }
        if held.line.len() + rest.len() - from > LONGEST_LINE {
            return Poll::Ready(Err(io::Error::other("a line is too long")));
        }
        held.line.extend_from_slice(&rest[from..]);
        if !out.is_empty() {
            let sent = match Pin::new(&mut *stream).poll_write(cx, out) {
                Poll::Ready(sent) => sent?,
                Poll::Pending => 0,
            };
            held.unsent.extend_from_slice(&out[sent..]);
        }
        if end || !held.unsent.is_empty() {
            return Poll::Ready(Ok(end));
        }
    }
}

/// Writes the answer to a line; returns whether it was the last.
fn answer<const WORKING: bool>(line: &[u8], out: &mut Vec<u8>) -> bool {
    if WORKING {
        work();
    }
    let bye = line == b"bye\r\n";
    out.extend_from_slice(if bye { b"cya\r\n" } else { line });
    bye
}

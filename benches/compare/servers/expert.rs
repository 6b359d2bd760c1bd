//! What an expert writes: a runtime for each core, a scratch buffer for each thread, and one write for all lines of a read.
//!
//! A connection has buffers of its own only while a line is incomplete or the peer doesn't read.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::thread;

use tokio::io::{AsyncRead as _, AsyncWrite as _, AsyncWriteExt as _, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;

use crate::Result;

/// As kai's `packet_size`.
const LONGEST_LINE: usize = 64 * 1024;

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; 64 * 1024]);
}

pub(super) fn serve(addr: SocketAddr) -> Result {
    let listener = std::net::TcpListener::bind(addr)?;
    listener.set_nonblocking(true)?;
    let cores = thread::available_parallelism()?.get();
    for _ in 1..cores {
        let listener = listener.try_clone()?;
        thread::spawn(move || accept(listener));
    }
    Ok(accept(listener)?)
}

fn accept(listener: std::net::TcpListener) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        let listener = TcpListener::from_std(listener)?;
        loop {
            let (stream, _) = listener.accept().await?;
            tokio::spawn(async move {
                if let Err(error) = echo(stream).await {
                    eprintln!("{error}");
                }
            });
        }
    })
}

async fn echo(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut held = Held::default();
    loop {
        let end = poll_fn(|cx| SCRATCH.with_borrow_mut(|scratch| turn(&mut stream, &mut held, scratch, cx))).await?;
        if !held.unsent.is_empty() {
            stream.write_all(&held.unsent).await?;
            held.unsent = Vec::new();
        }
        if end {
            return Ok(());
        }
    }
}

/// What a connection keeps between reads.
#[derive(Default)]
struct Held {
    /// The begin of a line.
    line: Vec<u8>,
    /// What the peer hasn't taken yet.
    unsent: Vec<u8>,
}

/// Reads once and writes what is complete; at the end of input it says so.
fn turn(stream: &mut TcpStream, held: &mut Held, scratch: &mut [u8], cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
    // While there is more it is read at once: a return to `echo` is for what has to wait.
    loop {
        let mut buffer = ReadBuf::new(scratch);
        ready!(Pin::new(&mut *stream).poll_read(cx, &mut buffer))?;
        let read = buffer.filled();
        if read.is_empty() {
            return Poll::Ready(Ok(true));
        }
        let complete = memchr::memrchr(b'\n', read).map_or(0, |end| end + 1);
        let (lines, rest) = read.split_at(complete);
        if !lines.is_empty() {
            let sent = match write(stream, &held.line, lines, cx) {
                Poll::Ready(sent) => sent?,
                Poll::Pending => 0,
            };
            let before = held.line.len();
            if sent < before + lines.len() {
                held.unsent.extend_from_slice(&held.line[sent.min(before)..]);
                held.unsent.extend_from_slice(&lines[sent.saturating_sub(before)..]);
            }
            held.line = Vec::new();
        }
        if held.line.len() + rest.len() > LONGEST_LINE {
            return Poll::Ready(Err(io::Error::other("a line is too long")));
        }
        held.line.extend_from_slice(rest);
        if !held.unsent.is_empty() {
            return Poll::Ready(Ok(false));
        }
    }
}

fn write(stream: &mut TcpStream, begin: &[u8], lines: &[u8], cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
    if begin.is_empty() {
        Pin::new(stream).poll_write(cx, lines)
    } else {
        Pin::new(stream).poll_write_vectored(cx, &[IoSlice::new(begin), IoSlice::new(lines)])
    }
}

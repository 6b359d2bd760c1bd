//! Servers on tokio by hand for what is no plain TCP: a runtime per core, a buffer for each
//! connection, and one write for all lines of a read.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, UnixListener};
use tokio::runtime::Builder;
use tokio_rustls::TlsAcceptor;

use super::expert::listen;
use crate::{Result, certificate};

/// The buffer of a connection that speaks TLS; it grows for a longer line.
const OVER_TLS: usize = 4096;

/// That of one on a Unix socket. With less, both sides wait for each other's small writes.
const ON_UNIX: usize = 64 * 1024;

/// The same as kai's `packet_size`.
const LONGEST_LINE: usize = 64 * 1024;

/// Serves TLS by tokio-rustls.
pub(super) fn serve_tls(addr: SocketAddr) -> Result {
    let acceptor = TlsAcceptor::from(Arc::new(certificate::server()?));
    let listener = listen(addr)?;
    listener.set_nonblocking(true)?;
    on_each_core(move || {
        let (listener, acceptor) = (listener.try_clone()?, acceptor.clone());
        run(async move {
            let listener = TcpListener::from_std(listener)?;
            loop {
                let (stream, _) = listener.accept().await?;
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    stream.set_nodelay(true)?;
                    echo(acceptor.accept(stream).await?, OVER_TLS).await
                });
            }
        })
    })
}

/// Serves a Unix socket.
pub(super) fn serve_unix(path: &Path) -> Result {
    let listener = std::os::unix::net::UnixListener::bind(path)?;
    listener.set_nonblocking(true)?;
    on_each_core(move || {
        let listener = listener.try_clone()?;
        run(async move {
            let listener = UnixListener::from_std(listener)?;
            loop {
                let (stream, _) = listener.accept().await?;
                tokio::spawn(echo(stream, ON_UNIX));
            }
        })
    })
}

fn on_each_core(serve: impl Fn() -> io::Result<()> + Send + Sync + 'static) -> Result {
    let serve = Arc::new(serve);
    for _ in 1..thread::available_parallelism()?.get() {
        let serve = Arc::clone(&serve);
        thread::spawn(move || serve());
    }
    Ok(serve()?)
}

fn run(serve: impl Future<Output = io::Result<()>>) -> io::Result<()> {
    Builder::new_current_thread().enable_io().build()?.block_on(serve)
}

async fn echo(mut stream: impl AsyncRead + AsyncWrite + Unpin, size: usize) -> io::Result<()> {
    let mut buffer = vec![0; size];
    let mut filled = 0;
    loop {
        let n = stream.read(&mut buffer[filled..]).await?;
        if n == 0 {
            return stream.shutdown().await;
        }
        filled += n;
        let mut from = 0;
        let mut answers = 0;
        let mut bye = false;
        for end in memchr::memchr_iter(b'\n', &buffer[..filled]) {
            if &buffer[from..=end] == b"bye\r\n" {
                bye = true;
                break;
            }
            from = end + 1;
            answers = from;
        }
        if answers > 0 {
            stream.write_all(&buffer[..answers]).await?;
        }
        if bye {
            stream.write_all(b"cya\r\n").await?;
            stream.flush().await?;
            return stream.shutdown().await;
        }
        if answers > 0 {
            stream.flush().await?;
            buffer.copy_within(answers..filled, 0);
            filled -= answers;
        }
        if filled == buffer.len() {
            if filled >= LONGEST_LINE {
                return Err(io::Error::other("a line is too long"));
            }
            buffer.resize(2 * filled, 0);
        }
    }
}

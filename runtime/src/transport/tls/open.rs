//! The stream after its handshake: reads as much as was decrypted, looks for the peer's end, and
//! sends what rustls keeps.

use std::io::{self, BufRead as _, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncBufRead as _, AsyncWrite as _, ReadBuf};
use tokio_rustls::server::TlsStream;

use crate::task::budget::poll_unbudgeted;
use crate::transport::{AnyTransport, Sight, Transport as _};

type Stream = TlsStream<AnyTransport>;

/// The most that one look reads. Records may give no byte of the protocol, such as changes of keys
/// and records of nothing, and their peer may send them faster than they are read.
const READS: usize = 16;

/// Reads once from the inner transport, and then all that was decrypted.
///
/// `TlsStream::poll_read` reads until there is no more, and keeps an error for the next read, of
/// which `poll_read_ready` would know nothing.
pub(super) fn poll_read(stream: &mut Stream, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
    let chunk = ready!(Pin::new(&mut *stream).poll_fill_buf(cx))?;
    let n = chunk.len().min(buf.remaining());
    buf.put_slice(&chunk[..n]);
    let mut reader = stream.get_mut().1.reader();
    reader.consume(n);
    // Other records that came along. An error is that there are none; an end shows at the next
    // read.
    while n > 0 && buf.remaining() > 0 {
        let n = match reader.fill_buf() {
            Ok(chunk) if !chunk.is_empty() => {
                let n = chunk.len().min(buf.remaining());
                buf.put_slice(&chunk[..n]);
                n
            }
            _ => break,
        };
        reader.consume(n);
    }
    Poll::Ready(Ok(()))
}

/// Looks for the peer's end. What isn't decrypted yet is read, as records of TLS may say anything,
/// but no more of it than gives bytes of the protocol.
pub(super) fn look(stream: &mut Stream, closely: bool, cx: &mut Context<'_>) -> Sight {
    let (inner, session) = stream.get_mut();
    let mut reads = 0;
    loop {
        match session.process_new_packets() {
            Err(_) => return Sight::Malformed,
            Ok(state) if state.peer_has_closed() => return Sight::Ended,
            Ok(state) if state.plaintext_bytes_to_read() > 0 => break,
            Ok(_) if reads == READS => {
                // Others first.
                cx.waker().wake_by_ref();
                return Sight::There;
            }
            Ok(_) => reads += 1,
        }
        let read = poll_unbudgeted(cx, |cx| unblocked(session.read_tls(&mut Adapter { inner, cx })));
        match read {
            Poll::Pending => return Sight::There,
            Poll::Ready(Ok(0)) => return Sight::Ended,
            Poll::Ready(Ok(_)) => {}
            Poll::Ready(Err(_)) => return Sight::Reset,
        }
    }
    match inner.look(closely, cx) {
        Sight::There | Sight::Unread => Sight::Unread,
        gone @ (Sight::Ended | Sight::Reset | Sight::Malformed) => gone,
    }
}

/// Sends some of what rustls keeps, or the inner transport.
pub(super) fn poll_flush_some(stream: &mut Stream, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
    let (inner, session) = stream.get_mut();
    if !session.wants_write() {
        return inner.poll_flush_some(cx);
    }
    match session.write_tls(&mut Adapter { inner, cx }) {
        Ok(0) => Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
        Ok(_) => Poll::Ready(Ok(!session.wants_write() && !inner.keeps_bytes())),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
        Err(error) => Poll::Ready(Err(error)),
    }
}

/// The inner transport as rustls reads and writes it.
pub(super) struct Adapter<'a, 'b> {
    pub(super) inner: &'a mut AnyTransport,
    pub(super) cx: &'a mut Context<'b>,
}

/// Returns what an `Adapter` was asked for as it is polled.
pub(super) fn unblocked<T>(done: io::Result<T>) -> Poll<io::Result<T>> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
        done => Poll::Ready(done),
    }
}

fn blocking<T>(polled: Poll<io::Result<T>>) -> io::Result<T> {
    match polled {
        Poll::Ready(done) => done,
        Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
    }
}

impl io::Read for Adapter<'_, '_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut read = ReadBuf::new(buf);
        let polled = tokio::io::AsyncRead::poll_read(Pin::new(&mut *self.inner), self.cx, &mut read);
        blocking(polled).map(|()| read.filled().len())
    }
}

impl Write for Adapter<'_, '_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        blocking(Pin::new(&mut *self.inner).poll_write(self.cx, buf))
    }

    fn write_vectored(&mut self, bufs: &[io::IoSlice<'_>]) -> io::Result<usize> {
        blocking(Pin::new(&mut *self.inner).poll_write_vectored(self.cx, bufs))
    }

    fn flush(&mut self) -> io::Result<()> {
        blocking(Pin::new(&mut *self.inner).poll_flush(self.cx))
    }
}

//! A connection, as its callbacks see it.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, MutexGuard};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;
use tokio::task::consume_budget;
use tokio::time::timeout;

use crate::error::{Error, ErrorKind, Result};
#[cfg(feature = "codec")]
use crate::io::codec;
use crate::io::link::{ConnectionId, Link};
use crate::io::{Broken, IoSlot, ReadError, RecvError, Saw, Seen};
use crate::options::active::{Active, Intake};
use crate::packet::Packet;
use crate::reply::{Data, Reply};
use crate::server::Server;
use crate::transport::NO_ADDR;

/// A connection, as its callbacks see it: reads and writes in the middle of a call.
///
/// Reading takes what is buffered first, so nothing that came behind a frame is lost. [`AsyncRead`] and [`AsyncWrite`] are the
/// raw stream, for `tokio::io::copy` and the like. They keep the limits of time: a read for which nothing comes within `recv_timeout` and a
/// write, a flush or a shutdown for which the peer reads nothing within `send_timeout` are [`io::ErrorKind::TimedOut`]. After the
/// former the connection goes on, if the callback does; the latter ends it.
///
/// A callback that waits is cut when the peer resets the connection; [`closed`](Self::closed) and
/// [`stopping`](Self::stopping) tell it before it comes to that.
///
/// # Cancel safety
///
/// Every method is cancel-safe: a receive that is dropped keeps what has come for the next one, a send that is dropped has
/// sent nothing.
///
/// # Examples
///
/// A call that reads its payload itself:
///
/// ```
/// use kai_tcp_server::{Action, Result, Socket, tcp_server};
///
/// struct Upload;
///
/// #[tcp_server(port = 10000, packet = line(crlf))]
/// impl Upload {
///     async fn handle_call(&self, data: &[u8], socket: &mut Socket) -> Result<Action> {
///         let length: usize = std::str::from_utf8(data)?.parse()?;
///         let upload = socket.recv_exact(length).await?;
///         Ok(reply(format_args!("{} bytes, the first is {:?}", upload.len(), upload.first())))
///     }
/// }
/// ```
#[derive(Debug)]
pub struct Socket {
    link: Arc<Link>,
    server: Server,
}

impl Socket {
    pub(crate) fn new(link: Arc<Link>, server: Server) -> Self {
        Socket { link, server }
    }

    /// Held only inside one poll, never across an await.
    fn io(&self) -> MutexGuard<'_, IoSlot> {
        self.link.lent()
    }

    /// The next frame, under the packet mode of the moment. None: the peer has shut down its sending side; what it sent of an
    /// unfinished frame is dropped when the connection closes.
    ///
    /// It works however frames are taken ([`set_active`](Self::set_active)), and isn't counted: during a call the connection is the
    /// call's.
    ///
    /// A call that waits here is a running call: a stop waits for it, for as long as `shutdown` allows.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Timeout`] when no whole frame came within `recv_timeout`, or within `frame_timeout` of its first byte (what came of
    /// it is kept),
    /// [`ErrorKind::TooLong`] and [`ErrorKind::Malformed`] when what came is no frame, [`ErrorKind::Reset`] when the connection
    /// broke.
    pub async fn recv(&mut self) -> Result<Option<Bytes>> {
        consume_budget().await;
        self.within_recv_timeout(poll_fn(|cx| self.io().poll_recv(cx))).await
    }

    /// The next `n` bytes, whatever the packet mode, buffered ones first.
    ///
    /// They are a part of the read buffer, which stays in memory as long as they do: what is kept for long is better copied.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::RecvLimit`] before a byte is read if `n` exceeds `recv_limit`; [`ErrorKind::Closed`] when the input ends
    /// before; [`ErrorKind::Timeout`] when they didn't come within `recv_timeout`, or within `frame_timeout` of the first of them (those
    /// that came are kept);
    /// [`ErrorKind::Reset`] when the connection broke.
    pub async fn recv_exact(&mut self, n: usize) -> Result<Bytes> {
        let limit = self.io().settings().recv_limit;
        if n > limit {
            return Err(Error::new(
                ErrorKind::RecvLimit,
                format!("recv_exact of {n} bytes exceeds recv_limit {limit}"),
            ));
        }
        consume_budget().await;
        self.within_recv_timeout(poll_fn(|cx| self.io().poll_recv_exact(n, cx)))
            .await
    }

    async fn within_recv_timeout<T>(&self, receive: impl Future<Output = Result<T, RecvError>>) -> Result<T> {
        let limit = self.io().settings().recv_timeout;
        let received = timeout(limit, receive).await;
        let mut io = self.io();
        io.stream.begin_read();
        let saw = match &received {
            Ok(Ok(_)) => None,
            Ok(Err(failed)) => failed.saw(),
            Err(_) => Some(Saw::Timeout),
        };
        io.stream.set_saw(saw);
        match received {
            Ok(received) => {
                io.reader.received |= received.is_ok();
                received.map_err(Error::from)
            }
            Err(_) => Err(late(limit)),
        }
    }

    /// Sends `data`, framed, after what was replied before. Waits only for space in the write buffer; what it put there goes
    /// out at the latest when the call waits or ends.
    ///
    /// `format_args!(…)` can't stand in a call that is awaited, as its temporaries can't move to another thread: make
    /// `let data = Data::new(format_args!(…));` first.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ReplyTooLong`] when the packet mode can't carry it, before a byte is sent; [`ErrorKind::Timeout`] when the
    /// peer read nothing within `send_timeout`, and [`ErrorKind::Reset`] when the connection broke: both end the connection.
    pub async fn send(&mut self, data: impl Reply<'_>) -> Result {
        let data = Data::new(data);
        consume_budget().await;
        let mut data = Some(data);
        poll_fn(|cx| {
            let mut io = self.io();
            ready!(io.write_half().poll_space(cx))?;
            // It is ready once.
            let data = data.take().unwrap_or_default();
            Poll::Ready(io.write_half().push(data, cx).map_err(Error::from))
        })
        .await
    }

    /// The next item of a codec of this type, within `recv_timeout`, whatever the packet mode. None: the peer has shut down its sending side.
    ///
    /// The connection has one codec at a time: its server's where `packet` is one. Asking for an item of another type puts a
    /// new codec, made by `Default`, in its place, and what the one before had in mind is lost. So a handshake may have a codec
    /// of its own. A new codec of the same type takes the place of one that has seen a part of an item only, where bytes are then taken
    /// otherwise (by [`recv`](Self::recv), [`recv_exact`](Self::recv_exact) or [`AsyncRead`]): its item begins at what is left.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv): [`ErrorKind::Timeout`] when no whole item came within `recv_timeout`, or within `frame_timeout` of its first
    /// byte, [`ErrorKind::Reset`] when the connection broke, [`ErrorKind::Malformed`] when the codec refuses what came, [`ErrorKind::TooLong`] when more than
    /// `packet_size` bytes came that are no whole item.
    ///
    /// # Panics
    ///
    /// Where the codec does; that ends the connection.
    #[cfg(feature = "codec")]
    pub async fn recv_item<C: codec::Codec>(&mut self) -> Result<Option<C::Item>> {
        consume_budget().await;
        self.within_recv_timeout(poll_fn(|cx| self.io().poll_recv_item::<C>(cx)))
            .await
    }

    /// Sends an item as a codec of this type encodes it, after what was replied before, whatever the packet mode.
    ///
    /// It waits as [`send`](Self::send) does. The codec is the one that [`recv_item`](Self::recv_item) speaks of.
    ///
    /// # Errors
    ///
    /// What the encoder returns, and nothing of the item is sent; [`ErrorKind::Timeout`] and [`ErrorKind::Reset`] as in
    /// [`send`](Self::send).
    ///
    /// # Panics
    ///
    /// Where the codec does; that ends the connection, and nothing of the item is sent.
    #[cfg(feature = "codec")]
    pub async fn send_item<C: Default + Send + 'static>(&mut self, item: impl codec::Item<C>) -> Result {
        consume_budget().await;
        poll_fn(|cx| self.io().write_half().poll_space(cx)).await?;
        self.io().write_half().push_item(codec::erase::<C>(item))?;
        Ok(())
    }

    /// Waits until the peer has left: its input has ended, or it reset the connection. For a callback that waits for something else:
    ///
    /// ```
    /// use kai_tcp_server::{Action, Socket, tcp_server};
    /// use tokio::time::{Duration, sleep};
    ///
    /// struct Watch;
    ///
    /// #[tcp_server(port = 10000, packet = line(crlf | lf))]
    /// impl Watch {
    ///     async fn handle_call(&self, data: &[u8], socket: &mut Socket) -> Action {
    ///         match data {
    ///             b"wait" => tokio::select! {
    ///                 () = sleep(Duration::from_secs(3600)) => reply("an hour has passed"),
    ///                 () = socket.closed() => close,
    ///                 () = socket.stopping() => close("the server stops"),
    ///             },
    ///             _ => reply("wait?"),
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// The end of the input is all that is known of a peer that closes: one that shuts down its sending side alone and still reads
    /// does the same, so it is the protocol's to say whether an answer is still of use. The end is seen without reading what the peer
    /// sent before it, which waits and holds back the peer: at once where everything that came was read, and by the next second where bytes wait
    /// unread (and for a reset, after the end), if the system tells it there, as Linux does. An end behind more bytes than the system takes from the peer hasn't come yet. In
    /// memory up to 64 KiB are looked through.
    ///
    /// A reset is seen alike, and cuts the callback once this was ready: what the callback does then must not wait. Where the option
    /// [`half_close`](crate::Options::half_close) is `false`, so does the end.
    ///
    /// It borrows nothing, and so can be waited for beside what the socket does: `let closed = socket.closed();` first. It is ready, too, when
    /// the connection has ended.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped and asked for again: what was seen is kept.
    pub fn closed(&self) -> impl Future<Output = ()> + Send + Sync + use<> {
        self.see(|seen| seen.left)
    }

    /// Waits until the server stops, for a callback that takes long: a stop waits for it, but for no longer than `shutdown`. Where there is
    /// a `stop_delay`, it is ready when that is over.
    ///
    /// As [`closed`](Self::closed) does, it borrows nothing, and is ready when the connection has ended. Between callbacks there is
    /// [`stopping`](crate::TcpServer::stopping).
    ///
    /// # Cancel safety
    ///
    /// It can be dropped and asked for again: what was seen is kept.
    pub fn stopping(&self) -> impl Future<Output = ()> + Send + Sync + use<> {
        self.see(|seen| seen.stopping)
    }

    fn see(&self, what: fn(&Seen) -> bool) -> impl Future<Output = ()> + Send + Sync + use<> {
        let mut seen: watch::Receiver<Seen> = self.io().watch();
        // An error is the connection's end.
        async move { drop(seen.wait_for(what).await) }
    }

    /// Changes the packet mode, also for what has come already. Lines of [`Packet::Line`] end as the option `delimiter` says;
    /// [`Packet::Http`] goes on where it was, in the headers or at a start line.
    ///
    /// Where `packet` is a codec, `handle_call` takes the codec's items in any case: then the packet mode, `raw` to begin with,
    /// is that of [`recv`](Self::recv) and [`send`](Self::send) alone.
    pub fn set_packet(&mut self, packet: Packet) {
        self.io().set_packet(packet);
    }

    /// The packet mode of the moment.
    pub fn packet(&self) -> Packet {
        self.io().packet()
    }

    /// Changes `recv_timeout` for this connection, from the next wait on, as the state of a protocol wants it.
    pub fn set_recv_timeout(&mut self, timeout: Duration) {
        let mut io = self.io();
        io.stream.settings_mut().recv_timeout = timeout;
        io.stream.begin_read();
    }

    /// Changes `frame_timeout` for this connection, from the next wait on, for a frame that has begun as for those to come.
    pub fn set_frame_timeout(&mut self, timeout: Duration) {
        self.io().stream.set_frame_timeout(timeout);
    }

    /// Changes `send_timeout` for this connection, from the next wait on: what the peer hasn't read yet has so long again.
    pub fn set_send_timeout(&mut self, timeout: Duration) {
        self.io().stream.set_send_timeout(timeout);
    }

    /// Changes `call_timeout` for this connection, from the next callback on; the one that runs keeps its own.
    pub fn set_call_timeout(&mut self, timeout: Duration) {
        self.io().stream.set_call_timeout(timeout);
    }

    /// Sets how many frames are taken from here on: it governs frames, never messages. A count is set, not added to: what was
    /// left of the one before is forgotten. After a count of 0 [`passive`](crate::TcpServer::passive) is told as soon as this call
    /// is done.
    pub fn set_active(&mut self, active: Active) {
        let mut io = self.io();
        io.intake = Intake::new(active, io.reader.takes_messages);
    }

    /// The address of the other end.
    pub fn peer_addr(&self) -> SocketAddr {
        self.link.peer_addr
    }

    /// The address of this end.
    pub fn local_addr(&self) -> SocketAddr {
        self.io().stream.local_addr().unwrap_or(NO_ADDR)
    }

    /// The connection's number.
    pub fn id(&self) -> ConnectionId {
        self.link.id
    }

    /// The server that serves this connection.
    pub fn server(&self) -> &Server {
        &self.server
    }
}

impl From<Broken> for Error {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Reset => Error::new(ErrorKind::Reset, "the connection is broken"),
            Broken::Timeout => Error::new(ErrorKind::Timeout, "the peer read nothing within send_timeout"),
        }
    }
}

impl From<RecvError> for Error {
    fn from(error: RecvError) -> Self {
        match error {
            RecvError::Broken(broken) => broken.into(),
            RecvError::Late(limit) => Error::new(
                ErrorKind::Timeout,
                format!("what came of a frame wasn't whole within frame_timeout {limit:?}"),
            ),
            RecvError::Ended { had } => Error::new(
                ErrorKind::Closed,
                format!("the peer closed when {had} of the bytes asked for had come"),
            ),
            RecvError::Frame(error) => error.into(),
            #[cfg(feature = "codec")]
            RecvError::Item(error) => error,
        }
    }
}

impl RecvError {
    /// What a handler is known to have seen by it; None: what is broken is broken anyway.
    fn saw(&self) -> Option<Saw> {
        match self {
            RecvError::Broken(_) => None,
            RecvError::Late(_) => Some(Saw::Timeout),
            RecvError::Ended { .. } => Some(Saw::Closed),
            RecvError::Frame(error) => saw(Error::from(*error).kind()),
            #[cfg(feature = "codec")]
            RecvError::Item(error) => saw(error.kind()),
        }
    }
}

fn saw(kind: ErrorKind) -> Option<Saw> {
    match kind {
        ErrorKind::TooLong => Some(Saw::TooLong),
        ErrorKind::Malformed => Some(Saw::Malformed),
        _ => None,
    }
}

/// The peer sent nothing, or nothing whole.
fn late(limit: Duration) -> Error {
    Error::new(
        ErrorKind::Timeout,
        format!("nothing whole came within recv_timeout {limit:?}"),
    )
}

fn read_error(error: ReadError) -> io::Error {
    match error {
        ReadError::Broken(broken) => io_error(broken),
        ReadError::Late(limit) => {
            let message = format!("nothing came within recv_timeout {limit:?}");
            io::Error::new(io::ErrorKind::TimedOut, Error::new(ErrorKind::Timeout, message))
        }
    }
}

fn io_error(broken: Broken) -> io::Error {
    let kind = match broken {
        Broken::Reset => io::ErrorKind::ConnectionReset,
        Broken::Timeout => io::ErrorKind::TimedOut,
    };
    io::Error::new(kind, Error::from(broken))
}

/// Reads raw bytes, buffered ones first.
///
/// # Errors
///
/// [`io::ErrorKind::TimedOut`] when nothing came within `recv_timeout`: since a read first had to wait, in this callback and since something
/// came, so that reads that are dropped and begun anew have it together. [`io::ErrorKind::ConnectionReset`] when the connection broke.
impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut io = self.io();
        ready!(io.poll_read(cx, buf)).map_err(read_error)?;
        io.reader.received = true;
        Poll::Ready(Ok(()))
    }
}

/// Writes raw bytes, behind what was replied before. A write waits only for space in the write buffer, a flush and a shutdown until all was taken.
///
/// # Errors
///
/// [`io::ErrorKind::TimedOut`] when the peer read nothing within `send_timeout`, [`io::ErrorKind::ConnectionReset`] when the connection broke:
/// both end the connection.
impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let mut io = self.io();
        ready!(io.write_half().poll_space(cx)).map_err(io_error)?;
        let taken = &buf[..buf.len().min(crate::reply::pool::BUFFER)];
        io.writer.push_raw(taken);
        Poll::Ready(Ok(taken.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io().write_half().poll_flush_for_sender(cx).map_err(io_error)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut io = self.io();
        ready!(io.write_half().poll_flush_for_sender(cx)).map_err(io_error)?;
        io.write_half().poll_shutdown(cx).map_err(io_error)
    }
}

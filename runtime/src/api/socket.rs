//! `Socket`: a connection as its callbacks use it.

mod errors;
#[cfg(feature = "tls-provider")]
mod tls;

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, MutexGuard};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;
use tokio::task::consume_budget;
use tokio::time::timeout;

use self::errors::{io_error, late, read_error};
use crate::api::state::{self, ProtocolState};
use crate::error::{Error, ErrorKind, Result};
#[cfg(feature = "codec")]
use crate::io::codec;
use crate::io::link::{ConnectionId, Link};
use crate::io::{IoSlot, RecvError, Saw, Seen};
use crate::options::active::{Active, Intake};
use crate::packet::Packet;
use crate::reply::{Data, Reply};
use crate::server::Server;
use crate::transport::addr::{LocalAddr, PeerAddr};
#[cfg(feature = "proxy")]
use crate::transport::proxy::info::ProxyInfo;

/// A connection as its callbacks use it: reads and writes in the middle of a call.
///
/// Reads take buffered bytes first, so bytes that follow a frame aren't lost. [`AsyncRead`] and
/// [`AsyncWrite`] are the raw stream, for functions such as `tokio::io::copy`. The time limits
/// apply to them too: a read for which no byte arrives within `recv_timeout`, and a write, flush or
/// shutdown for which the peer reads nothing within `send_timeout`, return
/// [`io::ErrorKind::TimedOut`]. After such a read the connection continues if the callback does;
/// after such a write, flush or shutdown it ends.
///
/// If the peer resets the connection, a callback that waits is cancelled; [`closed`](Self::closed)
/// and [`stopping`](Self::stopping) let the callback know earlier.
///
/// # Cancel safety
///
/// Every method is cancel-safe, except for `start_tls` of the feature `tls`: if a receive is dropped, its bytes stay for the next receive; if a
/// send is dropped, it has sent nothing.
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

    /// Returns the connection's I/O. The guard lives within one poll, never across an await.
    fn io(&self) -> MutexGuard<'_, IoSlot> {
        self.link.lent()
    }

    /// Receives the next frame in the current packet mode. Returns `None` if the peer has shut down
    /// its sending side; an unfinished frame is dropped when the connection closes.
    ///
    /// It works in active and passive mode alike ([`set_active`](Self::set_active)), and the frame
    /// isn't counted: during a call the connection belongs to the call.
    ///
    /// A call that waits here counts as running, so a stop waits for it within `shutdown`.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Timeout`] if no whole frame arrived within `recv_timeout`, or within
    /// `frame_timeout` of its first byte (the bytes that arrived are kept); [`ErrorKind::TooLong`]
    /// or [`ErrorKind::Malformed`] if the next frame is too long or invalid; [`ErrorKind::Reset`]
    /// if the connection broke.
    pub async fn recv(&mut self) -> Result<Option<Bytes>> {
        consume_budget().await;
        self.within_recv_timeout(poll_fn(|cx| self.io().poll_recv(cx))).await
    }

    /// Receives exactly `n` bytes, whatever the packet mode; buffered bytes come first.
    ///
    /// The result is a part of the read buffer, which stays allocated as long as the result does.
    /// To keep the bytes for long, copy them.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::RecvLimit`] before a byte is read if `n` exceeds `recv_limit`;
    /// [`ErrorKind::Closed`] if the input ends first; [`ErrorKind::Timeout`] if the bytes didn't
    /// arrive within `recv_timeout`, or within `frame_timeout` of the first of them (those that
    /// arrived are kept); [`ErrorKind::Reset`] if the connection broke.
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
        let limit = self.io().stream.recv_timeout(self.server.inner().states);
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

    /// Sends `data` with the framing of the packet mode, after earlier replies. It waits only for
    /// space in the write buffer; the data is sent at the latest when the call waits or ends.
    ///
    /// `format_args!(…)` can't be an argument of an awaited call, because its temporaries can't
    /// move to another thread. Write `let data = Data::new(format_args!(…));` first.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::ReplyTooLong`], before a byte is sent, if the packet mode can't express
    /// the length; [`ErrorKind::Timeout`] if the peer read nothing within `send_timeout`, and
    /// [`ErrorKind::Reset`] if the connection broke: the latter two end the connection.
    pub async fn send(&mut self, data: impl Reply<'_>) -> Result {
        let data = Data::new(data);
        consume_budget().await;
        let mut data = Some(data);
        poll_fn(|cx| {
            let mut io = self.io();
            ready!(io.write_half().poll_space(cx))?;
            // The closure returns `Ready` once, so the data is taken once.
            let data = data.take().unwrap_or_default();
            Poll::Ready(io.write_half().push(data, cx).map_err(Error::from))
        })
        .await
    }

    /// Receives the next item of a codec of type `C` within `recv_timeout`, whatever the packet
    /// mode. Returns `None` if the peer has shut down its sending side.
    ///
    /// The connection has one codec at a time; at first it is the server's codec if `packet` is
    /// one. If you receive an item with another type of codec, a new codec made by `Default`
    /// replaces the old one, whose state is lost. So a handshake can use its own codec. A new codec
    /// of the same type replaces one that has seen a part of an item, if the call then takes bytes
    /// in another way (by [`recv`](Self::recv), [`recv_exact`](Self::recv_exact) or [`AsyncRead`]).
    /// Its item begins with the bytes that are left.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Timeout`] if no whole item arrived within `recv_timeout`, or within
    /// `frame_timeout` of its first byte; [`ErrorKind::Reset`] if the connection broke;
    /// [`ErrorKind::Malformed`] if the codec rejects the bytes; [`ErrorKind::TooLong`] if more than
    /// `packet_size` bytes arrived that aren't a whole item.
    ///
    /// # Panics
    ///
    /// Panics if the codec does; that ends the connection.
    #[cfg(feature = "codec")]
    pub async fn recv_item<C: codec::Codec>(&mut self) -> Result<Option<C::Item>> {
        consume_budget().await;
        self.within_recv_timeout(poll_fn(|cx| self.io().poll_recv_item::<C>(cx)))
            .await
    }

    /// Sends an item, encoded by a codec of type `C`, after earlier replies, whatever the packet
    /// mode.
    ///
    /// It waits as [`send`](Self::send) does. The codec is the same one as that of
    /// [`recv_item`](Self::recv_item).
    ///
    /// # Errors
    ///
    /// Returns the error of the encoder, and no part of the item is sent; [`ErrorKind::Timeout`]
    /// and [`ErrorKind::Reset`] as for [`send`](Self::send).
    ///
    /// # Panics
    ///
    /// Panics if the codec does; that ends the connection, and no part of the item is sent.
    #[cfg(feature = "codec")]
    pub async fn send_item<C: Default + Send + 'static>(&mut self, item: impl codec::Item<C>) -> Result {
        consume_budget().await;
        poll_fn(|cx| self.io().write_half().poll_space(cx)).await?;
        self.io().write_half().push_item(codec::erase::<C>(item))?;
        Ok(())
    }

    /// Waits until the peer has left: its input has ended, or it reset the connection. Use it in a
    /// callback that waits for another event:
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
    /// The end of the input is all that the server can see of a peer that closes. A peer that shuts
    /// down only its sending side and still reads looks the same, so the protocol decides whether a
    /// reply is still useful.
    ///
    /// The end is noticed without reading the bytes before it, which stay unread and hold back the
    /// peer. If all bytes that arrived were read, it is noticed at once. If unread bytes wait, it
    /// is noticed within a second, on systems that report it, such as Linux; the same holds for a
    /// reset after the end. An end behind more bytes than the system accepts from the peer hasn't
    /// arrived yet. In memory, up to 64 KiB are searched.
    ///
    /// A reset is noticed in the same way. First this future is ready, then the callback is
    /// cancelled at its next wait, so after a reset the callback must not wait. If the option
    /// [`half_close`](crate::Options::half_close) is `false`, the same holds for the end of the
    /// input.
    ///
    /// The future borrows nothing, so it can run while the socket is used: write
    /// `let closed = socket.closed();` first. It is also ready once the connection has ended.
    ///
    /// # Cancel safety
    ///
    /// The future can be dropped and created again: the event stays noticed.
    pub fn closed(&self) -> impl Future<Output = ()> + Send + Sync + use<> {
        self.see(|seen| seen.left)
    }

    /// Waits until the server stops, for a callback that takes long: a stop waits for the callback,
    /// but no longer than `shutdown`. With a `stop_delay` the future is ready when the delay is
    /// over.
    ///
    /// Like [`closed`](Self::closed), it borrows nothing, and is ready once the connection has
    /// ended. Between calls the server calls [`stopping`](crate::TcpServer::stopping) instead.
    ///
    /// # Cancel safety
    ///
    /// The future can be dropped and created again: the event stays noticed.
    pub fn stopping(&self) -> impl Future<Output = ()> + Send + Sync + use<> {
        self.see(|seen| seen.stopping)
    }

    fn see(&self, what: fn(&Seen) -> bool) -> impl Future<Output = ()> + Send + Sync + use<> {
        let mut seen: watch::Receiver<Seen> = self.io().watch();
        // The receiver fails once the connection has ended.
        async move { drop(seen.wait_for(what).await) }
    }

    /// Changes the packet mode, also for buffered bytes. The option `delimiter` still applies to
    /// lines of [`Packet::Line`]; [`Packet::Http`] keeps its place in the message, in the headers
    /// or at a start line.
    ///
    /// On a server with states it holds until the state changes.
    ///
    /// If `packet` is a codec, `handle_call` continues to take the codec's items. The packet mode,
    /// initially `raw`, then applies only to [`recv`](Self::recv) and [`send`](Self::send).
    pub fn set_packet(&mut self, packet: Packet) {
        self.io().set_packet(packet);
    }

    /// Returns the current packet mode.
    pub fn packet(&self) -> Packet {
        self.io().packet()
    }

    /// Moves the connection to a state of its protocol now, in the middle of a callback: its packet
    /// mode and its time limit hold from here on, also for what this callback still sends. In
    /// `connected` it chooses the first state. What [`Action::next`](crate::Action::next) says at the
    /// end of the callback prevails. Nothing changes if the connection is in that state already.
    ///
    /// # Panics
    ///
    /// Panics if the state isn't one of the enum that the server's option `state` names.
    ///
    /// # Examples
    ///
    /// ```
    /// use kai_tcp_server::{Action, ProtocolState, Result, Socket, tcp_server};
    ///
    /// #[derive(Clone, Copy, ProtocolState)]
    /// enum Phase {
    ///     #[initial]
    ///     Login,
    ///     Ready,
    /// }
    ///
    /// struct Door;
    ///
    /// #[tcp_server(port = 10000, packet = line(crlf), state = Phase)]
    /// impl Door {
    ///     async fn connected(&self, socket: &mut Socket) -> Result {
    ///         if socket.peer_addr().ip().is_some_and(|ip| ip.is_loopback()) {
    ///             socket.set_state(Phase::Ready);
    ///         }
    ///         Ok(())
    ///     }
    ///
    ///     fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
    ///         match (state, data) {
    ///             (Phase::Login, b"open") => reply("welcome").next(Phase::Ready),
    ///             (Phase::Login, _) => reply("log in first"),
    ///             (Phase::Ready, b"bye") => close,
    ///             (Phase::Ready, data) => reply(data),
    ///         }
    ///     }
    /// }
    /// ```
    pub fn set_state(&mut self, state: impl ProtocolState) {
        let inner = self.server.inner();
        let number = state::number(state);
        let Some(place) = state::place(number, inner.tag) else {
            panic!("set_state takes a state of the enum that the option `state` names");
        };
        let packet = inner.options.packet.unwrap_or_default();
        self.io().enter_state(place, inner.states, packet);
    }

    /// Changes `recv_timeout` for this connection, from the next wait on. On a server with states it
    /// holds until the state changes.
    pub fn set_recv_timeout(&mut self, timeout: Duration) {
        let mut io = self.io();
        io.stream.set_recv_timeout(timeout, self.server.inner().states);
        io.stream.begin_read();
    }

    /// Changes `frame_timeout` for this connection, from the next wait on, also for a frame that
    /// has begun.
    pub fn set_frame_timeout(&mut self, timeout: Duration) {
        self.io().stream.set_frame_timeout(timeout);
    }

    /// Changes `send_timeout` for this connection, from the next wait on; it starts anew for unread
    /// data.
    pub fn set_send_timeout(&mut self, timeout: Duration) {
        self.io().stream.set_send_timeout(timeout);
    }

    /// Changes `call_timeout` for this connection, from the next callback on; the running callback
    /// keeps its own.
    pub fn set_call_timeout(&mut self, timeout: Duration) {
        self.io().stream.set_call_timeout(timeout);
    }

    /// Sets how many frames are taken from now on. It applies to frames, not to messages. A count
    /// replaces the rest of the previous count and isn't added to it. After a count of 0 the
    /// [`passive`](crate::TcpServer::passive) callback runs as soon as this call ends.
    pub fn set_active(&mut self, active: Active) {
        let mut io = self.io();
        io.intake = Intake::new(active, io.reader.takes_messages);
    }

    /// Returns the address of the peer.
    pub fn peer_addr(&self) -> PeerAddr {
        self.link.peer_addr()
    }

    /// Returns the local address of the connection, or that of the server if the connection is gone
    /// and the system no longer knows it.
    pub fn local_addr(&self) -> LocalAddr {
        let known = self.io().stream.local_addr();
        known.unwrap_or_else(|| self.server.listen_addr())
    }

    /// Returns what a proxy has said of the connection by the PROXY protocol (option
    /// `proxy_protocol`); `None` if the connection came without a header.
    ///
    /// The peer's address is that of the proxy's client already. See [`ProxyInfo`] for an example.
    #[cfg(feature = "proxy")]
    pub fn proxy(&self) -> Option<ProxyInfo> {
        self.io().stream.proxy().cloned()
    }

    /// Returns the id of the connection.
    pub fn id(&self) -> ConnectionId {
        self.link.id
    }

    /// Returns the server that serves this connection.
    pub fn server(&self) -> &Server {
        &self.server
    }
}

/// Reads raw bytes; buffered bytes come first.
///
/// # Errors
///
/// Returns [`io::ErrorKind::TimedOut`] if no byte arrived within `recv_timeout`. The time begins
/// when a read of this callback first waits, and begins anew when bytes arrive, so reads that are
/// dropped and repeated share it. Returns [`io::ErrorKind::ConnectionReset`] if the connection
/// broke.
impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut io = self.io();
        ready!(io.poll_read(cx, buf, self.server.inner().states)).map_err(read_error)?;
        io.reader.received = true;
        Poll::Ready(Ok(()))
    }
}

/// Writes raw bytes after earlier replies. A write waits only for space in the write buffer; a
/// flush and a shutdown wait until all bytes are sent.
///
/// # Errors
///
/// Returns [`io::ErrorKind::TimedOut`] if the peer read nothing within `send_timeout`, and
/// [`io::ErrorKind::ConnectionReset`] if the connection broke. Both end the connection.
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

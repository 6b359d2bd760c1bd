//! The stream of a connection: the transport, and what holds for both of its directions: how much
//! has passed, whether it broke, the time limits (`stream/limits.rs`), and whether the peer is
//! still there (`stream/peer.rs`).

mod limits;
mod peer;
mod tape;

use std::io::IoSlice;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead as _, AsyncReadExt as _, AsyncWrite as _, ReadBuf};

use super::deadline::Deadline;
use super::link::Link;
use super::presence::{Broken, Presence};
use super::queue::Queue;
use super::timeouts::Timeouts;
use crate::options::Options;
use crate::options::settings::Settings;
use crate::table::state::ListedState;
use crate::transport::addr::LocalAddr;
#[cfg(feature = "proxy")]
use crate::transport::proxy::info::ProxyInfo;
#[cfg(feature = "tls-provider")]
use crate::transport::tls::info::TlsInfo;
use crate::transport::{AnyTransport, Handshaken, Transport as _};

/// The transport of a connection, and what is known of it. Reader and writer are both lent it.
#[derive(Debug)]
pub(crate) struct Stream {
    transport: AnyTransport,
    link: Arc<Link>,
    settings: Arc<Settings>,
    cold: Option<Box<ColdState>>,
}

/// The state that most connections never have: one pointer, and one look for all of it.
#[derive(Debug, Default)]
struct ColdState {
    broken: Option<Broken>,
    /// There since the connection first waited for its peer with more than its own waker.
    waits: Option<Box<Waits>>,
    timeouts: Timeouts,
    /// The large replies that are sent before the write buffer, while any wait.
    queue: Option<Box<Queue>>,
    /// There while the connection is recorded.
    #[cfg(feature = "record")]
    reel: Option<Box<crate::tape::reel::Reel>>,
}

/// The state of a connection that waits for its peer.
#[derive(Debug, Default)]
struct Waits {
    /// The waker of a handler's send: tokio keeps one waker a direction, and the loop's flush takes
    /// that place.
    sender: Option<Waker>,
    /// Until when the peer must have taken something.
    send: Deadline,
    presence: Presence,
}

impl ColdState {
    fn advance_queue(&mut self, sent: usize) -> usize {
        let Some(queue) = &mut self.queue else {
            return sent;
        };
        let rest = queue.advance(sent);
        if queue.is_empty() {
            self.queue = None;
        }
        rest
    }
}

impl Stream {
    pub(super) fn new(transport: AnyTransport, link: Arc<Link>, options: &Options, settings: Arc<Settings>) -> Self {
        Stream {
            transport,
            link,
            settings,
            cold: Timeouts::new(options).map(|timeouts| {
                Box::new(ColdState {
                    timeouts,
                    ..ColdState::default()
                })
            }),
        }
    }

    /// Returns what the connection goes by.
    #[inline]
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Lends the settings, to be changed for this connection alone.
    pub(crate) fn settings_mut(&mut self) -> &mut Settings {
        Arc::make_mut(&mut self.settings)
    }

    /// Returns the longest wait for the next whole frame: what a callback has set, or else the limit of
    /// the state of the protocol, or else the server's.
    pub(crate) fn recv_timeout(&self, states: &[ListedState]) -> Duration {
        let Settings {
            recv_timeout,
            own_recv_timeout,
            ..
        } = *self.settings;
        let of_the_state = || states.get(self.link.state()).and_then(|state| state.recv_timeout);
        own_recv_timeout.or_else(of_the_state).unwrap_or(recv_timeout)
    }

    /// Sets the limit of [`recv_timeout`](Self::recv_timeout): for good, or until the state changes.
    pub(crate) fn set_recv_timeout(&mut self, timeout: Duration, states: &[ListedState]) {
        let settings = self.settings_mut();
        if states.is_empty() {
            settings.recv_timeout = timeout;
        } else {
            settings.own_recv_timeout = Some(timeout);
        }
    }

    /// Enters a state of the protocol. Returns false if the connection is in it already.
    pub(super) fn enter_state(&self, state: u8) -> bool {
        if self.link.state() == usize::from(state) {
            return false;
        }
        self.link.set_state(state);
        true
    }

    /// Returns the place of the state of the protocol.
    pub(super) fn state(&self) -> usize {
        self.link.state()
    }

    /// Forgets the limit that a callback has set, as the state has changed.
    pub(super) fn forget_own_recv_timeout(&mut self) {
        if self.settings.own_recv_timeout.is_some() {
            self.settings_mut().own_recv_timeout = None;
        }
    }

    /// Polls the handshake of the transport.
    pub(crate) fn poll_handshake(&mut self, cx: &mut Context<'_>) -> Poll<std::io::Result<Handshaken>> {
        self.transport.poll_handshake(cx)
    }

    /// Returns what TLS says of the connection, if it speaks TLS.
    #[cfg(feature = "tls-provider")]
    pub(crate) fn tls(&self) -> Option<TlsInfo> {
        self.transport.tls()
    }

    /// Begins a TLS handshake, which `poll_handshake` continues; `false` if there can be none.
    #[cfg(feature = "tls-provider")]
    pub(crate) fn start_tls(&mut self) -> bool {
        let starts = self.transport.start_tls();
        if starts {
            self.tape_start_tls();
        }
        starts
    }

    /// Returns the address of this end, where it has one.
    pub(crate) fn local_addr(&self) -> Option<LocalAddr> {
        self.transport.local_addr()
    }

    /// Returns what a proxy has said of the connection.
    #[cfg(feature = "proxy")]
    pub(crate) fn proxy(&self) -> Option<&ProxyInfo> {
        self.transport.proxy()
    }

    /// Returns a duplicate of the socket, if the stream is one that another process can go on with.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(crate) fn duplicate(&self) -> Option<std::io::Result<std::os::fd::OwnedFd>> {
        self.transport.duplicate()
    }

    /// Returns how many bytes came so far.
    #[cfg(feature = "codec")]
    pub(super) fn received(&self) -> u64 {
        self.link.received()
    }

    #[inline]
    pub(crate) fn broken(&self) -> Option<Broken> {
        self.cold.as_ref()?.broken
    }

    /// Returns why nothing can be sent any more.
    #[inline]
    pub(super) fn unsendable(&self) -> Option<Broken> {
        self.broken().filter(|broken| *broken != Broken::Truncated)
    }

    /// Breaks the stream off: nothing is received or sent from here on.
    pub(crate) fn break_off(&mut self, broken: Broken) -> Broken {
        self.cold.get_or_insert_default().broken = Some(broken);
        self.tape_break(broken);
        self.flows();
        broken
    }

    /// Lets what comes behind a handshake that failed be read, to be thrown away.
    #[cfg(feature = "tls-provider")]
    pub(super) fn forget_handshake(&mut self) {
        if let Some(cold) = &mut self.cold {
            cold.broken.take_if(|broken| *broken == Broken::Handshake);
        }
    }

    #[inline]
    pub(super) fn queue(&self) -> Option<&Queue> {
        self.cold.as_ref()?.queue.as_deref()
    }

    pub(super) fn queue_mut(&mut self) -> &mut Queue {
        self.cold.get_or_insert_default().queue.get_or_insert_default()
    }

    /// Drops what was sent of the queue; returns what was sent beyond it.
    #[inline]
    pub(super) fn advance_queue(&mut self, sent: usize) -> usize {
        match &mut self.cold {
            Some(cold) => cold.advance_queue(sent),
            None => sent,
        }
    }

    pub(super) fn take_queue(&mut self) -> Option<Box<Queue>> {
        self.cold.as_mut()?.queue.take()
    }

    /// Puts back what `take_queue` took.
    pub(super) fn restore_queue(&mut self, queue: Option<Box<Queue>>) {
        if let Some(cold) = &mut self.cold {
            cold.queue = queue;
        }
    }

    pub(super) fn drop_queue(&mut self) {
        if let Some(cold) = &mut self.cold {
            cold.queue = None;
        }
    }

    /// Is ready when it may be worth to read.
    #[inline]
    pub(super) fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.transport.poll_read_ready(cx)
    }

    /// Reads once, behind what `buffer` holds. 0: end of input.
    #[inline]
    pub(super) fn poll_read_buf(&mut self, buffer: &mut BytesMut, cx: &mut Context<'_>) -> Poll<Result<usize, Broken>> {
        match ready!(pin!(self.transport.read_buf(buffer)).poll(cx)) {
            Ok(n) => {
                self.tape_read(buffer, n);
                self.link.count_received(n);
                Poll::Ready(Ok(n))
            }
            Err(error) => Poll::Ready(Err(self.break_off(Broken::by_read(&error)))),
        }
    }

    /// Reads once into a buffer of a handler's. 0: end of input.
    pub(super) fn poll_read(&mut self, buf: &mut ReadBuf<'_>, cx: &mut Context<'_>) -> Poll<Result<usize, Broken>> {
        let before = buf.filled().len();
        if let Err(error) = ready!(Pin::new(&mut self.transport).poll_read(cx, buf)) {
            return Poll::Ready(Err(self.break_off(Broken::by_read(&error))));
        }
        let n = buf.filled().len() - before;
        self.tape_read(buf.filled(), n);
        self.link.count_received(n);
        Poll::Ready(Ok(n))
    }

    /// Writes once.
    #[inline]
    pub(super) fn poll_write(&mut self, bytes: &[u8], cx: &mut Context<'_>) -> Poll<Result<usize, Broken>> {
        let written = ready!(Pin::new(&mut self.transport).poll_write(cx, bytes)).unwrap_or_default();
        self.tape_written(bytes, written);
        Poll::Ready(self.written(written))
    }

    /// Writes once, from several places.
    pub(super) fn poll_write_vectored(
        &mut self,
        pieces: &[IoSlice<'_>],
        cx: &mut Context<'_>,
    ) -> Poll<Result<usize, Broken>> {
        let written = ready!(Pin::new(&mut self.transport).poll_write_vectored(cx, pieces)).unwrap_or_default();
        self.tape_written_vectored(pieces, written);
        Poll::Ready(self.written(written))
    }

    /// Returns whether the transport keeps bytes that were written, until they are flushed.
    #[inline]
    pub(super) fn keeps_bytes(&self) -> bool {
        self.transport.keeps_bytes()
    }

    /// Sends some of what the transport keeps; returns whether that was all.
    pub(super) fn poll_flush_some(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Broken>> {
        match ready!(self.transport.poll_flush_some(cx)) {
            Ok(all) => {
                self.flows();
                Poll::Ready(Ok(all))
            }
            Err(_) => Poll::Ready(Err(self.break_off(Broken::Reset))),
        }
    }

    /// Counts what was written; 0 where nothing could be.
    #[inline]
    fn written(&mut self, sent: usize) -> Result<usize, Broken> {
        if sent == 0 {
            return Err(self.break_off(Broken::Reset));
        }
        self.link.count_sent(sent);
        self.flows();
        Ok(sent)
    }

    pub(super) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        let shut = ready!(Pin::new(&mut self.transport).poll_shutdown(cx));
        if shut.is_ok() {
            self.tape_shut();
        }
        Poll::Ready(shut.map_err(|_| self.break_off(Broken::Reset)))
    }

    /// Ends the waits of who sends: the peer took something, or never will.
    #[inline]
    fn flows(&mut self) {
        if let Some(waits) = self.cold.as_mut().and_then(|cold| cold.waits.as_mut()) {
            waits.send.clear();
            if let Some(sender) = waits.sender.take() {
                sender.wake();
            }
        }
    }

    fn waits_mut(&mut self) -> &mut Waits {
        self.cold.get_or_insert_default().waits.get_or_insert_default()
    }

    /// A handler's send waits.
    pub(super) fn set_sender(&mut self, cx: &Context<'_>) {
        self.waits_mut().sender = Some(cx.waker().clone());
    }

    /// Is ready when the peer took nothing for `send_timeout`.
    pub(super) fn poll_send_timeout(&mut self, cx: &mut Context<'_>) -> Poll<Broken> {
        let limit = self.settings.send_timeout;
        ready!(self.waits_mut().send.poll(limit, cx));
        Poll::Ready(self.break_off(Broken::Timeout))
    }

    pub(crate) fn set_send_timeout(&mut self, timeout: Duration) {
        self.settings_mut().send_timeout = timeout;
        if let Some(waits) = self.cold.as_mut().and_then(|cold| cold.waits.as_mut()) {
            waits.send.clear();
        }
    }
}

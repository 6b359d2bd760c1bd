//! The stream of a connection: the transport, and what holds for both of its directions: what has passed, its time limits,
//! whether it broke, and whether the peer is still there.

use std::io::IoSlice;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead as _, AsyncReadExt as _, AsyncWrite as _, ReadBuf};
use tokio::sync::watch;
use tokio::time::Instant;

use super::deadline::Deadline;
use super::link::{Link, Signal};
use super::presence::{Broken, Left, Presence, Saw, Seen, time_until};
use super::timeouts::Timeouts;
use crate::options::settings::Settings;
use crate::options::{INFINITY, Options};
use crate::transport::{Sight, Transport};

#[derive(Debug)]
pub(crate) struct Stream {
    transport: Transport,
    link: Arc<Link>,
    settings: Arc<Settings>,
    cold: Option<Box<ColdState>>,
    /// A callback had to wait, so that more may have come meanwhile.
    pub(crate) waited: bool,
    /// What the socket of the callback that runs saw last.
    pub(crate) saw: Option<Saw>,
}

/// What most connections never have: one pointer, and one look for all of it.
#[derive(Debug, Default)]
struct ColdState {
    broken: Option<Broken>,
    /// There since the connection first waited for its peer with more than its own waker.
    waits: Option<Box<Waits>>,
    timeouts: Timeouts,
}

/// What a connection needs while it waits for its peer.
#[derive(Debug, Default)]
struct Waits {
    /// The waker of a handler's send: tokio keeps one waker a direction, and the loop's flush takes that place.
    sender: Option<Waker>,
    /// Until when the peer must have taken something.
    send: Deadline,
    presence: Presence,
}

impl Stream {
    pub(super) fn new(transport: Transport, link: Arc<Link>, options: &Options, settings: Arc<Settings>) -> Self {
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
            waited: false,
            saw: None,
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

    /// Returns the address of this end, where it has one.
    pub(crate) fn local_addr(&self) -> Option<SocketAddr> {
        self.transport.local_addr()
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

    /// Breaks the stream off: nothing is received or sent from here on.
    pub(super) fn break_off(&mut self, broken: Broken) -> Broken {
        self.cold.get_or_insert_default().broken = Some(broken);
        self.flows();
        broken
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
                self.link.count_received(n);
                Poll::Ready(Ok(n))
            }
            Err(_) => Poll::Ready(Err(self.break_off(Broken::Reset))),
        }
    }

    /// Reads once into a buffer of a handler's. 0: end of input.
    pub(super) fn poll_read(&mut self, buf: &mut ReadBuf<'_>, cx: &mut Context<'_>) -> Poll<Result<usize, Broken>> {
        let before = buf.filled().len();
        if ready!(Pin::new(&mut self.transport).poll_read(cx, buf)).is_err() {
            return Poll::Ready(Err(self.break_off(Broken::Reset)));
        }
        let n = buf.filled().len() - before;
        self.link.count_received(n);
        Poll::Ready(Ok(n))
    }

    /// Writes once.
    #[inline]
    pub(super) fn poll_write(&mut self, bytes: &[u8], cx: &mut Context<'_>) -> Poll<Result<usize, Broken>> {
        let written = ready!(Pin::new(&mut self.transport).poll_write(cx, bytes));
        Poll::Ready(self.written(written.unwrap_or_default()))
    }

    /// Writes once, from several places.
    pub(super) fn poll_write_vectored(
        &mut self,
        pieces: &[IoSlice<'_>],
        cx: &mut Context<'_>,
    ) -> Poll<Result<usize, Broken>> {
        let written = ready!(Pin::new(&mut self.transport).poll_write_vectored(cx, pieces));
        Poll::Ready(self.written(written.unwrap_or_default()))
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

/// Whether the peer is still there.
impl Stream {
    #[inline]
    fn presence(&mut self) -> Option<&mut Presence> {
        Some(&mut self.cold.as_mut()?.waits.as_mut()?.presence)
    }

    fn presence_mut(&mut self) -> &mut Presence {
        &mut self.waits_mut().presence
    }

    /// A callback begins: what its socket saw, and how long a read has waited, was the callback's before.
    #[inline]
    pub(crate) fn begin_callback(&mut self) {
        self.saw = None;
        self.begin_read();
    }

    /// The callback went on after what its socket saw.
    #[inline]
    pub(crate) fn saw_before(&mut self) {
        self.saw.take_if(|saw| *saw == Saw::End);
    }

    /// The next raw read has all its time.
    #[inline]
    pub(crate) fn begin_read(&mut self) {
        if let Some(presence) = self.presence() {
            presence.begin_read();
        }
    }

    /// A raw read waits. Is ready, with the limit, when it has waited for `recv_timeout`.
    pub(super) fn poll_read_timeout(&mut self, cx: &mut Context<'_>) -> Poll<Duration> {
        let limit = self.settings.recv_timeout;
        if limit == INFINITY {
            return Poll::Pending;
        }
        self.presence_mut().poll_read_timeout(limit, cx).map(|()| limit)
    }

    /// A handler's receive waits.
    pub(super) fn set_receiver(&mut self, cx: &Context<'_>) {
        if !self.link.wakes(cx) {
            self.presence_mut().set_receiver(cx);
        }
    }

    /// Tells from now on what is seen of the peer.
    pub(super) fn watch(&mut self, eof: bool) -> watch::Receiver<Seen> {
        let left = eof || self.broken().is_some();
        let stopping = self.link.signal() >= Signal::Stop;
        self.presence_mut().watch(left, stopping)
    }

    /// A callback waits, or the connection without taking frames. Is ready when the peer has left, so that the wait is in vain.
    ///
    /// Whoever watches learns it first, and has one more poll.
    pub(crate) fn poll_left(&mut self, cx: &mut Context<'_>) -> Poll<Left> {
        let left = self.look(cx);
        let stopping = self.link.signal() >= Signal::Stop;
        let told = match self.presence() {
            Some(presence) => presence.tell(left.is_some(), stopping),
            None => false,
        };
        match left {
            None => Poll::Pending,
            Some(Left::Ended) if self.settings.half_close => Poll::Pending,
            Some(_) if told => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Some(left) => Poll::Ready(left),
        }
    }

    fn look(&mut self, cx: &mut Context<'_>) -> Option<Left> {
        if let Some(broken) = self.broken() {
            return Some(Left::Broken(broken));
        }
        let looked = self.presence().is_some_and(|presence| presence.has_looked());
        let sight = self.transport.look(!looked, cx);
        if sight != Sight::There
            && let Some(presence) = self.presence()
        {
            presence.wake_receiver();
        }
        if self.transport.changes_unseen(sight) {
            self.presence_mut().look_again(cx);
        }
        match sight {
            Sight::There | Sight::Unread => None,
            Sight::Ended => Some(Left::Ended),
            Sight::Reset => Some(Left::Broken(self.break_off(Broken::Reset))),
        }
    }
}

/// The time limits of the connection.
impl Stream {
    /// Returns whether there may be a limit that most servers don't set.
    #[inline]
    pub(super) fn has_timeouts(&self) -> bool {
        self.cold.is_some()
    }

    fn timeouts_mut(&mut self) -> &mut Timeouts {
        &mut self.cold.get_or_insert_default().timeouts
    }

    pub(crate) fn set_frame_timeout(&mut self, timeout: Duration) {
        self.timeouts_mut().set_frame_timeout(timeout);
    }

    pub(super) fn poll_frame_timeout(&mut self, begun: bool, taken: bool, cx: &mut Context<'_>) -> Poll<Duration> {
        match &mut self.cold {
            Some(cold) => cold.timeouts.poll_frame(begun, taken, cx),
            None => Poll::Pending,
        }
    }

    pub(crate) fn call_timeout(&self) -> Duration {
        self.cold.as_ref().map_or(INFINITY, |cold| cold.timeouts.call_timeout)
    }

    pub(crate) fn set_call_timeout(&mut self, timeout: Duration) {
        self.timeouts_mut().call_timeout = timeout;
    }

    /// Is ready when the callback that waits has taken `limit`; its time begins when it waits `first`.
    pub(crate) fn poll_call_timeout(&mut self, limit: Duration, first: bool, cx: &mut Context<'_>) -> Poll<()> {
        if limit == INFINITY {
            return Poll::Pending;
        }
        self.timeouts_mut().poll_call(limit, first, cx)
    }

    /// Returns whether the connection has lived as long as it may.
    #[inline]
    pub(crate) fn is_too_old(&self) -> bool {
        self.cold.as_ref().is_some_and(|cold| cold.timeouts.is_too_old())
    }

    /// Wakes the connection when it has lived as long as it may; `again` as in [`Deadline::poll_again`].
    #[inline]
    pub(crate) fn poll_max_age(&mut self, cx: &mut Context<'_>, again: bool) -> Poll<()> {
        match self.cold.as_deref_mut() {
            Some(cold) => cold.timeouts.poll_max_age(cx, again),
            None => Poll::Pending,
        }
    }

    /// Returns how long the end may take, now that the decision to close was made; what comes later has the rest of it.
    pub(crate) fn begin_close(&mut self) -> Duration {
        let end = self.closes_by(self.settings.close_timeout);
        self.presence_mut().set_end(end);
        time_until(end)
    }

    /// Returns until when a connection that closes must have ended, if ever: in `limit` from now, or as it was said before.
    pub(crate) fn closes_by(&mut self, limit: Duration) -> Option<Instant> {
        let now = Instant::now();
        let begun = self.presence().and_then(|presence| presence.end());
        let aged = self.limit_of_age(now);
        [begun, aged, now.checked_add(limit)].into_iter().flatten().min()
    }

    /// Returns until when what was replied goes out, for the age of the connection: from there on, or from now on if it was
    /// reached.
    fn limit_of_age(&self, now: Instant) -> Option<Instant> {
        let reached = self.cold.as_ref()?.timeouts.life()?;
        reached.max(now).checked_add(self.settings.send_timeout)
    }
}

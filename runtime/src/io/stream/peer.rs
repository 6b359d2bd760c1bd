//! Whether the peer of a stream is still there, and who waits for it.

use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::watch;

use super::Stream;
use crate::io::link::Signal;
use crate::io::presence::{Broken, Left, Presence, Saw, Seen};
use crate::options::INFINITY;
use crate::transport::{Sight, Transport as _};

impl Stream {
    #[inline]
    pub(super) fn presence(&mut self) -> Option<&mut Presence> {
        Some(&mut self.cold.as_mut()?.waits.as_mut()?.presence)
    }

    pub(super) fn presence_mut(&mut self) -> &mut Presence {
        &mut self.waits_mut().presence
    }

    /// Sets what the socket of the callback that runs saw last.
    #[inline]
    pub(crate) fn set_saw(&mut self, saw: Option<Saw>) {
        match (saw, self.presence()) {
            (saw, Some(presence)) => presence.saw = saw,
            (None, None) => {}
            (saw, None) => self.presence_mut().saw = saw,
        }
    }

    /// Takes what the socket of the callback that runs saw last.
    pub(crate) fn take_saw(&mut self) -> Option<Saw> {
        self.presence()?.saw.take()
    }

    /// The callback went on after what its socket saw.
    #[inline]
    pub(crate) fn saw_before(&mut self) {
        if let Some(presence) = self.presence() {
            presence.saw.take_if(|saw| *saw == Saw::End);
        }
    }

    /// The next raw read has all its time.
    #[inline]
    pub(crate) fn begin_read(&mut self) {
        if let Some(presence) = self.presence() {
            presence.begin_read();
        }
    }

    /// A raw read waits. Is ready, with the limit, when it has waited for `limit`, its `recv_timeout`.
    pub(in crate::io) fn poll_read_timeout(&mut self, limit: Duration, cx: &mut Context<'_>) -> Poll<Duration> {
        if limit == INFINITY {
            return Poll::Pending;
        }
        self.presence_mut().poll_read_timeout(limit, cx).map(|()| limit)
    }

    /// A handler's receive waits.
    pub(crate) fn set_receiver(&mut self, cx: &Context<'_>) {
        if !self.link.wakes(cx) {
            self.presence_mut().set_receiver(cx);
        }
    }

    /// Tells from now on what is seen of the peer.
    pub(in crate::io) fn watch(&mut self, eof: bool) -> watch::Receiver<Seen> {
        let left = eof || self.broken().is_some();
        let stopping = self.link.signal() >= Signal::Stop;
        self.presence_mut().watch(left, stopping)
    }

    /// A callback waits, or the connection without taking frames. Is ready when the peer has left,
    /// so that the wait is in vain.
    ///
    /// A task that watches is notified first, and has one more poll.
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
            Sight::Malformed => Some(Left::Broken(self.break_off(Broken::Malformed))),
        }
    }
}

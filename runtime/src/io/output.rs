//! The way out: the write buffer, and how it is sent.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf as _;
use tokio::io::AsyncWrite as _;

use super::{Broken, Io};
use crate::packet::{FrameError, Packet};
use crate::pool;
use crate::reply::Data;

/// From so many unsent bytes on nothing more is handled or sent until the peer has read.
const CONGESTED: usize = 64 * 1024;

impl Io {
    /// Adds a reply to what is to be sent, framed; an error leaves all as it was.
    pub(crate) fn push(&mut self, data: &Data<'_>) -> Result<(), FrameError> {
        self.prepare_output();
        pool::reserve(&mut self.output, data.len() + Packet::OVERHEAD);
        let done = self.packet().encode(data.slices(), &mut self.output);
        self.tidy_output();
        done
    }

    /// Adds raw bytes to what is to be sent.
    pub(crate) fn push_raw(&mut self, bytes: &[u8]) {
        self.prepare_output();
        pool::append(&mut self.output, bytes);
    }

    pub(super) fn prepare_output(&mut self) {
        if self.output.is_empty() {
            self.output = pool::take();
        }
    }

    pub(super) fn tidy_output(&mut self) {
        if self.output.is_empty() {
            pool::give(std::mem::take(&mut self.output));
        }
    }

    /// Whether so much is unsent that the peer must read first.
    pub(crate) fn is_congested(&self) -> bool {
        self.output.len() >= CONGESTED
    }

    pub(crate) fn broken(&self) -> Option<Broken> {
        self.broken
    }

    /// Sends what there is to send.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        if let Some(broken) = self.broken {
            return Poll::Ready(Err(broken));
        }
        while !self.output.is_empty() {
            match Pin::new(&mut self.transport).poll_write(cx, &self.output) {
                Poll::Pending => return self.poll_send_timeout(cx).map(Err),
                Poll::Ready(Err(_) | Ok(0)) => return Poll::Ready(Err(self.break_off(Broken::Reset))),
                Poll::Ready(Ok(n)) => {
                    self.output.advance(n);
                    self.send_deadline.clear();
                    self.count_sent(n);
                    self.wake_sender();
                }
            }
        }
        self.tidy_output();
        Poll::Ready(Ok(()))
    }

    /// Waits until there is space, as a handler's send does.
    pub(crate) fn poll_space(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        if !self.is_congested() {
            return Poll::Ready(self.broken.map_or(Ok(()), Err));
        }
        self.poll_flush_for_sender(cx)
    }

    /// Sends all, as a handler waits for it.
    pub(crate) fn poll_flush_for_sender(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        let done = self.poll_flush(cx);
        if done.is_pending() {
            self.sender = Some(cx.waker().clone());
        }
        done
    }

    fn poll_send_timeout(&mut self, cx: &mut Context<'_>) -> Poll<Broken> {
        ready!(self.send_deadline.poll(self.send_timeout, cx));
        Poll::Ready(self.break_off(Broken::Timeout))
    }

    /// Nothing is sent from here on.
    pub(super) fn break_off(&mut self, broken: Broken) -> Broken {
        self.broken = Some(broken);
        self.output.clear();
        self.tidy_output();
        self.send_deadline.clear();
        self.wake_sender();
        broken
    }

    fn wake_sender(&mut self) {
        if let Some(sender) = self.sender.take() {
            sender.wake();
        }
    }

    /// Shuts down the sending side, after what is pending has gone out.
    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        ready!(self.poll_flush(cx))?;
        ready!(Pin::new(&mut self.transport).poll_shutdown(cx)).map_err(|_| self.break_off(Broken::Reset))?;
        Poll::Ready(Ok(()))
    }

    fn count_sent(&self, n: usize) {
        if let Some(link) = &self.link {
            link.count_sent(n);
        }
    }
}

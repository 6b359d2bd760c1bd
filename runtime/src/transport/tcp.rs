//! TCP: the stream of a connection, and its socket options. The port is in `listener`.

pub(crate) mod listener;

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use socket2::SockRef;
use tokio::io::{Interest, ReadBuf, Ready};
use tokio::net::TcpStream;

use super::addr::LocalAddr;
use super::{Inherited, Sight, Transport};
use crate::options::Options;
use crate::task::budget::poll_unbudgeted;

/// How many unsent bytes the kernel takes before it says that it is full.
///
/// Else it may take megabytes for a peer that reads slowly, and tell of space only when a large
/// part of them has gone: that would look like a peer that doesn't read at all.
#[cfg(target_os = "linux")]
const UNSENT: u32 = 128 * 1024;

impl Transport for TcpStream {
    fn look(&mut self, closely: bool, cx: &mut Context<'_>) -> Sight {
        // An error is the runtime's end.
        let Poll::Ready(Ok(())) = poll_unbudgeted(cx, |cx| TcpStream::poll_read_ready(self, cx)) else {
            return Sight::There;
        };
        let mut byte = [0];
        let peeked = closely.then(|| poll_unbudgeted(cx, |cx| self.poll_peek(cx, &mut ReadBuf::new(&mut byte))));
        // Known from the system's events, so that it is seen behind unread bytes too, and stays
        // known.
        let ready = readiness(self);
        if ready.is_error() || matches!(peeked, Some(Poll::Ready(Err(_)))) {
            Sight::Reset
        } else if ready.is_read_closed() || matches!(peeked, Some(Poll::Ready(Ok(0)))) {
            Sight::Ended
        } else if matches!(peeked, Some(Poll::Pending)) {
            Sight::There
        } else {
            Sight::Unread
        }
    }

    fn changes_unseen(&self, sight: Sight) -> bool {
        matches!(sight, Sight::Unread | Sight::Ended)
    }

    #[inline]
    fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<()> {
        // An error shows when it is read.
        TcpStream::poll_read_ready(self, cx).map(drop)
    }

    fn local_addr(&self) -> Option<LocalAddr> {
        TcpStream::local_addr(self).ok().map(LocalAddr::from)
    }

    fn set_options(&self, options: &Options, inherited: Inherited) {
        let socket = SockRef::from(self);
        if options.nodelay != inherited.nodelay {
            let _ = socket.set_tcp_nodelay(options.nodelay);
        }
        if options.keepalive != inherited.keepalive {
            let _ = socket.set_keepalive(options.keepalive);
        }
        #[cfg(target_os = "linux")]
        if !inherited.unsent {
            let _ = socket.set_tcp_notsent_lowat(UNSENT);
        }
    }
}

/// What the system has told of a stream so far.
fn readiness(stream: &TcpStream) -> Ready {
    let told = pin!(stream.ready(Interest::READABLE | Interest::ERROR));
    match told.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(ready)) => ready,
        Poll::Ready(Err(_)) | Poll::Pending => Ready::EMPTY,
    }
}

//! The parts that TCP and Unix sockets have in common.

use std::io;
use std::task::{Context, Poll};

use socket2::Socket;
use tokio::io::Ready;
use tokio::runtime::Handle;

use super::Sight;
use crate::task::budget::poll_unbudgeted;

/// The stream of a socket, as far as its peer is looked for.
pub(super) trait Watched {
    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Reads one byte at most, and leaves it there.
    fn poll_peek(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>>;

    /// Returns what the system has told of the stream so far.
    fn told(&self) -> Ready;
}

/// Looks for the peer's end, as [`Transport::look`](super::Transport::look) does.
pub(super) fn look(stream: &mut impl Watched, closely: bool, cx: &mut Context<'_>) -> Sight {
    // An error is the runtime's end.
    let Poll::Ready(Ok(())) = poll_unbudgeted(cx, |cx| stream.poll_readable(cx)) else {
        return Sight::There;
    };
    let peeked = closely.then(|| poll_unbudgeted(cx, |cx| stream.poll_peek(cx)));
    // Known from the system's events, so that it is seen behind unread bytes too, and stays
    // known.
    let ready = stream.told();
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

/// Returns whether what was seen of a socket's peer may change without a wake-up.
pub(super) fn changes_unseen(sight: Sight) -> bool {
    matches!(sight, Sight::Unread | Sight::Ended)
}

/// Returns what the system has told of a stream, by its `ready`.
macro_rules! told {
    ($stream:expr) => {{
        let told = std::pin::pin!($stream.ready(tokio::io::Interest::READABLE | tokio::io::Interest::ERROR));
        match told.poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
            std::task::Poll::Ready(Ok(ready)) => ready,
            std::task::Poll::Ready(Err(_)) | std::task::Poll::Pending => tokio::io::Ready::EMPTY,
        }
    }};
}

pub(super) use told;

/// Adds a duplicate of a socket that has a key.
#[cfg(all(target_os = "linux", feature = "upgrade"))]
pub(super) fn share(
    socket: &impl std::os::fd::AsFd,
    key: Option<&String>,
    sockets: &mut Vec<(String, std::os::fd::OwnedFd)>,
) -> io::Result<()> {
    if let Some(key) = key {
        sockets.push((key.clone(), socket.as_fd().try_clone_to_owned()?));
    }
    Ok(())
}

/// Makes a listener on each of the runtimes, all of one socket.
pub(super) fn on_each<L>(
    socket: Socket,
    runtimes: &[Handle],
    listener: impl Fn(Socket) -> io::Result<L>,
) -> io::Result<Vec<L>> {
    let on = |socket: Socket, runtime: &Handle| {
        let _inside = runtime.enter();
        listener(socket)
    };
    let Some((last, others)) = runtimes.split_last() else {
        return Ok(Vec::new());
    };
    let mut listeners = others
        .iter()
        .map(|runtime| on(socket.try_clone()?, runtime))
        .collect::<io::Result<Vec<_>>>()?;
    listeners.push(on(socket, last)?);
    Ok(listeners)
}

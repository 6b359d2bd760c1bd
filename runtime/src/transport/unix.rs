//! Unix sockets: the stream of a connection. What listens is in `listener`, its file in `file`.

mod error;
mod file;
pub(crate) mod listener;
mod owner;

use std::io;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::task::{Context, Poll, ready};

use socket2::{SockAddr, SockRef};
use tokio::io::{Interest, Ready};
use tokio::net::UnixStream;

use super::addr::LocalAddr;
use super::socket::{self, Watched};
use super::{Sight, Transport};

/// A Unix socket has none of the options of TCP.
impl Transport for UnixStream {
    fn look(&mut self, closely: bool, cx: &mut Context<'_>) -> Sight {
        socket::look(self, closely, cx)
    }

    fn changes_unseen(&self, sight: Sight) -> bool {
        socket::changes_unseen(sight)
    }

    #[inline]
    fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<()> {
        // An error shows when it is read.
        UnixStream::poll_read_ready(self, cx).map(drop)
    }

    fn local_addr(&self) -> Option<LocalAddr> {
        SockRef::from(self).local_addr().ok().map(|addr| local_addr(&addr))
    }
}

impl Watched for UnixStream {
    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        UnixStream::poll_read_ready(self, cx)
    }

    fn poll_peek(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        loop {
            ready!(UnixStream::poll_read_ready(self, cx))?;
            let peek = || SockRef::from(&*self).peek(&mut [MaybeUninit::uninit()]);
            match self.try_io(Interest::READABLE, peek) {
                // The next round registers the task.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                peeked => return Poll::Ready(peeked),
            }
        }
    }

    fn told(&self) -> Ready {
        socket::told!(self)
    }
}

/// Returns the address of a Unix socket: its path, a name with `@` before it, or nothing.
pub(super) fn local_addr(addr: &SockAddr) -> LocalAddr {
    let name = |name: &[u8]| {
        let mut path = b"@".to_vec();
        path.extend(name);
        PathBuf::from(std::ffi::OsStr::from_bytes(&path))
    };
    let path = addr.as_pathname().map(Path::to_path_buf);
    let path = path.or_else(|| addr.as_abstract_namespace().map(name));
    LocalAddr::Unix(path.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn what_is_there_still_is_seen_and_nothing_is_taken() {
        let (mut peer, mut stream) = UnixStream::pair().expect("a pair");
        let mut cx = Context::from_waker(Waker::noop());
        peer.write_all(b"a").await.expect("there is space");
        stream.readable().await.expect("a byte is there");
        assert_eq!(stream.look(true, &mut cx), Sight::Unread);
        assert_eq!(stream.read_u8().await.expect("it is there still"), b'a');
        assert_eq!(stream.look(true, &mut cx), Sight::There, "it is no longer unread");
        peer.shutdown().await.expect("it is open");
        stream.readable().await.expect("the end is there");
        assert_eq!(stream.look(true, &mut cx), Sight::Ended);
    }

    #[tokio::test]
    async fn a_peer_that_leaves_with_unread_bytes_resets() {
        let (mut peer, mut stream) = UnixStream::pair().expect("a pair");
        stream.write_all(b"a").await.expect("there is space");
        peer.readable().await.expect("a byte is there");
        peer.shutdown().await.expect("it is open");
        drop(peer);
        stream
            .ready(Interest::ERROR | Interest::READABLE)
            .await
            .expect("it is told");
        let mut cx = Context::from_waker(Waker::noop());
        assert_eq!(stream.look(true, &mut cx), Sight::Reset);
    }
}

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

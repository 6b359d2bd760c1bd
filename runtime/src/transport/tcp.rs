//! TCP: the stream of a connection, and its socket options. The port is in `listener`.

pub(crate) mod listener;

use std::io;
use std::task::{Context, Poll};

use socket2::SockRef;
use tokio::io::{ReadBuf, Ready};
use tokio::net::TcpStream;

use super::addr::LocalAddr;
use super::socket::{self, Watched};
use super::{Inherited, Sight, Transport};
use crate::options::Options;

/// How many unsent bytes the kernel takes before it says that it is full.
///
/// Else it may take megabytes for a peer that reads slowly, and tell of space only when a large
/// part of them has gone: that would look like a peer that doesn't read at all.
#[cfg(target_os = "linux")]
const UNSENT: u32 = 128 * 1024;

impl Transport for TcpStream {
    fn look(&mut self, closely: bool, cx: &mut Context<'_>) -> Sight {
        socket::look(self, closely, cx)
    }

    fn changes_unseen(&self, sight: Sight) -> bool {
        socket::changes_unseen(sight)
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

impl Watched for TcpStream {
    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        TcpStream::poll_read_ready(self, cx)
    }

    fn poll_peek(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        TcpStream::poll_peek(self, cx, &mut ReadBuf::new(&mut [0]))
    }

    fn told(&self) -> Ready {
        socket::told!(self)
    }
}

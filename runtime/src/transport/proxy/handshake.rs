//! The wait for a header.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead as _, ReadBuf};
use tokio::time::Instant;

use super::header::{self, Begin};
use super::info::{Header, ProxyInfo};
use super::rules::{self, Expected, Rules};
use super::watch::Watch;
use crate::options::Options;
use crate::task::timer::{Timer, after};
use crate::transport::addr::PeerAddr;
use crate::transport::{AnyTransport, Transport as _};

/// The most bytes of one read. Bytes beyond the header are kept for the protocol.
const CHUNK: usize = 512;

#[derive(Debug)]
pub(super) struct Handshake {
    expected: Expected,
    /// The peer that connected.
    peer_addr: PeerAddr,
    rules: Arc<Rules>,
    /// The time limit of a header, by the options of the moment.
    timeout: OnceLock<Duration>,
    /// True once the inner transport has done its own handshake.
    inner_done: bool,
    /// The peer, if the inner transport's handshake has told it.
    told: Option<PeerAddr>,
    received: BytesMut,
    until: Option<Instant>,
    timer: Timer,
}

/// The result of the handshake.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// The peer, where it isn't the one that was assumed.
    pub(super) peer_addr: Option<PeerAddr>,
    pub(super) info: Option<ProxyInfo>,
    /// The bytes of the protocol that have come already.
    pub(super) ahead: BytesMut,
    /// A header may still come, and is refused then.
    pub(super) watch: Option<Box<Watch>>,
}

impl Handshake {
    pub(super) fn new(expected: Expected, peer_addr: PeerAddr, rules: Arc<Rules>) -> Self {
        Handshake {
            expected,
            peer_addr,
            rules,
            timeout: OnceLock::new(),
            inner_done: false,
            told: None,
            received: BytesMut::new(),
            until: None,
            timer: Timer::default(),
        }
    }

    pub(super) fn set_options(&self, options: &Options) {
        self.timeout.get_or_init(|| rules::timeout(options));
    }

    fn timeout(&self) -> Duration {
        self.timeout.get().copied().unwrap_or(self.rules.timeout)
    }

    /// Is ready once it is known who the peer is.
    pub(super) fn poll(&mut self, inner: &mut AnyTransport, cx: &mut Context<'_>) -> Poll<io::Result<Done>> {
        if !self.inner_done {
            self.told = ready!(inner.poll_handshake(cx))?.peer_addr;
            self.inner_done = true;
        }
        match self.expected {
            Expected::Header | Expected::Either => self.poll_header(inner, cx),
            Expected::Nothing => Poll::Ready(Ok(self.without_header(true))),
            Expected::Nobody => {
                let why = "only proxies may connect, and trusted_proxies doesn't list it";
                Poll::Ready(Err(self.rules.refuse(&self.peer_addr, why)))
            }
        }
    }

    fn poll_header(&mut self, inner: &mut AnyTransport, cx: &mut Context<'_>) -> Poll<io::Result<Done>> {
        let may_lack = self.expected == Expected::Either;
        loop {
            let begin = header::read(&self.received).map_err(|mistake| invalid(mistake.to_string()))?;
            let unsure = match begin {
                Begin::Header(header, length) => {
                    self.received.advance(length);
                    return Poll::Ready(Ok(self.with_header(header)));
                }
                Begin::Other if may_lack => return Poll::Ready(Ok(self.without_header(false))),
                Begin::Other => return Poll::Ready(Err(invalid("what came is no PROXY header".to_owned()))),
                Begin::Unsure => true,
                Begin::Part => false,
            };
            let mut chunk = [0; CHUNK];
            let mut read = ReadBuf::new(&mut chunk);
            if Pin::new(&mut *inner).poll_read(cx, &mut read)?.is_pending() {
                ready!(self.poll_late(cx));
                if may_lack && unsure {
                    return Poll::Ready(Ok(self.without_header(true)));
                }
                return Poll::Ready(Err(self.late()));
            }
            if read.filled().is_empty() {
                if may_lack && unsure {
                    return Poll::Ready(Ok(self.without_header(false)));
                }
                let ended = if self.received.is_empty() {
                    "the connection ended without a PROXY header"
                } else {
                    "the connection ended in the middle of its PROXY header"
                };
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::UnexpectedEof, ended)));
            }
            self.received.extend_from_slice(read.filled());
        }
    }

    /// Is ready once the header should have come.
    fn poll_late(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let timeout = self.timeout();
        let until = *self.until.get_or_insert_with(|| after(timeout));
        self.timer.poll_until(until, cx)
    }

    fn late(&self) -> io::Error {
        let limit = self.timeout();
        let late = if self.received.is_empty() {
            format!("no PROXY header came within {limit:?}")
        } else {
            format!("the PROXY header didn't come as a whole within {limit:?}")
        };
        io::Error::new(io::ErrorKind::TimedOut, late)
    }

    fn with_header(&mut self, header: Header) -> Done {
        let info = ProxyInfo::new(header, self.peer_addr.clone());
        Done {
            // Without a client the peer stays the proxy.
            peer_addr: info.client().map(PeerAddr::Ip).or(self.told.take()),
            info: Some(info),
            ahead: std::mem::take(&mut self.received),
            watch: None,
        }
    }

    /// Returns that the peer is who connected. `watched`: a header is refused if it comes yet.
    fn without_header(&mut self, watched: bool) -> Done {
        let ahead = std::mem::take(&mut self.received);
        let watch = || Box::new(Watch::new(&ahead, self.peer_addr.clone(), Arc::clone(&self.rules)));
        Done {
            watch: watched.then(watch),
            peer_addr: match (self.told.take(), self.expected) {
                (Some(told), _) => Some(told),
                // It was taken for a proxy.
                (None, Expected::Either) => Some(self.peer_addr.clone()),
                (None, _) => None,
            },
            info: None,
            ahead,
        }
    }
}

fn invalid(problem: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}

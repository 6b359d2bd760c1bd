//! The link of a connection: what others hold of it. It has the connection's counts and wakes or
//! interrupts it.

use std::fmt;
use std::mem;
use std::num::ParseIntError;
use std::str::FromStr;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::io::slot::IoSlot;
use crate::reason::CloseReason;
use crate::transport::addr::PeerAddr;

/// The number of a connection, unique in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(u64);

impl ConnectionId {
    pub(crate) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        ConnectionId(NEXT.fetch_add(1, Relaxed))
    }

    #[cfg(feature = "record")]
    pub(crate) fn number(self) -> u64 {
        self.0
    }
}

/// Reads an id as it displays, with or without the `#`.
///
/// # Examples
///
/// ```
/// use kai_tcp_server::ConnectionId;
///
/// let id: ConnectionId = "#12".parse()?;
/// assert_eq!(id.to_string(), "#12");
/// # Ok::<(), std::num::ParseIntError>(())
/// ```
impl FromStr for ConnectionId {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        text.strip_prefix('#').unwrap_or(text).parse().map(ConnectionId)
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// The bits of the signal.
const SIGNAL: u8 = 7;

/// The bit beside the signal that says that somebody asks to see the session, while the
/// conversation isn't over.
const ASKED: u8 = 128;

/// The bit beside the signal that says that the conversation is over; only the goodbye of TCP remains.
const OVER: u8 = 8;

/// The place of the bits beside the signal that say why it is over. Before it is, the last of them
/// is [`ASKED`].
const REASON: u32 = 4;

// Their numbers fit behind it.
const _: () = assert!(CloseReason::ALL.len() <= 1 << (u8::BITS - REASON));

/// A signal to a connection; a later one outranks those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Signal {
    /// Go on.
    None,
    /// A new version of the program is to take the connection over: freeze between two calls.
    Freeze,
    /// The server stops: finish the running call, then close.
    Stop,
    /// Close now, in the middle of a call or a write.
    Kick,
    /// The server's time to stop is over: end now.
    Cut,
}

impl Signal {
    const ALL: [Signal; 5] = [Signal::None, Signal::Freeze, Signal::Stop, Signal::Kick, Signal::Cut];

    /// Returns the signal among the bits. There are more numbers than signals.
    #[inline]
    fn of(bits: u8) -> Signal {
        Signal::ALL[usize::from((bits & SIGNAL).min(Signal::Cut as u8))]
    }

    /// Returns whether the signal ends a call that runs.
    pub(crate) fn cuts(self) -> bool {
        self >= Signal::Kick
    }
}

/// A connection, as the monitor, its peers and its server see it.
///
/// Only the connection itself counts, so its counts need no read-modify-write. The fields are in
/// this order so that what each call looks at and counts is in one cache line.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Link {
    calls: AtomicU64,
    received: AtomicU64,
    sent: AtomicU64,
    /// The signal, [`ASKED`], [`OVER`], and from [`REASON`] on why it is over.
    signal: AtomicU8,
    /// The place of the protocol's state in the list of states.
    state: AtomicU8,
    /// The shard of its acceptor; a small number, as each connection has one.
    pub(crate) shard: u16,
    /// The number of its acceptor; 0 until an acceptor has it.
    acceptor: AtomicU32,
    pub(crate) id: ConnectionId,
    /// When it was accepted, in microseconds since 1970.
    since: u64,
    shared: Mutex<Shared>,
    /// The connection, while a callback has its socket.
    lent: Mutex<IoSlot>,
}

/// The fields that change seldom, behind one lock, which takes up less memory than two.
#[derive(Debug)]
struct Shared {
    /// Replaced if a handshake reports another peer.
    peer_addr: PeerAddr,
    waker: Option<Waker>,
}

impl Link {
    pub(crate) fn new(peer_addr: PeerAddr, shard: u16) -> Self {
        Link {
            id: ConnectionId::next(),
            acceptor: AtomicU32::new(0),
            shard,
            since: now(),
            calls: AtomicU64::new(0),
            received: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            signal: AtomicU8::new(0),
            state: AtomicU8::new(0),
            shared: Mutex::new(Shared { peer_addr, waker: None }),
            lent: Mutex::default(),
        }
    }

    /// Returns the link of a connection that another process has served so far.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(crate) fn carried(peer_addr: PeerAddr, shard: u16, since: u64, counts: Counts, state: u8) -> Self {
        let Counts { calls, received, sent } = counts;
        Link {
            since,
            calls: AtomicU64::new(calls),
            received: AtomicU64::new(received),
            sent: AtomicU64::new(sent),
            state: AtomicU8::new(state),
            ..Link::new(peer_addr, shard)
        }
    }

    #[inline]
    pub(crate) fn signal(&self) -> Signal {
        Signal::of(self.signal.load(SeqCst))
    }

    /// Signals the connection. The signal is stored before the connection is woken, so that none is
    /// lost.
    pub(crate) fn tell(&self, signal: Signal) {
        let _ = self.signal.fetch_update(SeqCst, SeqCst, |before| {
            Some((before & !SIGNAL) | (before & SIGNAL).max(signal as u8))
        });
        self.wake();
    }

    /// Takes the signal to freeze back: the connection goes on, unless it was told more.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(crate) fn unfreeze(&self) {
        let freezes = |bits| (Signal::of(bits) == Signal::Freeze).then_some(bits & !SIGNAL);
        let _ = self.signal.fetch_update(SeqCst, SeqCst, freezes);
        self.wake();
    }

    /// Returns whether there is a signal, or a question.
    #[inline]
    pub(crate) fn is_told(&self) -> bool {
        self.signal.load(SeqCst) & (SIGNAL | ASKED) != 0
    }

    /// Asks the connection to show its session. The question is stored before the connection is
    /// woken, so that none is lost.
    #[cfg(feature = "inspect")]
    pub(crate) fn ask(&self) {
        let asked = |bits| (bits & OVER == 0).then_some(bits | ASKED);
        let _ = self.signal.fetch_update(SeqCst, SeqCst, asked);
        self.wake();
    }

    /// Returns whether the connection was asked to show its session, and forgets it.
    #[cfg(feature = "inspect")]
    pub(crate) fn take_asked(&self) -> bool {
        let taken = |bits| (bits & (OVER | ASKED) == ASKED).then_some(bits & !ASKED);
        self.signal.fetch_update(SeqCst, SeqCst, taken).is_ok()
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn peer_addr(&self) -> PeerAddr {
        self.shared().peer_addr.clone()
    }

    /// Replaces the address, and returns the one before.
    pub(crate) fn set_peer_addr(&self, peer_addr: PeerAddr) -> PeerAddr {
        mem::replace(&mut self.shared().peer_addr, peer_addr)
    }

    /// Locks the slot that the call loop lends the connection's I/O into for a call. The lock is
    /// held only inside one poll, never across an await.
    pub(crate) fn lent(&self) -> MutexGuard<'_, IoSlot> {
        self.lent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn wake(&self) {
        let waker = self.shared().waker.clone();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Registers the task of `cx` to be woken, however often. What was signalled before is seen by
    /// looking after this.
    pub(crate) fn register(&self, cx: &Context<'_>) {
        let mut shared = self.shared();
        match &mut shared.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            None => shared.waker = Some(cx.waker().clone()),
        }
    }

    /// Returns whether `wake` would wake the task of `cx`.
    pub(crate) fn wakes(&self, cx: &Context<'_>) -> bool {
        self.shared()
            .waker
            .as_ref()
            .is_some_and(|waker| waker.will_wake(cx.waker()))
    }

    #[inline]
    pub(crate) fn count_call(&self) {
        add(&self.calls, 1);
    }

    #[inline]
    pub(crate) fn count_received(&self, bytes: usize) {
        add(&self.received, bytes as u64);
    }

    /// Returns how many bytes were received so far.
    #[cfg(feature = "codec")]
    pub(crate) fn received(&self) -> u64 {
        self.received.load(Relaxed)
    }

    #[inline]
    pub(crate) fn count_sent(&self, bytes: usize) {
        add(&self.sent, bytes as u64);
    }

    /// Returns the place of the connection's state in the list of its server's.
    #[inline]
    pub(crate) fn state(&self) -> usize {
        self.state.load(Relaxed).into()
    }

    pub(crate) fn set_state(&self, state: u8) {
        self.state.store(state, Relaxed);
    }

    pub(crate) fn acceptor(&self) -> Option<u32> {
        Some(self.acceptor.load(Relaxed)).filter(|&number| number > 0)
    }

    /// Sets the number of the acceptor that serves the connection.
    pub(crate) fn set_acceptor(&self, acceptor: u32) {
        self.acceptor.store(acceptor, Relaxed);
    }

    /// Says that the conversation is over, and why. The first reason stays.
    pub(crate) fn end(&self, reason: CloseReason) {
        let _ = self.signal.fetch_update(SeqCst, SeqCst, |before| {
            let end = OVER | ((reason as u8) << REASON);
            // Those who ask to see the session aren't answered any more.
            (before & OVER == 0).then_some((before & SIGNAL) | end)
        });
    }

    /// Returns why the conversation is over, if it is.
    pub(crate) fn close_reason(&self) -> Option<CloseReason> {
        let signal = self.signal.load(SeqCst);
        let reason = CloseReason::ALL.get(usize::from(signal >> REASON)).copied();
        reason.filter(|_| signal & OVER != 0)
    }

    /// Drops the waker, so that a holder of the link doesn't hold the task.
    pub(crate) fn forget(&self) {
        let waker = self.shared().waker.take();
        drop(waker);
    }

    pub(crate) fn is_over(&self) -> bool {
        self.signal.load(SeqCst) & OVER != 0
    }

    pub(crate) fn since(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_micros(self.since)
    }

    /// Returns when the connection was accepted, in microseconds since 1970.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(crate) fn since_micros(&self) -> u64 {
        self.since
    }

    pub(crate) fn counts(&self) -> Counts {
        Counts {
            calls: self.calls.load(Relaxed),
            received: self.received.load(Relaxed),
            sent: self.sent.load(Relaxed),
        }
    }
}

/// The counts of a connection.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) calls: u64,
    pub(crate) received: u64,
    pub(crate) sent: u64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.calls += other.calls;
        self.received += other.received;
        self.sent += other.sent;
    }
}

impl std::ops::SubAssign for Counts {
    fn sub_assign(&mut self, other: Counts) {
        self.calls -= other.calls;
        self.received -= other.received;
        self.sent -= other.sent;
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

#[inline]
fn add(count: &AtomicU64, n: u64) {
    count.store(count.load(Relaxed).wrapping_add(n), Relaxed);
}

#[cfg(all(test, feature = "inspect"))]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_answered_once_and_is_no_part_of_the_reason() {
        for reason in CloseReason::ALL {
            let link = Link::new(PeerAddr::Memory, 0);
            link.ask();
            assert!(link.is_told() && link.take_asked());
            assert!(!link.is_told() && !link.take_asked());
            link.ask();
            link.tell(Signal::Stop);
            link.end(reason);
            link.ask();
            assert!(!link.take_asked());
            assert_eq!((link.close_reason(), link.signal()), (Some(reason), Signal::Stop));
        }
    }
}

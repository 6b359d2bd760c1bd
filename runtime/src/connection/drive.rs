//! Runs one callback: catches its panics, lets it be cut, and keeps the connection's output flowing while it waits.

use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;

use crate::error::{BoxError, Chain};
use crate::io::deadline::Deadline;
use crate::io::link::{Link, Signal};
use crate::io::{Left, Outward, Saw};
use crate::panics::{self, Panicked};

/// How a callback ended that returned no value.
#[derive(Debug)]
pub(crate) enum Interrupted {
    Failed(BoxError),
    /// It failed after its socket saw this.
    FailedAfter(Saw, BoxError),
    Panicked,
    /// The connection was kicked, or the server's time is over.
    Cut(Signal),
    /// It took longer than this, its `call_timeout`.
    Late(Duration),
    /// It took longer than this, what was left of `close_timeout`.
    LateToClose(Duration),
    /// It waited while the peer left.
    Left(Left),
}

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Interrupted::Failed(error) | Interrupted::FailedAfter(_, error) => Chain(&**error).fmt(f),
            Interrupted::Panicked => f.write_str("it panicked"),
            Interrupted::Cut(_) => f.write_str("it was cut"),
            Interrupted::Late(limit) => write!(f, "it took longer than call_timeout {limit:?}"),
            Interrupted::LateToClose(limit) => write!(f, "it took longer than close_timeout {limit:?}"),
            Interrupted::Left(_) => f.write_str("the peer left while it waited"),
        }
    }
}

/// A connection's way out, while a callback runs that may or may not have the connection as its socket.
pub(crate) trait Reach {
    fn with<T>(&mut self, act: impl FnOnce(&mut Outward) -> T) -> T;
}

impl Reach for &mut Outward {
    fn with<T>(&mut self, act: impl FnOnce(&mut Outward) -> T) -> T {
        act(self)
    }
}

/// Lent to a socket: the lock is held inside one poll alone.
impl Reach for &Link {
    fn with<T>(&mut self, act: impl FnOnce(&mut Outward) -> T) -> T {
        act(&mut self.lent().outward)
    }
}

/// Runs a callback of a connection, and does what it wants done. What was replied before goes out when the callback waits.
///
/// `finish` is called where the callback's value is, as an action is too much to be handed up from place to place.
///
/// The callback's future is dropped in the middle only when the connection is told to end, when it takes longer than `limit`, or when its
/// peer leaves. A panic isn't caught here.
pub(crate) async fn call<T, R>(
    mut outward: impl Reach,
    link: &Link,
    limit: Duration,
    mut callback: Pin<&mut impl Future<Output = Result<T, BoxError>>>,
    finish: impl Fn(&mut Outward, T, &mut Context<'_>) -> Result<R, Interrupted>,
) -> Result<R, Interrupted> {
    let mut patience = Patience::new(limit);
    poll_fn(|cx| match callback.as_mut().poll(cx) {
        Poll::Ready(Ok(value)) => Poll::Ready(outward.with(|outward| finish(outward, value, cx))),
        Poll::Ready(Err(error)) => Poll::Ready(Err(match outward.with(|outward| outward.saw.take()) {
            Some(saw) => Interrupted::FailedAfter(saw, error),
            None => Interrupted::Failed(error),
        })),
        Poll::Pending => poll_pending(&mut outward, link, &mut patience, cx).map(Err),
    })
    .await
}

/// How long a callback may take, from when it first waits.
#[derive(Debug)]
pub(crate) struct Patience {
    limit: Duration,
    has_waited: bool,
}

impl Patience {
    #[inline]
    pub(crate) fn new(limit: Duration) -> Self {
        Patience {
            limit,
            has_waited: false,
        }
    }
}

/// A callback waits. Ready: it is cut.
pub(crate) fn poll_pending(
    outward: &mut impl Reach,
    link: &Link,
    patience: &mut Patience,
    cx: &mut Context<'_>,
) -> Poll<Interrupted> {
    link.register(cx);
    let signal = link.signal();
    if signal.cuts() {
        return Poll::Ready(Interrupted::Cut(signal));
    }
    outward.with(|outward| {
        outward.waited = true;
        outward.saw_before();
        // A failure is one of those for which the peer is seen to have left.
        let _ = outward.poll_flush(cx);
        if let Poll::Ready(left) = outward.poll_left(cx) {
            return Poll::Ready(Interrupted::Left(left));
        }
        let first = !std::mem::replace(&mut patience.has_waited, true);
        let late = outward.poll_call_timeout(patience.limit, first, cx);
        late.map(|()| Interrupted::Late(patience.limit))
    })
}

pin_project! {
    /// Runs what runs callbacks of a connection, so that their panics are a result.
    pub(crate) struct Guard<F> {
        #[pin]
        run: F,
    }
}

pub(crate) fn guard<F: Future>(run: F) -> Guard<F> {
    Guard { run }
}

impl<F: Future> Future for Guard<F> {
    type Output = Result<F::Output, Interrupted>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let run = self.project().run;
        // An acceptor is a child of a supervisor, which catches panics as well.
        match panics::caught_inside(|| run.poll(cx)) {
            Ok(polled) => polled.map(Ok),
            Err(Panicked) => Poll::Ready(Err(Interrupted::Panicked)),
        }
    }
}

/// As `guard`, for what belongs to no connection.
pub(crate) async fn guard_alone<F: Future>(run: F) -> Result<F::Output, Interrupted> {
    let mut run = pin!(run);
    poll_fn(|cx| match caught(|| run.as_mut().poll(cx)) {
        Ok(polled) => polled.map(Ok),
        Err(panicked) => Poll::Ready(Err(panicked)),
    })
    .await
}

/// Runs a callback that belongs to no connection.
pub(crate) async fn alone<T>(callback: Pin<&mut impl Future<Output = Result<T, BoxError>>>) -> Result<T, Interrupted> {
    guard_alone(callback).await?.map_err(Interrupted::Failed)
}

/// Runs a callback that belongs to no connection any more; it is dropped in the middle when it takes longer than `limit`.
pub(crate) async fn within<T>(
    limit: Duration,
    callback: Pin<&mut impl Future<Output = Result<T, BoxError>>>,
) -> Result<T, Interrupted> {
    let mut deadline = Deadline::default();
    let mut callback = pin!(alone(callback));
    poll_fn(|cx| match callback.as_mut().poll(cx) {
        Poll::Pending => deadline.poll(limit, cx).map(|()| Err(Interrupted::Late(limit))),
        Poll::Ready(done) => Poll::Ready(done),
    })
    .await
}

/// Runs what others wrote, so that its panic is a result. What a panic leaves behind is never looked at again: it is dropped, and
/// the connection with it.
#[inline]
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> Result<T, Interrupted> {
    panics::caught(run).map_err(|Panicked| Interrupted::Panicked)
}

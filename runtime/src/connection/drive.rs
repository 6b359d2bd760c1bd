//! Runs one callback: catches its panics, cuts it where the connection is to end, and keeps the
//! connection's output flowing while it waits.

use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;

use crate::error::{BoxError, Chain};
use crate::io::deadline::Deadline;
use crate::io::link::{Link, Signal};
use crate::io::{Left, Saw, WriteHalf};
use crate::panics::{self, Panicked};

/// Why a callback returned no value.
#[derive(Debug)]
pub(crate) enum CallbackError {
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

impl fmt::Display for CallbackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallbackError::Failed(error) | CallbackError::FailedAfter(_, error) => Chain(&**error).fmt(f),
            CallbackError::Panicked => f.write_str("it panicked"),
            CallbackError::Cut(_) => f.write_str("it was cut"),
            CallbackError::Late(limit) => write!(f, "it took longer than call_timeout {limit:?}"),
            CallbackError::LateToClose(limit) => write!(f, "it took longer than close_timeout {limit:?}"),
            CallbackError::Left(_) => f.write_str("the peer left while it waited"),
        }
    }
}

/// The access of the call loop to the write half of a connection while a callback runs, which may
/// have the connection as its socket.
pub(crate) trait WriteAccess {
    fn with<T>(&mut self, act: impl FnOnce(&mut WriteHalf<'_>) -> T) -> T;
}

impl WriteAccess for WriteHalf<'_> {
    #[inline]
    fn with<T>(&mut self, act: impl FnOnce(&mut WriteHalf<'_>) -> T) -> T {
        act(self)
    }
}

/// The connection is lent to a socket. The lock is held inside one poll alone.
impl WriteAccess for &Link {
    fn with<T>(&mut self, act: impl FnOnce(&mut WriteHalf<'_>) -> T) -> T {
        act(&mut self.lent().write_half())
    }
}

/// Runs a callback of a connection, and does what it wants done. What was replied before goes out
/// when the callback waits.
///
/// `poll` polls the callback. `finish` is called where the callback's value is, as an action is too
/// much to be handed up from place to place.
///
/// The callback is dropped in the middle only when the connection is told to end, when the callback
/// takes longer than `limit`, or when the peer leaves. A panic isn't caught here.
#[inline]
pub(crate) fn call<T, R>(
    mut access: impl WriteAccess,
    link: &Link,
    limit: Duration,
    mut poll: impl FnMut(&mut Context<'_>) -> Poll<Result<T, BoxError>>,
    finish: impl Fn(&mut WriteHalf<'_>, T, &mut Context<'_>) -> Result<R, CallbackError>,
) -> impl Future<Output = Result<R, CallbackError>> {
    let mut timeout = CallTimeout::new(limit);
    // (No `async fn`, as that would keep its arguments twice.)
    poll_fn(move |cx| match poll(cx) {
        Poll::Ready(Ok(value)) => Poll::Ready(access.with(|half| finish(half, value, cx))),
        Poll::Ready(Err(error)) => Poll::Ready(Err(match access.with(|half| half.stream.take_saw()) {
            Some(saw) => CallbackError::FailedAfter(saw, error),
            None => CallbackError::Failed(error),
        })),
        Poll::Pending => poll_pending(&mut access, link, &mut timeout, cx).map(Err),
    })
}

/// The time limit of a callback, from when it first waits.
#[derive(Debug)]
struct CallTimeout {
    limit: Duration,
    has_waited: bool,
}

impl CallTimeout {
    #[inline]
    fn new(limit: Duration) -> Self {
        CallTimeout {
            limit,
            has_waited: false,
        }
    }
}

/// A callback waits. Is ready when it is cut.
fn poll_pending(
    access: &mut impl WriteAccess,
    link: &Link,
    timeout: &mut CallTimeout,
    cx: &mut Context<'_>,
) -> Poll<CallbackError> {
    link.register(cx);
    let signal = link.signal();
    if signal.cuts() {
        return Poll::Ready(CallbackError::Cut(signal));
    }
    access.with(|half| {
        half.writer.halts.set_waited();
        half.stream.saw_before();
        // A failure is one of those for which the peer is seen to have left.
        let _ = half.poll_flush(cx);
        if let Poll::Ready(left) = half.stream.poll_left(cx) {
            return Poll::Ready(CallbackError::Left(left));
        }
        let first = !std::mem::replace(&mut timeout.has_waited, true);
        let late = half.stream.poll_call_timeout(timeout.limit, first, cx);
        late.map(|()| CallbackError::Late(timeout.limit))
    })
}

pin_project! {
    /// Runs the callbacks of a connection, so that their panics are a result.
    pub(crate) struct Guard<F> {
        #[pin]
        run: F,
    }
}

pub(crate) fn guard<F: Future>(run: F) -> Guard<F> {
    Guard { run }
}

impl<F: Future> Future for Guard<F> {
    type Output = Result<F::Output, CallbackError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let run = self.project().run;
        // An acceptor is a child of a supervisor, which catches panics as well.
        match panics::caught_inside(|| run.poll(cx)) {
            Ok(polled) => polled.map(Ok),
            Err(Panicked) => Poll::Ready(Err(CallbackError::Panicked)),
        }
    }
}

/// Runs a future as `guard` does, for what belongs to no connection.
pub(crate) async fn guard_alone<F: Future>(run: F) -> Result<F::Output, CallbackError> {
    let mut run = pin!(run);
    poll_fn(|cx| match caught(|| run.as_mut().poll(cx)) {
        Ok(polled) => polled.map(Ok),
        Err(panicked) => Poll::Ready(Err(panicked)),
    })
    .await
}

/// Runs a callback that belongs to no connection.
pub(crate) async fn alone<T>(
    callback: Pin<&mut impl Future<Output = Result<T, BoxError>>>,
) -> Result<T, CallbackError> {
    guard_alone(callback).await?.map_err(CallbackError::Failed)
}

/// Runs a callback that belongs to no connection any more, and drops it in the middle when it takes
/// longer than `limit`.
pub(crate) async fn within<T>(
    limit: Duration,
    callback: Pin<&mut impl Future<Output = Result<T, BoxError>>>,
) -> Result<T, CallbackError> {
    let mut deadline = Deadline::default();
    let mut callback = pin!(alone(callback));
    poll_fn(|cx| match callback.as_mut().poll(cx) {
        Poll::Pending => deadline.poll(limit, cx).map(|()| Err(CallbackError::Late(limit))),
        Poll::Ready(done) => Poll::Ready(done),
    })
    .await
}

/// Runs code of the user's, so that its panic is a result. What a panic leaves behind is never
/// looked at again: it is dropped with the connection.
#[inline]
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> Result<T, CallbackError> {
    panics::caught(run).map_err(|Panicked| CallbackError::Panicked)
}

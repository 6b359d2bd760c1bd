//! Runs one callback: catches its panics, lets it be cut, and keeps the connection's output flowing while it waits.

use std::fmt;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use crate::error::{BoxError, Chain};
use crate::io::{Lendable, Outward};
use crate::link::{Link, Signal};

/// How a callback ended that returned no value.
#[derive(Debug)]
pub(crate) enum Interrupted {
    Failed(BoxError),
    Panicked,
    /// The connection was kicked, or the server's time is over.
    Cut(Signal),
}

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Interrupted::Failed(error) => Chain(&**error).fmt(f),
            Interrupted::Panicked => f.write_str("it panicked"),
            Interrupted::Cut(_) => f.write_str("it was cut"),
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
impl Reach for &Mutex<Lendable> {
    fn with<T>(&mut self, act: impl FnOnce(&mut Outward) -> T) -> T {
        act(&mut self.lock().unwrap_or_else(PoisonError::into_inner).outward)
    }
}

/// Runs a callback of a connection, and does what it wants done. What was replied before goes out when the callback waits.
///
/// `finish` is called where the callback's value is, as an action is too much to be handed up from place to place.
///
/// The callback's future is dropped in the middle only when the connection is told to end. A panic isn't caught here.
pub(crate) async fn call<T, R>(
    mut outward: impl Reach,
    link: &Link,
    mut callback: Pin<&mut impl Future<Output = Result<T, BoxError>>>,
    finish: impl Fn(&mut Outward, T, &mut Context<'_>) -> Result<R, Interrupted>,
) -> Result<R, Interrupted> {
    poll_fn(|cx| match callback.as_mut().poll(cx) {
        Poll::Ready(Ok(value)) => Poll::Ready(outward.with(|outward| finish(outward, value, cx))),
        Poll::Ready(Err(error)) => Poll::Ready(Err(Interrupted::Failed(error))),
        Poll::Pending => poll_pending(&mut outward, link, cx).map(Err),
    })
    .await
}

/// A callback waits. Ready: it is cut.
pub(crate) fn poll_pending(outward: &mut impl Reach, link: &Link, cx: &mut Context<'_>) -> Poll<Interrupted> {
    link.register(cx);
    let signal = link.signal();
    if signal.cuts() {
        return Poll::Ready(Interrupted::Cut(signal));
    }
    outward.with(|outward| {
        outward.waited = true;
        // A failure shows at the next send; until then it is the call's to go on.
        let _ = outward.poll_flush(cx);
    });
    Poll::Pending
}

/// Runs what runs callbacks, so that their panics are a result.
pub(crate) async fn guard<T>(
    mut run: Pin<&mut impl Future<Output = Result<T, Interrupted>>>,
) -> Result<T, Interrupted> {
    poll_fn(|cx| caught(|| run.as_mut().poll(cx)).unwrap_or_else(|panicked| Poll::Ready(Err(panicked)))).await
}

/// Runs a callback that belongs to no connection.
pub(crate) async fn alone<T>(callback: Pin<&mut impl Future<Output = Result<T, BoxError>>>) -> Result<T, Interrupted> {
    guard(pin!(async { callback.await.map_err(Interrupted::Failed) })).await
}

/// Runs what others wrote, so that its panic is a result. What a panic leaves behind is never looked at again: it is dropped, and
/// the connection with it.
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> Result<T, Interrupted> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|payload| {
        // A payload whose destructor panics as well is forgotten rather than let through.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(payload)));
        Interrupted::Panicked
    })
}

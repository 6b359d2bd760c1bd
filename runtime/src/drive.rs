//! Runs one callback: catches its panics, lets it be cut, and keeps the connection's output flowing while it waits.

use std::fmt;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use crate::error::{BoxError, Chain};
use crate::io::Io;
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

/// The connection, while a callback runs that may or may not have it as its socket.
pub(crate) trait Reach {
    fn flush(&mut self, cx: &mut Context<'_>);
}

impl Reach for &mut Io {
    fn flush(&mut self, cx: &mut Context<'_>) {
        self.waited = true;
        // A failure shows at the next send; until then it is the call's to go on.
        let _ = self.poll_flush(cx);
    }
}

/// Lent to a socket: the lock is held inside this poll alone.
impl Reach for &Mutex<Io> {
    fn flush(&mut self, cx: &mut Context<'_>) {
        let mut io: &mut Io = &mut self.lock().unwrap_or_else(PoisonError::into_inner);
        io.flush(cx);
    }
}

/// Runs a callback of a connection. What was replied before goes out when the callback waits.
///
/// The callback's future is dropped in the middle only when the connection is told to end.
pub(crate) async fn call<T>(
    mut io: impl Reach,
    link: &Link,
    mut callback: Pin<&mut impl Future<Output = Result<T, BoxError>>>,
) -> Result<T, Interrupted> {
    poll_fn(|cx| {
        if let Poll::Ready(result) = poll_caught(|| callback.as_mut().poll(cx)) {
            return Poll::Ready(result);
        }
        link.register(cx);
        let signal = link.signal();
        if signal.cuts() {
            return Poll::Ready(Err(Interrupted::Cut(signal)));
        }
        io.flush(cx);
        Poll::Pending
    })
    .await
}

/// Runs a callback that belongs to no connection.
pub(crate) async fn alone<T>(
    mut callback: Pin<&mut impl Future<Output = Result<T, BoxError>>>,
) -> Result<T, Interrupted> {
    poll_fn(|cx| poll_caught(|| callback.as_mut().poll(cx))).await
}

/// One poll, in which a panic is a result.
fn poll_caught<T>(poll: impl FnOnce() -> Poll<Result<T, BoxError>>) -> Poll<Result<T, Interrupted>> {
    match caught(poll) {
        Ok(polled) => polled.map_err(Interrupted::Failed),
        Err(panicked) => Poll::Ready(Err(panicked)),
    }
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

//! Runs one callback: catches its panics, lets it be cut, and keeps the connection's output flowing while it waits.

use std::fmt;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::Poll;

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
    fn with<T>(&mut self, act: impl FnOnce(&mut Io) -> T) -> T;
}

impl Reach for &mut Io {
    fn with<T>(&mut self, act: impl FnOnce(&mut Io) -> T) -> T {
        act(self)
    }
}

/// Lent to a socket: the lock is held inside one poll alone.
impl Reach for &Mutex<Io> {
    fn with<T>(&mut self, act: impl FnOnce(&mut Io) -> T) -> T {
        act(&mut self.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Runs a callback of a connection, and does what it wants done. What was replied before goes out when the callback waits.
///
/// `finish` is called where the callback's value is, as an action is too much to be handed up from place to place.
///
/// The callback's future is dropped in the middle only when the connection is told to end.
pub(crate) async fn call<T, R>(
    mut io: impl Reach,
    link: &Link,
    mut callback: Pin<&mut impl Future<Output = Result<T, BoxError>>>,
    finish: impl Fn(&mut Io, T) -> Result<R, Interrupted>,
) -> Result<R, Interrupted> {
    poll_fn(|cx| {
        let polled = caught(|| match callback.as_mut().poll(cx) {
            Poll::Ready(Ok(value)) => Poll::Ready(io.with(|io| finish(io, value))),
            Poll::Ready(Err(error)) => Poll::Ready(Err(Interrupted::Failed(error))),
            Poll::Pending => Poll::Pending,
        });
        match polled {
            Ok(Poll::Ready(result)) => return Poll::Ready(result),
            Ok(Poll::Pending) => {}
            Err(panicked) => return Poll::Ready(Err(panicked)),
        }
        link.register(cx);
        let signal = link.signal();
        if signal.cuts() {
            return Poll::Ready(Err(Interrupted::Cut(signal)));
        }
        io.with(|io| {
            io.waited = true;
            // A failure shows at the next send; until then it is the call's to go on.
            let _ = io.poll_flush(cx);
        });
        Poll::Pending
    })
    .await
}

/// Runs a callback that belongs to no connection.
pub(crate) async fn alone<T>(
    mut callback: Pin<&mut impl Future<Output = Result<T, BoxError>>>,
) -> Result<T, Interrupted> {
    poll_fn(|cx| match caught(|| callback.as_mut().poll(cx)) {
        Ok(polled) => polled.map_err(Interrupted::Failed),
        Err(panicked) => Poll::Ready(Err(panicked)),
    })
    .await
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

//! A child's life, from the call of its closure to the notice of its exit.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::Poll;

use tokio::runtime::Handle;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::AbortHandle;

use super::ChildId;
use super::reason::{Reason, panic_text};
use crate::error::BoxError;
use crate::log::Quoted;

/// What a child's future may return: `()`, a `Result<(), E>` whose `Err` is an abnormal exit, or nothing ever.
#[diagnostic::on_unimplemented(
    message = "a child of a supervisor returns `{Self}`",
    label = "neither `()` nor `Result<(), E>` with an error that converts into `Box<dyn Error + Send + Sync>`"
)]
pub trait ChildExit {
    /// As the supervisor takes it.
    ///
    /// # Errors
    ///
    /// Why the exit is abnormal.
    fn into_exit(self) -> Result<(), BoxError>;
}

impl ChildExit for () {
    fn into_exit(self) -> Result<(), BoxError> {
        Ok(())
    }
}

impl<E: Into<BoxError>> ChildExit for Result<(), E> {
    fn into_exit(self) -> Result<(), BoxError> {
        self.map_err(Into::into)
    }
}

/// A loop without an end is a `!`, which can't be written as a type yet but for the return of a function.
impl ChildExit for <fn() -> ! as Returns>::Type {
    fn into_exit(self) -> Result<(), BoxError> {
        self
    }
}

/// A type by the function type that returns it.
pub trait Returns {
    /// The returned type.
    type Type;
}

impl<T> Returns for fn() -> T {
    type Type = T;
}

/// The notice that a child exited: its future is gone, and its closure comes back for a restart.
pub(super) struct Exit {
    pub(super) id: ChildId,
    pub(super) reason: Reason,
    pub(super) start: Box<dyn Start>,
}

/// A child's closure, without its type.
pub(super) trait Start: Send {
    /// Spawns a child that gives exactly one notice of its exit, whichever way it ends.
    fn spawn(self: Box<Self>, id: ChildId, runtime: &Handle, exits: UnboundedSender<Exit>) -> AbortHandle;
}

impl<F, Fut> Start for F
where
    F: Fn() -> Fut + Send + 'static,
    Fut: Future<Output: ChildExit> + Send + 'static,
{
    fn spawn(self: Box<Self>, id: ChildId, runtime: &Handle, exits: UnboundedSender<Exit>) -> AbortHandle {
        let notice = Notice {
            id,
            reason: None,
            start: Some(self),
            exits,
        };
        runtime.spawn(live(notice)).abort_handle()
    }
}

/// Gives notice when it is dropped, which is how the supervisor learns of an abort too.
struct Notice<F: Start + 'static> {
    id: ChildId,
    reason: Option<Reason>,
    /// None only once the notice is given.
    start: Option<Box<F>>,
    exits: UnboundedSender<Exit>,
}

impl<F: Start + 'static> Drop for Notice<F> {
    fn drop(&mut self) {
        let Some(start) = self.start.take() else { return };
        let exit = Exit {
            id: self.id,
            reason: self.reason.take().unwrap_or_else(Reason::of_drop),
            start,
        };
        // Nobody listens when the supervisor has ended: then nothing is left to do.
        drop(self.exits.send(exit));
    }
}

/// A child's task. The notice is dropped last, so the child's future is gone when the supervisor learns of the exit.
async fn live<F, Fut>(mut notice: Notice<F>)
where
    F: Fn() -> Fut + Send + 'static,
    Fut: Future<Output: ChildExit> + Send + 'static,
{
    let Some(start) = notice.start.as_deref() else { return };
    let future = catch_unwind(AssertUnwindSafe(start));
    let outcome = match future {
        // Pinned here: a future that is passed on is kept in memory twice.
        Ok(future) => caught(pin!(future)).await,
        Err(payload) => Err(payload),
    };
    notice.reason = Some(Reason::of(outcome));
}

/// The future's output, or what it panicked with.
async fn caught<Fut: Future>(mut future: Pin<&mut Fut>) -> Result<Fut::Output, Box<dyn Any + Send>> {
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(poll) => poll.map(Ok),
        Err(payload) => Poll::Ready(Err(payload)),
    })
    .await
}

/// Drops a closure, whose captured values may panic.
pub(super) fn discard(start: Box<dyn Start>) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(start))) {
        tracing::warn!(
            reason = %Quoted(panic_text(&*payload)),
            "a child's closure panicked while it was dropped"
        );
    }
}

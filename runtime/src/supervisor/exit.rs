//! A child's life, from the call of its closure to the notice of its exit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

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
        runtime.spawn(Life { future: None, notice }).abort_handle()
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

/// A child's task. Written out, as an `async fn` would keep the notice twice, and a server has a child for each connection.
struct Life<F: Start + 'static, Fut> {
    /// None until the first poll, where the closure is called. Dropped before the notice, so the child's future is gone when
    /// the supervisor learns of the exit.
    future: Option<Pin<Box<Fut>>>,
    notice: Notice<F>,
}

impl<F, Fut> Future for Life<F, Fut>
where
    F: Fn() -> Fut + Send + 'static,
    Fut: Future<Output: ChildExit> + Send + 'static,
{
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Life { future, notice } = self.get_mut();
        let Some(start) = notice.start.as_deref() else {
            return Poll::Ready(());
        };
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let exit = future.get_or_insert_with(|| Box::pin(start())).as_mut().poll(cx);
            if exit.is_ready() {
                // A panic of its destructor is a panic of the child.
                *future = None;
            }
            exit
        }));
        let outcome = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(exit)) => Ok(exit),
            Err(payload) => Err(payload),
        };
        notice.reason = Some(Reason::of(outcome));
        Poll::Ready(())
    }
}

/// The notice moves with its box alone.
impl<F: Start + 'static, Fut> Unpin for Life<F, Fut> {}

/// Drops a closure, whose captured values may panic.
pub(super) fn discard(start: Box<dyn Start>) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(start))) {
        tracing::warn!(
            reason = %Quoted(panic_text(&*payload)),
            "a child's closure panicked while it was dropped"
        );
    }
}

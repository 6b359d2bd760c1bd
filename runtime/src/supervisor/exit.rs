//! The task of a child: calls its closure, polls its future, and reports its exit.

use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tokio::runtime::Handle;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::AbortHandle;

use super::ChildId;
use super::child_exit::ChildExit;
use super::reason::{Reason, panic_text};
use crate::log::{Quoted, event};
use crate::panics;
use crate::task::Task;

/// The report of a child's exit. The child's future is dropped by then. A closure that isn't shared
/// in a team comes back with the report for the restart.
pub(super) struct Exit {
    pub(super) id: ChildId,
    pub(super) reason: Reason,
    pub(super) start: Option<Box<dyn Start>>,
}

/// A child's closure with its type erased.
pub(super) trait Start: Send {
    /// Spawns a child that reports its exit exactly once, however it ends.
    fn spawn(self: Box<Self>, id: ChildId, runtime: &Handle, exits: UnboundedSender<Exit>) -> AbortHandle;
}

impl<F, Fut> Start for F
where
    F: Fn() -> Fut + Send + 'static,
    Fut: Future<Output: ChildExit> + Send + 'static,
{
    fn spawn(self: Box<Self>, id: ChildId, runtime: &Handle, exits: UnboundedSender<Exit>) -> AbortHandle {
        spawn(self, id, runtime, exits)
    }
}

/// The maker of a child's future.
pub(super) trait ChildFactory: Send + Unpin + 'static {
    type Run: Future<Output: ChildExit> + Send + 'static;

    fn begin(&self) -> Self::Run;

    /// Returns the closure for a restart, or `None` if a team holds it.
    fn give_back(self) -> Option<Box<dyn Start>>;
}

impl<F, Fut> ChildFactory for Box<F>
where
    F: Fn() -> Fut + Send + 'static,
    Fut: Future<Output: ChildExit> + Send + 'static,
{
    type Run = Fut;

    fn begin(&self) -> Fut {
        self()
    }

    fn give_back(self) -> Option<Box<dyn Start>> {
        Some(self)
    }
}

pub(super) fn spawn<C: ChildFactory>(
    factory: C,
    id: ChildId,
    runtime: &Handle,
    exits: UnboundedSender<Exit>,
) -> AbortHandle {
    let notice = Notice {
        id,
        factory: Some(factory),
        exits,
    };
    let life = Task::new(ChildTask { life: None, notice });
    runtime.spawn(life).abort_handle()
}

/// Reports the exit when it is dropped, so that the supervisor learns of an abort too.
struct Notice<C: ChildFactory> {
    id: ChildId,
    /// The maker of the future; `None` after the report.
    factory: Option<C>,
    exits: UnboundedSender<Exit>,
}

impl<C: ChildFactory> Notice<C> {
    fn give(&mut self, reason: impl FnOnce() -> Reason) {
        let Some(factory) = self.factory.take() else { return };
        let exit = Exit {
            id: self.id,
            reason: reason(),
            start: factory.give_back(),
        };
        // The send fails only if the supervisor has ended; then no one needs the report.
        drop(self.exits.send(exit));
    }
}

impl<C: ChildFactory> Drop for Notice<C> {
    fn drop(&mut self) {
        self.give(Reason::of_drop);
    }
}

pin_project! {
    /// A child's task. It is a future written by hand: an `async fn` would store the notice twice,
    /// and a server has a child for each connection.
    struct ChildTask<C: ChildFactory> {
        // The child's future: `None` before the first poll, which calls the closure, and after the
        // end. It is dropped before the notice, so that the future is gone when the supervisor
        // learns of the exit.
        #[pin]
        life: Option<C::Run>,
        notice: Notice<C>,
    }
}

impl<C: ChildFactory> Future for ChildTask<C> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        let polled = panics::catch(|| {
            if this.life.is_none() {
                let Some(factory) = &this.notice.factory else {
                    return Poll::Ready(None);
                };
                this.life.set(Some(factory.begin()));
            }
            let exit = this
                .life
                .as_mut()
                .as_pin_mut()
                .map_or(Poll::Pending, |life| life.poll(cx));
            if exit.is_ready() {
                // Drop the future inside `catch`: a panic of its destructor is a panic of the
                // child.
                this.life.set(None);
            }
            exit.map(Some)
        });
        let outcome = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(Some(exit))) => Ok(exit),
            // The task is already over.
            Ok(Poll::Ready(None)) => return Poll::Ready(()),
            Err(payload) => {
                // The parts that a panic left may panic again in their destructors.
                let _ = panics::caught(|| this.life.set(None));
                Err(payload)
            }
        };
        // An error may panic in its `Display` or its destructor.
        let reason = panics::caught(|| Reason::of(outcome));
        let reason = reason.unwrap_or_else(|_| Reason::Panicked("its exit panicked".into()));
        this.notice.give(|| reason);
        Poll::Ready(())
    }
}

/// Drops a closure whose captured values may panic in their destructors.
pub(super) fn discard(start: Box<dyn Start>) {
    if let Err(payload) = panics::catch(|| drop(start)) {
        event!(
            warn,
            reason = %Quoted(panic_text(&*payload)),
            "a child's closure panicked while it was dropped"
        );
        panics::forget(payload);
    }
}

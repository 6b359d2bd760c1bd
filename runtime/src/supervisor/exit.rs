//! A child's life, from the call of its closure to the notice of its exit.

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

/// The notice that a child exited: its future is gone, and its closure comes back for a restart, if it has one of its own.
pub(super) struct Exit {
    pub(super) id: ChildId,
    pub(super) reason: Reason,
    pub(super) start: Option<Box<dyn Start>>,
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
        spawn(self, id, runtime, exits)
    }
}

/// What a child's task has to begin with.
pub(super) trait ChildFactory: Send + Unpin + 'static {
    type Run: Future<Output: ChildExit> + Send + 'static;

    fn begin(&self) -> Self::Run;

    /// What a restart needs that nobody else has.
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

/// Gives notice when it is dropped, which is how the supervisor learns of an abort too.
struct Notice<C: ChildFactory> {
    id: ChildId,
    /// None only once the notice is given.
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
        // Nobody listens when the supervisor has ended: then nothing is left to do.
        drop(self.exits.send(exit));
    }
}

impl<C: ChildFactory> Drop for Notice<C> {
    fn drop(&mut self) {
        self.give(Reason::of_drop);
    }
}

pin_project! {
    /// A child's task. Written out, as an `async fn` would keep the notice twice, and a server has a child for each connection.
    struct ChildTask<C: ChildFactory> {
        // None until the first poll, where the closure is called, and when it is over. Dropped before the notice, so the child's future is
        // gone when the supervisor learns of the exit.
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
                // A panic of its destructor is a panic of the child.
                this.life.set(None);
            }
            exit.map(Some)
        });
        let outcome = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(Some(exit))) => Ok(exit),
            // It is over already.
            Ok(Poll::Ready(None)) => return Poll::Ready(()),
            Err(payload) => {
                // What a panic has left may panic once more.
                let _ = panics::caught(|| this.life.set(None));
                Err(payload)
            }
        };
        // An error may panic where it is displayed or dropped.
        let reason = panics::caught(|| Reason::of(outcome));
        let reason = reason.unwrap_or_else(|_| Reason::Panicked("its exit panicked".into()));
        this.notice.give(|| reason);
        Poll::Ready(())
    }
}

/// Drops a closure, whose captured values may panic.
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

//! What tokio runs, in one type: its own part of a task is large, and compiled for each type of future anew, in every build of a user.

pub(crate) mod budget;
pub(crate) mod timer;

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Runtime;

/// What is spawned. (A type of its own, as a box's own `poll` isn't inlined.)
pub(crate) struct Task(Pin<Box<dyn Future<Output = ()> + Send>>);

impl Task {
    pub(crate) fn new(future: impl Future<Output = ()> + Send + 'static) -> Self {
        Task(Box::pin(future))
    }
}

impl Future for Task {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.as_mut().poll(cx)
    }
}

/// Runs what belongs to no task.
pub(crate) fn block_on(runtime: &Runtime, future: Pin<&mut dyn Future<Output = ()>>) {
    runtime.block_on(future);
}

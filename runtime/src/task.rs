//! The one type of future that is spawned. Tokio's own part of a task is large, and each build
//! would compile it anew for each type of future.

pub(crate) mod budget;
pub(crate) mod timer;

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Runtime;

/// A future to be spawned. (A wrapper, because the `poll` of a box isn't inlined.)
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

/// Runs a future that belongs to no task.
pub(crate) fn block_on(runtime: &Runtime, future: Pin<&mut dyn Future<Output = ()>>) {
    runtime.block_on(future);
}

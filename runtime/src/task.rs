//! What tokio runs, in one type: its own part of a task is large, and compiled for each type of future anew, in every build of a user.

use std::pin::Pin;

use tokio::runtime::Runtime;

/// What is spawned.
pub(crate) type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs what belongs to no task.
pub(crate) fn block_on(runtime: &Runtime, future: Pin<&mut dyn Future<Output = ()>>) {
    runtime.block_on(future);
}

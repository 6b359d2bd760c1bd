//! What must not depend on the coop budget of the task.
//!
//! Without budget tokio's resources answer `Pending` and have the task polled again, but they don't register it: who takes that for a
//! registration waits for ever, and who takes it for a slow peer is wrong about the peer.

use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll};

use tokio::task::coop::unconstrained;

/// Polls without a budget: `Pending` means that the task is registered.
///
/// For what is bounded by itself, as a timer is; anything else would keep the thread from its other tasks.
pub(crate) fn poll_unbudgeted<T>(cx: &mut Context<'_>, poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
    pin!(unconstrained(poll_fn(poll))).poll(cx)
}

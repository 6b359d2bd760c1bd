//! Polling without tokio's coop budget.
//!
//! A task without budget gets `Pending` from tokio's resources and is polled again, but the
//! resources don't register its waker. Code that takes this for a registration waits forever, and
//! code that takes it for a slow peer is wrong about the peer.

use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll};

use tokio::task::coop::unconstrained;

/// Polls without a budget: `Pending` means that the waker is registered.
///
/// Use it only for work that is bounded by itself, such as a timer; other work would keep the
/// thread from its other tasks.
pub(crate) fn poll_unbudgeted<T>(cx: &mut Context<'_>, poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
    pin!(unconstrained(poll_fn(poll))).poll(cx)
}

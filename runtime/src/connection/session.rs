//! The end of a session: the `closed` callback runs exactly once, whatever the cause, as its caller
//! takes the session from the connection.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::Duration;

use tokio::time::timeout;

use crate::api::tcp_server::TcpServer;
use crate::connection::context::Context;
use crate::connection::drive;
use crate::log::span::{self, AskedSpan};
use crate::panics;
use crate::reason::CloseReason;
use crate::task::Task;

/// Runs `closed`, for up to `limit`. The deadline of a stop doesn't cut it; only the end of the
/// acceptor does.
pub(crate) async fn close<S: TcpServer>(context: &Context<S>, state: S::Session, reason: CloseReason, limit: Duration) {
    let server = &context.server;
    if let Err(error) = drive::within(limit, pin!(async move { server.closed(state, reason).await })).await {
        context.log_call("closed", None, error);
    }
}

/// Returns why a connection ends that is dropped in the middle.
pub(crate) fn abandoned() -> CloseReason {
    if std::thread::panicking() {
        CloseReason::Panic
    } else {
        CloseReason::Stopped
    }
}

/// Runs `closed` as the last resort, when the acceptor was killed in the middle of a call, or a
/// destructor panicked: it is polled once here, and what remains of it goes on as a task where
/// there is a runtime.
pub(crate) fn abandon<S: TcpServer>(context: &Arc<Context<S>>, state: S::Session) {
    let context = Arc::clone(context);
    let limit = context.live().call_timeout;
    let reason = abandoned();
    let mut closed = Task::new(async move {
        let closed = pin!(async { context.server.closed(state, reason).await });
        // Nothing is left that an error of `closed` could be reported to.
        drop(drive::alone(closed).await);
    });
    let mut cx = TaskContext::from_waker(Waker::noop());
    let polled = panics::caught(|| Pin::new(&mut closed).poll(&mut cx));
    match (polled, tokio::runtime::Handle::try_current()) {
        (Ok(Poll::Pending), Ok(runtime)) => {
            let closed = Box::pin(async move { drop(timeout(limit, closed).await) });
            // The connection is dropped inside its span.
            let closed = span::inside(AskedSpan::of_this_connection(), closed);
            runtime.spawn(Task::new(closed));
        }
        // It is dropped in the middle, if it waits.
        _ => panics::discard(closed),
    }
}

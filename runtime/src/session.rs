//! The session of one connection, owned so that `closed` is told exactly once, whatever the cause.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::Duration;

use tokio::time::timeout;

use crate::behaviour::TcpServer;
use crate::context::Context;
use crate::drive;
use crate::reason::CloseReason;
use crate::task::Task;

pub(crate) struct Session<S: TcpServer> {
    context: Arc<Context<S>>,
    /// None once `closed` has it.
    state: Option<S::Session>,
}

impl<S: TcpServer> Session<S> {
    pub(crate) fn new(context: Arc<Context<S>>, state: S::Session) -> Self {
        Session {
            context,
            state: Some(state),
        }
    }

    /// None only after the end.
    pub(crate) fn state(&mut self) -> Option<&mut S::Session> {
        self.state.as_mut()
    }

    /// Tells `closed`, which may take as long as `limit`. It isn't cut by a stop's deadline: the acceptor's end is what ends it.
    pub(crate) async fn close(&mut self, reason: CloseReason, limit: Duration) {
        let Some(state) = self.state.take() else { return };
        let server = &self.context.server;
        if let Err(error) = drive::within(limit, pin!(async move { server.closed(state, reason).await })).await {
            self.context.log_call("closed", None, error);
        }
    }
}

/// The last resort, when the acceptor was killed in the middle of a call, or a destructor panicked: `closed` is polled once here,
/// and what remains of it goes on as a task where there is a runtime for it.
impl<S: TcpServer> Drop for Session<S> {
    fn drop(&mut self) {
        let Some(state) = self.state.take() else { return };
        let context = Arc::clone(&self.context);
        let limit = context.live().call_timeout;
        let reason = if std::thread::panicking() {
            CloseReason::Panic
        } else {
            CloseReason::Stopped
        };
        let mut closed: Task = Box::pin(async move {
            let closed = pin!(async { context.server.closed(state, reason).await });
            // A failing `closed` has nobody left to be told to.
            drop(drive::alone(closed).await);
        });
        let mut cx = TaskContext::from_waker(Waker::noop());
        let polled = catch_unwind(AssertUnwindSafe(|| closed.as_mut().poll(&mut cx)));
        if let (Ok(Poll::Pending), Ok(runtime)) = (polled, tokio::runtime::Handle::try_current()) {
            let closed: Task = Box::pin(async move { drop(timeout(limit, closed).await) });
            runtime.spawn(closed);
        }
    }
}

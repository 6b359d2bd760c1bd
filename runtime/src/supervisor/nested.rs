//! Supervisors that are children of another supervisor.

use std::borrow::Cow;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Supervisor;
use super::child::ChildSpec;
use super::child_exit::ChildExit;
use super::owner::Owner;
use super::signal::ExitSignal;
use super::tree::{Subtree, Tree};
use crate::error::{BoxError, Error, ErrorKind};
use crate::options::INFINITY;
use crate::reason::ExitReason;

/// The supervisor that runs in a child; `None` before it runs.
#[derive(Default)]
struct Nested(Mutex<Option<Supervisor>>);

impl Nested {
    fn lock(&self) -> MutexGuard<'_, Option<Supervisor>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Subtree for Nested {
    fn tree(&self, label: String) -> Tree {
        // Clone first, so that no two supervisors are locked at the same time.
        let supervisor = self.lock().clone();
        match supervisor {
            Some(supervisor) => supervisor.tree(label),
            None => Tree::leaf(label),
        }
    }
}

impl ChildSpec {
    /// Returns a child that is a supervisor of its own, with its own restart intensity; `init`
    /// starts its children.
    ///
    /// `init` is called for each start and restart; if it fails, the exit is abnormal. The inner
    /// supervisor ends with its owner: it is told to stop and has [`INFINITY`] to do so, as OTP
    /// advises, unless another [`shutdown`](ChildSpec::shutdown) is set. If it is killed, its
    /// children are dropped at once. An end by its restart intensity is an abnormal exit (unlike in
    /// OTP, where a transient supervisor that gave up isn't restarted).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::future::pending;
    /// use std::time::Duration;
    /// use kai_tcp_server::{ChildSpec, Supervisor};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> kai_tcp_server::Result {
    /// let app = Supervisor::new(3, Duration::from_secs(60));
    /// app.start_child(ChildSpec::supervisor("workers", 10, Duration::from_secs(1), |workers| {
    ///     workers.start_child(ChildSpec::new("worker", pending::<()>)).map(drop)
    /// }))?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn supervisor<T: ChildExit>(
        name: impl Into<Cow<'static, str>>,
        max_restarts: u32,
        restart_period: Duration,
        init: impl Fn(&Supervisor) -> T + Send + 'static,
    ) -> Self {
        let name = name.into();
        let nested = Arc::new(Nested::default());
        let (inner_name, shown) = (name.clone(), Arc::clone(&nested));
        let mut spec = ChildSpec::trapping(name, move |signal| {
            let (supervisor, owner) = Supervisor::unstarted(inner_name.clone(), max_restarts, restart_period);
            let begun = init(&supervisor).into_exit();
            *shown.lock() = Some(supervisor.clone());
            supervise(supervisor, owner, signal, begun)
        });
        spec.terms.shutdown = INFINITY;
        spec.terms.nested = Some(nested);
        spec
    }
}

/// Runs a nested supervisor. Dropping the future drops the owner, which drops the children.
async fn supervise(
    supervisor: Supervisor,
    owner: Owner,
    signal: ExitSignal,
    begun: Result<(), BoxError>,
) -> Result<(), BoxError> {
    if begun.is_err() {
        supervisor.stop();
    }
    let mut run = pin!(owner.run());
    let reason = tokio::select! {
        reason = &mut run => reason,
        () = signal.requested() => {
            supervisor.stop();
            run.await
        }
    };
    begun?;
    match reason {
        ExitReason::Stopped => Ok(()),
        ExitReason::RestartIntensity => Err(Error::new(ErrorKind::RestartIntensity, reason.to_string()).into()),
    }
}

//! What a child is: OTP's child specification.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use super::child_exit::ChildExit;
use super::exit::Start;
use super::reason::Reason;
use super::signal::ExitSignal;
use super::tree::Subtree;
use crate::options::BRUTAL_KILL;

/// When a child that exited is restarted (supervisor(3), `restart`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Restart {
    /// After any exit.
    #[default]
    Permanent,
    /// After an abnormal exit: a panic, an `Err`, a kill.
    Transient,
    /// Never.
    Temporary,
}

impl Restart {
    pub(super) fn is_due_after(self, reason: &Reason) -> bool {
        match self {
            Restart::Permanent => true,
            Restart::Transient => !reason.is_normal(),
            Restart::Temporary => false,
        }
    }
}

/// How a child is started, restarted and ended: OTP's child specification.
///
/// The closure makes the child's future, anew for each restart. It is called in the child's own task, so what it panics with
/// is an exit of the child. The future returns `()` for a normal exit or a `Result<(), E>` whose `Err` is an abnormal one.
///
/// A child that ends for good is forgotten. (OTP keeps a transient one for `restart_child`, which there is none of here.)
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use kai_tcp_server::{ChildSpec, Restart};
///
/// let job = ChildSpec::new("job", || async { std::fs::remove_file("stale.lock") }).restart(Restart::Transient);
///
/// let writer = ChildSpec::trapping("writer", |exit| async move {
///     exit.requested().await;
///     // write what is left
/// })
/// .shutdown(Duration::from_secs(10));
/// ```
#[must_use]
pub struct ChildSpec {
    pub(super) name: Cow<'static, str>,
    pub(super) start: Box<dyn Start>,
    pub(super) terms: Terms,
}

/// What holds for all lives of a child.
pub(super) struct Terms {
    pub(super) restart: Restart,
    pub(super) shutdown: Duration,
    pub(super) together: bool,
    /// None for a child that doesn't trap exits.
    pub(super) signal: Option<ExitSignal>,
    /// None for the supervisor's own.
    pub(super) runtime: Option<Handle>,
    /// Where a child that is a supervisor shows itself.
    pub(super) nested: Option<Arc<dyn Subtree>>,
}

impl Default for Terms {
    fn default() -> Self {
        Terms {
            restart: Restart::Permanent,
            shutdown: Duration::from_secs(5),
            together: false,
            signal: None,
            runtime: None,
            nested: None,
        }
    }
}

impl Terms {
    /// The signal to end it by; None when it is cut without being asked.
    pub(super) fn asks(&self) -> Option<&ExitSignal> {
        self.signal.as_ref().filter(|_| self.shutdown != BRUTAL_KILL)
    }
}

impl ChildSpec {
    /// A child that doesn't trap exits: at shutdown it is dropped at its next `.await`, at once.
    pub fn new<F, Fut>(name: impl Into<Cow<'static, str>>, start: F) -> Self
    where
        F: Fn() -> Fut + Send + 'static,
        Fut: Future<Output: ChildExit> + Send + 'static,
    {
        ChildSpec {
            name: name.into(),
            start: Box::new(start),
            terms: Terms::default(),
        }
    }

    /// A child that traps exits: at shutdown its [`ExitSignal`] tells it to end, and it is cut only when the time of its
    /// [`shutdown`](ChildSpec::shutdown) is over.
    pub fn trapping<F, Fut>(name: impl Into<Cow<'static, str>>, start: F) -> Self
    where
        F: Fn(ExitSignal) -> Fut + Send + 'static,
        Fut: Future<Output: ChildExit> + Send + 'static,
    {
        let signal = ExitSignal::new();
        let given = signal.clone();
        let mut spec = ChildSpec::new(name, move || start(given.clone()));
        spec.terms.signal = Some(signal);
        spec
    }

    /// When it is restarted; [`Restart::Permanent`] by default.
    pub fn restart(mut self, restart: Restart) -> Self {
        self.terms.restart = restart;
        self
    }

    /// How long a child that traps exits may take to end, 5 s by default; then it is cut.
    ///
    /// [`INFINITY`](crate::INFINITY) waits for as long as it takes, [`BRUTAL_KILL`] cuts it without telling it. A child that doesn't trap exits
    /// is always cut at once.
    pub fn shutdown(mut self, shutdown: Duration) -> Self {
        self.terms.shutdown = shutdown;
        self
    }

    /// Ends at the same time as all other children of the supervisor that are marked so, as the children of OTP's
    /// `simple_one_for_one` do.
    ///
    /// Their turn comes with the one that was started last, and the longest of their `shutdown` times holds for all. For
    /// many alike that trap exits, whose times would add up otherwise.
    pub fn together(mut self) -> Self {
        self.terms.together = true;
        self
    }

    /// Runs on another tokio runtime than the supervisor does.
    ///
    /// When that runtime ends before the supervisor, the child exits as killed, and each restart of it does too.
    pub fn runtime(mut self, runtime: Handle) -> Self {
        self.terms.runtime = Some(runtime);
        self
    }
}

impl fmt::Debug for ChildSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChildSpec")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

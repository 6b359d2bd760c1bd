//! Child specifications, as in OTP: how a child is started, restarted and ended.

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

/// The exits after which a child is restarted (supervisor(3), `restart`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Restart {
    /// After any exit.
    #[default]
    Permanent,
    /// After an abnormal exit: a panic, an `Err` or a kill.
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

/// A specification of how a child is started, restarted and ended, as in OTP.
///
/// The closure makes the child's future; it is called again for each restart. It is called in the
/// child's own task, so a panic in it is an exit of the child. The future returns `()` for a normal
/// exit, or a `Result<(), E>` in which `Err` is an abnormal exit.
///
/// A child that ends for good is removed from the supervisor. (OTP keeps a transient child for
/// `restart_child`, a call that doesn't exist here.)
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use kai_tcp_server::{ChildSpec, Restart};
///
/// let job = ChildSpec::new("job", || async { std::fs::remove_file("stale.lock") })
///     .restart(Restart::Transient);
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

/// The part of a specification that stays valid through all restarts of a child.
pub(super) struct Terms {
    pub(super) restart: Restart,
    pub(super) shutdown: Duration,
    pub(super) together: bool,
    /// The signal that tells the child to exit; `None` if the child doesn't trap exits.
    pub(super) signal: Option<ExitSignal>,
    /// The runtime of the child; `None` means the supervisor's runtime.
    pub(super) runtime: Option<Handle>,
    /// The subtree of a child that is a supervisor.
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
    /// Returns the signal that tells the child to end, or `None` if the child is dropped without
    /// being told.
    pub(super) fn asks(&self) -> Option<&ExitSignal> {
        self.signal.as_ref().filter(|_| self.shutdown != BRUTAL_KILL)
    }
}

impl ChildSpec {
    /// Returns a child that doesn't trap exits: at shutdown it is dropped immediately, at its next
    /// `.await`.
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

    /// Returns a child that traps exits: at shutdown its [`ExitSignal`] tells it to end, and it is
    /// dropped only when its [`shutdown`](ChildSpec::shutdown) time is over.
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

    /// Sets the exits after which the child is restarted; [`Restart::Permanent`] by default.
    pub fn restart(mut self, restart: Restart) -> Self {
        self.terms.restart = restart;
        self
    }

    /// Sets how long a child that traps exits may take to end, 5 s by default; after that it is
    /// dropped.
    ///
    /// With [`INFINITY`](crate::INFINITY) the supervisor waits without a limit; with
    /// [`BRUTAL_KILL`] it drops the child without telling it. A child that doesn't trap exits is
    /// always dropped at once.
    pub fn shutdown(mut self, shutdown: Duration) -> Self {
        self.terms.shutdown = shutdown;
        self
    }

    /// Ends the child at the same time as all other children of the supervisor with this mark, as
    /// OTP does with the children of a `simple_one_for_one` supervisor.
    ///
    /// They end when the turn of the one that was started last comes, and the longest of their
    /// `shutdown` times applies to all. Use this for many similar children that trap exits, whose
    /// shutdown times would add up otherwise.
    pub fn together(mut self) -> Self {
        self.terms.together = true;
        self
    }

    /// Runs the child on another tokio runtime than the supervisor's.
    ///
    /// If that runtime ends before the supervisor, the child exits as killed, and so does each
    /// restart of it.
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

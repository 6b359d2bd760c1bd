//! A supervisor of tokio tasks: OTP's `supervisor` behaviour with the strategy `one_for_one`.

mod child;
mod child_exit;
mod children;
mod exit;
mod intensity;
mod nested;
mod owner;
mod reason;
mod shared;
mod shutdown;
mod signal;
mod team;
mod tree;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use self::child::{ChildSpec, Restart};
pub use self::child_exit::ChildExit;
pub use self::signal::ExitSignal;
pub use self::tree::Tree;

pub(crate) use self::team::Team;

use self::owner::Owner;
use self::shared::Shared;
use crate::error::Result;
use crate::reason::ExitReason;
use crate::task::Task;

/// A handle on a supervisor, which starts children, restarts children that exit, and ends all of
/// them when it ends.
///
/// It is OTP's `supervisor` with the strategy `one_for_one`: only the child that exited is
/// restarted, as its [`Restart`] says. More than `max_restarts` restarts within `restart_period`
/// end all children and then the supervisor, so that a fault that a restart doesn't cure is passed
/// up to the owner of the supervisor (supervisor(3), "Maximum restart intensity").
///
/// The children belong to the supervisor, which is a task of the runtime in which
/// [`new`](Supervisor::new) was called. A handle owns nothing: clones are cheap, and dropping the
/// last one stops nothing. The children end when the supervisor ends: by
/// [`stop`](Supervisor::stop), by the restart intensity, or with its runtime.
///
/// Where panics unwind, a panic of a child is only an exit of that child. Exits are logged as
/// `tracing` events with the fields `supervisor`, `child` and `reason`.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use kai_tcp_server::{ChildSpec, ExitReason, Supervisor};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> kai_tcp_server::Result {
/// let supervisor = Supervisor::new(3, Duration::from_secs(60));
/// supervisor.start_child(ChildSpec::new("ticker", || async {
///     loop {
///         tokio::time::sleep(Duration::from_secs(1)).await;
///     }
/// }))?;
/// assert_eq!(supervisor.tree("app").to_string(), "app\n└── ticker");
///
/// supervisor.stop();
/// assert_eq!(supervisor.wait().await, ExitReason::Stopped);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Supervisor {
    shared: Arc<Shared>,
}

/// The id of a child, unique for as long as its supervisor lives: ids aren't reused, and a
/// restarted child keeps its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChildId(u64);

/// The state of a child at one moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ChildInfo {
    /// The id of the child.
    pub id: ChildId,
    /// The name from its [`ChildSpec`]; names need not be unique.
    pub name: Cow<'static, str>,
    /// The number of restarts of the child.
    pub restarts: u64,
    /// Whether the child is running; it is false between an exit and the restart.
    pub running: bool,
}

impl Supervisor {
    /// Starts a supervisor that allows `max_restarts` restarts within any `restart_period`, and
    /// ends at one more.
    ///
    /// A restart counts until `restart_period` has passed after it. With a `max_restarts` of 0 the
    /// first exit that requires a restart ends the supervisor. Its name in the log is `supervisor`;
    /// [`named`](Supervisor::named) sets another name.
    ///
    /// # Panics
    ///
    /// Panics outside a tokio runtime, and in a runtime without an enabled timer.
    #[track_caller]
    pub fn new(max_restarts: u32, restart_period: Duration) -> Self {
        Self::named("supervisor", max_restarts, restart_period)
    }

    /// Starts a supervisor as [`new`](Supervisor::new) does, with a name for the log.
    ///
    /// # Panics
    ///
    /// Panics outside a tokio runtime, and in a runtime without an enabled timer.
    #[track_caller]
    pub fn named(name: impl Into<Cow<'static, str>>, max_restarts: u32, restart_period: Duration) -> Self {
        let (supervisor, owner) = Self::unstarted(name.into(), max_restarts, restart_period);
        let own = Task::new(async {
            owner.run().await;
        });
        tokio::spawn(own);
        supervisor
    }

    /// Returns a supervisor and its owner, which the caller runs in a task.
    #[track_caller]
    fn unstarted(name: Cow<'static, str>, max_restarts: u32, restart_period: Duration) -> (Self, Owner) {
        // If the runtime has no timer, this panics here, at the caller, and not later in the
        // supervisor's task.
        drop(tokio::time::sleep(Duration::ZERO));
        let (shared, exits) = Shared::new(name);
        let supervisor = Supervisor { shared: shared.clone() };
        (supervisor, Owner::new(shared, exits, max_restarts, restart_period))
    }

    /// Starts a child at once, as OTP's `start_child` does.
    ///
    /// The call doesn't wait: the child's own task calls the child's closure. It may be called from
    /// anywhere: from a plain `fn`, from a child, and from outside the runtime.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::NotRunning`](crate::ErrorKind::NotRunning) if the supervisor is ending
    /// or has ended.
    pub fn start_child(&self, spec: ChildSpec) -> Result<ChildId> {
        self.shared.start(spec)
    }

    /// Kills a child, even one that traps exits, as Erlang's `exit(Pid, kill)` does. Returns false
    /// if the child isn't running.
    ///
    /// The kill takes effect at once; the call doesn't wait for it. The child is dropped at its
    /// next `.await`: a plain `fn` that blocks can't be interrupted. A kill is an abnormal exit, so
    /// a permanent or transient child is restarted, and the restart counts like any other.
    pub fn kill(&self, id: ChildId) -> bool {
        self.shared.kill(id)
    }

    /// Returns the children in the order of their start.
    ///
    /// A child is listed until it has ended for good.
    pub fn children(&self) -> Vec<ChildInfo> {
        self.shared.children()
    }

    /// Returns the number of restarts of all children, of those too that have ended for good.
    pub(crate) fn restarts(&self) -> u64 {
        self.shared.restarts()
    }

    /// Returns the supervision tree with the root `label`: the children in the order of their
    /// start, and nested supervisors with their children.
    pub fn tree(&self, label: impl Into<String>) -> Tree {
        Tree {
            label: label.into(),
            children: self.shared.trees(),
        }
    }

    /// Begins to stop the supervisor: no child is started or restarted any more, and the children
    /// are ended.
    ///
    /// They end one after the other in reverse order of their start, each within its own
    /// [`shutdown`](ChildSpec::shutdown) time. Adjacent children that don't trap exits are dropped
    /// at the same time. If a dropped child blocks its thread, the supervisor waits at most 1 s for
    /// it, then logs it and leaves it behind.
    ///
    /// The call doesn't wait (see [`wait`](Supervisor::wait)) and may be made from anywhere; a
    /// second call does nothing.
    pub fn stop(&self) {
        self.shared.stop(ExitReason::Stopped);
    }

    /// Returns the exit that exceeded the restart intensity, if the supervisor ended by that.
    pub(crate) fn fault(&self) -> Option<String> {
        self.shared.fault()
    }

    /// Waits until the supervisor has ended, and returns the reason.
    ///
    /// By then the futures of all its children have been dropped, except those of children that
    /// block a thread and were left behind. Any number of tasks may wait, and late calls return the
    /// same reason. A child that waits for its own supervisor waits until the supervisor drops it.
    /// If the supervisor ended with its runtime, the reason is [`ExitReason::Stopped`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future only stops waiting.
    pub async fn wait(&self) -> ExitReason {
        self.shared.wait().await
    }
}

impl fmt::Debug for Supervisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervisor")
            .field("name", &self.shared.name())
            .finish_non_exhaustive()
    }
}

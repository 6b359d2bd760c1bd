//! A supervisor of tasks: OTP's `supervisor` behaviour under tokio, with the strategy `one_for_one`.

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

/// A handle on a supervisor: it starts children, restarts those that die, and ends them all when it ends.
///
/// It is OTP's `supervisor` with the strategy `one_for_one`: a child that exits is restarted alone, as its [`Restart`]
/// says. More than `max_restarts` restarts in `restart_period` end all children and then the supervisor, so that a fault
/// that restarting doesn't cure reaches whoever can cure it (supervisor(3), "Maximum restart intensity").
///
/// The children belong to the supervisor, which is a task of the runtime that [`new`](Supervisor::new) was called in. A
/// handle owns nothing: clones are cheap, and dropping the last one stops nothing. Children end when the supervisor ends:
/// by [`stop`](Supervisor::stop), by the restart intensity, or with its runtime.
///
/// A panic of a child is its exit and nothing more, where panics unwind. Exits are logged as `tracing` events with the
/// fields `supervisor`, `child` and `reason`.
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

/// Names a child of one supervisor, for as long as that supervisor lives: ids aren't used twice, and a restart keeps its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChildId(u64);

/// What a child looks like at one moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ChildInfo {
    /// Its id.
    pub id: ChildId,
    /// The name that its [`ChildSpec`] gave it; names need not be unique.
    pub name: Cow<'static, str>,
    /// How often it was restarted.
    pub restarts: u64,
    /// Whether it runs: false for the moment between an exit and its restart.
    pub running: bool,
}

impl Supervisor {
    /// Starts a supervisor that survives `max_restarts` restarts within any `restart_period`, and ends at one more.
    ///
    /// Restarts count from the moment that they happen until `restart_period` has passed. With a `max_restarts` of 0 the
    /// first exit that asks for a restart ends it. The log calls it `supervisor`; [`named`](Supervisor::named) gives it
    /// another name.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime, and in one whose time is not enabled.
    #[track_caller]
    pub fn new(max_restarts: u32, restart_period: Duration) -> Self {
        Self::named("supervisor", max_restarts, restart_period)
    }

    /// Starts a supervisor as [`new`](Supervisor::new) does, under a name for the log.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime, and in one whose time is not enabled.
    #[track_caller]
    pub fn named(name: impl Into<Cow<'static, str>>, max_restarts: u32, restart_period: Duration) -> Self {
        let (supervisor, owner) = Self::unstarted(name.into(), max_restarts, restart_period);
        let own = Task::new(async {
            owner.run().await;
        });
        tokio::spawn(own);
        supervisor
    }

    /// A supervisor and what makes it live, for whoever lends it a task.
    #[track_caller]
    fn unstarted(name: Cow<'static, str>, max_restarts: u32, restart_period: Duration) -> (Self, Owner) {
        // Made only to panic here, at the caller, rather than in the supervisor's task, where the runtime has no timer.
        drop(tokio::time::sleep(Duration::ZERO));
        let (shared, exits) = Shared::new(name);
        let supervisor = Supervisor { shared: shared.clone() };
        (supervisor, Owner::new(shared, exits, max_restarts, restart_period))
    }

    /// Starts a child at once, as OTP's `start_child` does.
    ///
    /// It doesn't wait: the child's closure is called in the child's own task. It may be called from anywhere, also from a
    /// plain `fn`, from a child, and from outside the runtime.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotRunning`](crate::ErrorKind::NotRunning) when the supervisor is ending or has ended.
    pub fn start_child(&self, spec: ChildSpec) -> Result<ChildId> {
        self.shared.start(spec)
    }

    /// Kills a child, trapping or not, as Erlang's `exit(Pid, kill)` does; false when it doesn't run.
    ///
    /// It begins at once and doesn't wait. The child is dropped at its next `.await`: a plain `fn` that blocks can't be cut.
    /// A kill is an abnormal exit, so a permanent or transient child is restarted, which counts as any restart does.
    pub fn kill(&self, id: ChildId) -> bool {
        self.shared.kill(id)
    }

    /// The children in the order of their start.
    ///
    /// A child is listed until it has ended for good.
    pub fn children(&self) -> Vec<ChildInfo> {
        self.shared.children()
    }

    /// How often a child was restarted, also of those that have ended for good.
    pub(crate) fn restarts(&self) -> u64 {
        self.shared.restarts()
    }

    /// The supervision tree under `label`: the children in the order of their start, nested supervisors with theirs.
    pub fn tree(&self, label: impl Into<String>) -> Tree {
        Tree {
            label: label.into(),
            children: self.shared.trees(),
        }
    }

    /// Begins to stop: from now on nothing is started or restarted, and the children are ended.
    ///
    /// They end in reverse order of their start, one after the other, each by its own
    /// [`shutdown`](ChildSpec::shutdown). Neighbours that don't trap exits are cut at the same time. A child that is cut
    /// while it blocks its thread is waited for at most 1 s, then logged and left behind.
    ///
    /// It doesn't wait (see [`wait`](Supervisor::wait)), may be called from anywhere, and does nothing a second time.
    pub fn stop(&self) {
        self.shared.stop(ExitReason::Stopped);
    }

    /// The exit that was one more than the restart intensity allows, if it ended by that.
    pub(crate) fn fault(&self) -> Option<String> {
        self.shared.fault()
    }

    /// Waits until the supervisor has ended, and says why.
    ///
    /// By then the futures of all its children have been dropped, but for those that were left behind blocking a thread.
    /// Any number of tasks may wait, and one that comes late is told the same. A child that waits for its own supervisor
    /// waits until it is cut. A supervisor that went down with its runtime counts as stopped.
    ///
    /// # Cancel safety
    ///
    /// Dropping it changes nothing.
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

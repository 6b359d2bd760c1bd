//! Teams: children that differ only in their numbers, as in OTP's `simple_one_for_one`. They share
//! one specification.

use std::fmt;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::AbortHandle;

use super::child::{Restart, Terms};
use super::child_exit::ChildExit;
use super::exit::{ChildFactory, Exit, Start, spawn};
use super::{ChildId, Supervisor};
use crate::error::Result;

/// The specification of a team. The name of a member is the team's name followed by its number.
pub(crate) struct Team {
    pub(super) name: &'static str,
    pub(super) terms: Terms,
    start: Box<dyn StartMember>,
}

impl Team {
    /// Returns a team. For a member's start and each restart, `start` makes its future from its
    /// number. Members don't trap exits. They run on `runtime`, or on the supervisor's runtime if
    /// it is `None`.
    pub(crate) fn new<F, Fut>(name: &'static str, restart: Restart, runtime: Option<Handle>, start: F) -> Arc<Self>
    where
        F: Fn(u32) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: ChildExit> + Send + 'static,
    {
        Arc::new(Team {
            name,
            terms: Terms {
                restart,
                runtime,
                ..Terms::default()
            },
            start: Box::new(Arc::new(start)),
        })
    }

    pub(super) fn spawn(
        &self,
        number: u32,
        id: ChildId,
        runtime: &Handle,
        exits: UnboundedSender<Exit>,
    ) -> AbortHandle {
        self.start.spawn(number, id, runtime, exits)
    }
}

impl fmt::Debug for Team {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Team").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A team's closure with its type erased.
trait StartMember: Send + Sync {
    fn spawn(&self, number: u32, id: ChildId, runtime: &Handle, exits: UnboundedSender<Exit>) -> AbortHandle;
}

impl<F, Fut> StartMember for Arc<F>
where
    F: Fn(u32) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: ChildExit> + Send + 'static,
{
    fn spawn(&self, number: u32, id: ChildId, runtime: &Handle, exits: UnboundedSender<Exit>) -> AbortHandle {
        let start = Arc::clone(self);
        spawn(Member { start, number }, id, runtime, exits)
    }
}

/// The maker of a member's future.
struct Member<F> {
    start: Arc<F>,
    number: u32,
}

impl<F, Fut> ChildFactory for Member<F>
where
    F: Fn(u32) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: ChildExit> + Send + 'static,
{
    type Run = Fut;

    fn begin(&self) -> Fut {
        (self.start)(self.number)
    }

    fn give_back(self) -> Option<Box<dyn Start>> {
        None
    }
}

impl Supervisor {
    /// Starts a member of a team, as [`start_child`](Self::start_child) starts a child.
    pub(crate) fn start_member(&self, team: &Arc<Team>, number: u32) -> Result<ChildId> {
        self.shared.start_member(team, number)
    }
}

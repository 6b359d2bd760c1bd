//! The records that a running supervisor keeps of its children.

use std::borrow::Cow;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::AbortHandle;

use super::ChildId;
use super::child::Terms;
use super::exit::{Exit, Start};
use super::team::Team;

/// A child that was started; a restart keeps the record. A server has one for each connection, so
/// it is small.
pub(super) struct Child {
    kind: ChildKind,
    pub(super) task: AbortHandle,
}

enum ChildKind {
    Alone(Box<Alone>),
    Member(Arc<Team>, u32),
}

/// The parts of a child that it shares with no other child.
struct Alone {
    name: Cow<'static, str>,
    terms: Terms,
}

impl Child {
    pub(super) fn alone(name: Cow<'static, str>, terms: Terms, task: AbortHandle) -> Self {
        Child {
            kind: ChildKind::Alone(Box::new(Alone { name, terms })),
            task,
        }
    }

    pub(super) fn member(team: Arc<Team>, number: u32, task: AbortHandle) -> Self {
        Child {
            kind: ChildKind::Member(team, number),
            task,
        }
    }

    pub(super) fn name(&self) -> Cow<'static, str> {
        match &self.kind {
            ChildKind::Alone(alone) => alone.name.clone(),
            ChildKind::Member(team, number) => format!("{}{number}", team.name).into(),
        }
    }

    pub(super) fn terms(&self) -> &Terms {
        match &self.kind {
            ChildKind::Alone(alone) => &alone.terms,
            ChildKind::Member(team, _) => &team.terms,
        }
    }

    /// Spawns the child again. A child without a team needs the closure that came back with its
    /// exit.
    pub(super) fn respawn(
        &mut self,
        start: Option<Box<dyn Start>>,
        id: ChildId,
        runtime: &Handle,
        exits: UnboundedSender<Exit>,
    ) {
        let runtime = self.terms().runtime.as_ref().unwrap_or(runtime);
        let task = match (&self.kind, start) {
            (ChildKind::Member(team, number), _) => team.spawn(*number, id, runtime, exits),
            (ChildKind::Alone(_), Some(start)) => start.spawn(id, runtime, exits),
            (ChildKind::Alone(_), None) => return,
        };
        self.task = task;
    }
}

//! The children of a running supervisor, one by one and as a list.

use std::borrow::Cow;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::AbortHandle;

use super::ChildId;
use super::child::Terms;
use super::exit::{Exit, Start};
use super::team::Team;

/// A child that was started, through all its lives. A server has one for each connection, so it is small.
pub(super) struct Child {
    kind: Kind,
    pub(super) task: AbortHandle,
}

enum Kind {
    Alone(Box<Alone>),
    Member(Arc<Team>, u32),
}

/// What a child has that is like no other one.
struct Alone {
    name: Cow<'static, str>,
    terms: Terms,
}

impl Child {
    pub(super) fn alone(name: Cow<'static, str>, terms: Terms, task: AbortHandle) -> Self {
        Child {
            kind: Kind::Alone(Box::new(Alone { name, terms })),
            task,
        }
    }

    pub(super) fn member(team: Arc<Team>, number: u32, task: AbortHandle) -> Self {
        Child {
            kind: Kind::Member(team, number),
            task,
        }
    }

    pub(super) fn name(&self) -> Cow<'static, str> {
        match &self.kind {
            Kind::Alone(alone) => alone.name.clone(),
            Kind::Member(team, number) => format!("{}{number}", team.name).into(),
        }
    }

    pub(super) fn terms(&self) -> &Terms {
        match &self.kind {
            Kind::Alone(alone) => &alone.terms,
            Kind::Member(team, _) => &team.terms,
        }
    }

    /// Spawns it anew; one that is alone by what came back with the notice of its exit.
    pub(super) fn respawn(
        &mut self,
        start: Option<Box<dyn Start>>,
        id: ChildId,
        runtime: &Handle,
        exits: UnboundedSender<Exit>,
    ) {
        let runtime = self.terms().runtime.as_ref().unwrap_or(runtime);
        let task = match (&self.kind, start) {
            (Kind::Member(team, number), _) => team.spawn(*number, id, runtime, exits),
            (Kind::Alone(_), Some(start)) => start.spawn(id, runtime, exits),
            (Kind::Alone(_), None) => return,
        };
        self.task = task;
    }
}

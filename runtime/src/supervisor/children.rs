//! The children of a running supervisor, one by one and as a list.

use std::borrow::Cow;
use std::sync::{Arc, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::AbortHandle;

use super::child::Terms;
use super::exit::{Exit, Start};
use super::nested::Nested;
use super::shared::Shared;
use super::team::Team;
use super::tree::Tree;
use super::{ChildId, ChildInfo};

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

impl Shared {
    pub(super) fn kill(&self, id: ChildId) -> bool {
        let task = self.lock().children.get(&id).map(|child| child.task.clone());
        task.filter(|task| !task.is_finished())
            .inspect(AbortHandle::abort)
            .is_some()
    }

    pub(super) fn children(&self) -> Vec<ChildInfo> {
        let state = self.lock();
        let info = |(&id, child): (&ChildId, &Child)| ChildInfo {
            id,
            name: child.name(),
            restarts: state.restarted.get(&id).copied().unwrap_or_default(),
            running: !child.task.is_finished(),
        };
        state.children.iter().map(info).collect()
    }

    pub(super) fn trees(&self) -> Vec<Tree> {
        let parts = |child: &Child| (child.name().into_owned(), child.terms().nested.clone());
        // Collected first, so that no two supervisors are locked at a time.
        let children: Vec<_> = self.lock().children.values().map(parts).collect();
        children.into_iter().map(|(name, nested)| tree(name, nested)).collect()
    }
}

fn tree(name: String, nested: Option<Nested>) -> Tree {
    let supervisor = nested.and_then(|nested| nested.lock().unwrap_or_else(PoisonError::into_inner).clone());
    match supervisor {
        Some(supervisor) => supervisor.tree(name),
        None => Tree::new(name),
    }
}

//! The children of a running supervisor, one by one and as a list.

use std::borrow::Cow;
use std::sync::PoisonError;

use tokio::task::AbortHandle;

use super::child::Terms;
use super::nested::Nested;
use super::shared::Shared;
use super::tree::Tree;
use super::{ChildId, ChildInfo};

/// A child that was started, through all its lives.
pub(super) struct Child {
    pub(super) name: Cow<'static, str>,
    pub(super) terms: Terms,
    pub(super) restarts: u64,
    pub(super) task: AbortHandle,
}

impl Child {
    fn info(&self, id: ChildId) -> ChildInfo {
        ChildInfo {
            id,
            name: self.name.clone(),
            restarts: self.restarts,
            running: !self.task.is_finished(),
        }
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
        self.lock().children.iter().map(|(&id, child)| child.info(id)).collect()
    }

    pub(super) fn trees(&self) -> Vec<Tree> {
        let parts = |child: &Child| (child.name.to_string(), child.terms.nested.clone());
        // Collected first, so that no two supervisors are locked at a time.
        let children: Vec<_> = self.lock().children.values().map(|child| parts(child)).collect();
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

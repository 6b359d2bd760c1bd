//! The shutdown of the children, step by step in reverse order of their start.

use std::collections::HashSet;
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::ChildId;
use super::children::Child;
use super::owner::Owner;
use super::shared::SharedState;
use super::signal::ExitSignal;
use crate::log::event;

/// How long a step waits for children that were aborted. Only a child that blocks its thread takes
/// that long.
const GRACE: Duration = Duration::from_secs(1);

/// A step of the shutdown: children that end at the same time.
#[derive(Default)]
struct Step {
    /// The children that haven't exited yet.
    children: HashSet<ChildId>,
    asked: Vec<ExitSignal>,
    cut: Vec<AbortHandle>,
    /// The longest `shutdown` time of the children that are asked to end.
    patience: Duration,
}

impl Step {
    /// Returns the next step: the children marked `together`, adjacent children that are aborted,
    /// or a single child that is asked to end. Returns `None` if no child is left.
    fn next(state: &SharedState) -> Option<Self> {
        let last = state.children.values().next_back()?;
        let mut step = Step::default();
        let latest_first = state.children.iter().rev();
        if last.terms().together {
            latest_first
                .filter(|(_, child)| child.terms().together)
                .for_each(|(&id, child)| step.add(id, child));
        } else if last.terms().asks().is_none() {
            latest_first
                .take_while(|(_, child)| is_cut_alone(child))
                .for_each(|(&id, child)| step.add(id, child));
        } else {
            latest_first.take(1).for_each(|(&id, child)| step.add(id, child));
        }
        Some(step)
    }

    fn add(&mut self, id: ChildId, child: &Child) {
        self.children.insert(id);
        match child.terms().asks() {
            Some(signal) => {
                self.asked.push(signal.clone());
                self.patience = self.patience.max(child.terms().shutdown);
            }
            None => self.cut.push(child.task.clone()),
        }
    }

    /// Begins the step. Call it without the lock, because it wakes tasks that wait for the signal.
    fn begin(&self) {
        self.cut.iter().for_each(AbortHandle::abort);
        self.asked.iter().for_each(ExitSignal::request);
    }
}

fn is_cut_alone(child: &Child) -> bool {
    !child.terms().together && child.terms().asks().is_none()
}

impl Owner {
    pub(super) async fn shut_down(&mut self) {
        while let Some(mut step) = self.next_step() {
            step.begin();
            if !step.asked.is_empty() && !self.gone(&mut step.children, step.patience).await {
                self.cut(&step.children);
            }
            if !self.gone(&mut step.children, GRACE).await {
                self.leave(&step.children);
            }
        }
    }

    fn next_step(&self) -> Option<Step> {
        Step::next(&self.shared.lock())
    }

    /// Waits until the children have exited; returns false if `time` is over first.
    async fn gone(&mut self, children: &mut HashSet<ChildId>, time: Duration) -> bool {
        let notices = async {
            while !children.is_empty() {
                let Some(exit) = self.exits.recv().await else { return };
                children.remove(&exit.id);
                self.exited(exit);
            }
        };
        // `INFINITY` needs no timer: tokio sets none for a time that it can't add to now.
        timeout(time, notices).await.is_ok()
    }

    /// Aborts the children whose time is over.
    fn cut(&self, children: &HashSet<ChildId>) {
        let supervisor = self.shared.name();
        let (child, count) = (self.name_of_one(children), children.len());
        event!(warn, name: "children cut", supervisor, child, count, "children didn't end within their shutdown time: cut");
        let state = self.shared.lock();
        let tasks: Vec<_> = children
            .iter()
            .filter_map(|id| state.children.get(id))
            .map(|child| child.task.clone())
            .collect();
        drop(state);
        tasks.iter().for_each(AbortHandle::abort);
    }

    /// Removes children that block their thread and so can't be aborted.
    fn leave(&self, children: &HashSet<ChildId>) {
        let supervisor = self.shared.name();
        let (child, count) = (self.name_of_one(children), children.len());
        event!(
            error, name: "children left", supervisor, child, count,
            "children block their threads and can't be cut: left behind"
        );
        self.shared.lock().children.retain(|id, _| !children.contains(id));
    }

    /// Returns the name of the child that was started first: the log names one child and counts the
    /// others.
    fn name_of_one(&self, children: &HashSet<ChildId>) -> String {
        let state = self.shared.lock();
        let first = children.iter().min().and_then(|id| state.children.get(id));
        first.map_or_else(String::new, |child| child.name().into_owned())
    }
}

//! The state that a supervisor's task and its handles share.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::child::ChildSpec;
use super::children::Child;
use super::exit::{Exit, Start};
use super::intensity::Intensity;
use super::team::Team;
use super::tree::{Subtree, Tree};
use super::{ChildId, ChildInfo};
use crate::error::{Error, ErrorKind, Result};
use crate::reason::ExitReason;

pub(super) struct Shared {
    name: Cow<'static, str>,
    runtime: Handle,
    /// Holds at most one exit per child: only the supervisor restarts a child, and only after it
    /// received the exit.
    exits: UnboundedSender<Exit>,
    /// Never locked across an await or while user code runs.
    state: Mutex<SharedState>,
    stop: Notify,
    ended: Notify,
}

pub(super) struct SharedState {
    phase: SupervisorPhase,
    next_id: u64,
    /// The restarts of all children, also of children that were removed.
    restarts: u64,
    /// The restarts of each child that was restarted and still exists.
    pub(super) restarted: BTreeMap<ChildId, u64>,
    /// The exit that exceeded the restart intensity.
    fault: Option<String>,
    /// The children in the order of their start, because ids grow. Each of them still has one exit
    /// to report.
    pub(super) children: BTreeMap<ChildId, Child>,
}

#[derive(Clone, Copy)]
enum SupervisorPhase {
    Running,
    Stopping(ExitReason),
    Ended(ExitReason),
}

/// The result of a child's exit: the child's name, and its restarts or its closure.
pub(super) enum AfterExit {
    Restarted(Cow<'static, str>, u64),
    Forgotten(Cow<'static, str>, Option<Box<dyn Start>>),
    IntensityExceeded(Cow<'static, str>, Option<Box<dyn Start>>),
}

impl Shared {
    #[track_caller]
    pub(super) fn new(name: Cow<'static, str>) -> (Arc<Self>, UnboundedReceiver<Exit>) {
        let (exits, receiver) = unbounded_channel();
        let shared = Shared {
            name,
            runtime: Handle::current(),
            exits,
            state: Mutex::new(SharedState {
                phase: SupervisorPhase::Running,
                next_id: 0,
                restarts: 0,
                restarted: BTreeMap::new(),
                fault: None,
                children: BTreeMap::new(),
            }),
            stop: Notify::new(),
            ended: Notify::new(),
        };
        (Arc::new(shared), receiver)
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, SharedState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn start(&self, spec: ChildSpec) -> Result<ChildId> {
        self.start_as(|id| {
            let runtime = spec.terms.runtime.as_ref().unwrap_or(&self.runtime);
            let task = spec.start.spawn(id, runtime, self.exits.clone());
            Child::alone(spec.name, spec.terms, task)
        })
    }

    pub(super) fn start_member(&self, team: &Arc<Team>, number: u32) -> Result<ChildId> {
        self.start_as(|id| {
            let runtime = team.terms.runtime.as_ref().unwrap_or(&self.runtime);
            let task = team.spawn(number, id, runtime, self.exits.clone());
            Child::member(Arc::clone(team), number, task)
        })
    }

    fn start_as(&self, child: impl FnOnce(ChildId) -> Child) -> Result<ChildId> {
        let mut state = self.lock();
        if !state.is_running() {
            return Err(Error::new(
                ErrorKind::NotRunning,
                format!("{} is not running any more", self.name),
            ));
        }
        let id = ChildId(state.next_id);
        state.next_id += 1;
        state.children.insert(id, child(id));
        Ok(id)
    }

    /// Restarts a child that exited, if it must be restarted and the intensity allows it.
    pub(super) fn exited(&self, exit: Exit, intensity: &mut Intensity) -> Option<AfterExit> {
        let mut state = self.lock();
        let running = state.is_running();
        let child = state.children.get_mut(&exit.id)?;
        let restart = running && child.terms().restart.is_due_after(&exit.reason);
        if restart && intensity.allows(Instant::now()) {
            child.respawn(exit.start, exit.id, &self.runtime, self.exits.clone());
            let name = child.name();
            let restarts = state.restarted.entry(exit.id).or_default();
            *restarts += 1;
            let restarted = AfterExit::Restarted(name, *restarts);
            state.restarts += 1;
            return Some(restarted);
        }
        let name = state.children.remove(&exit.id)?.name();
        state.restarted.remove(&exit.id);
        if restart {
            state.phase = SupervisorPhase::Stopping(ExitReason::RestartIntensity);
            state.fault = Some(format!("{name} exited: {}", exit.reason));
            return Some(AfterExit::IntensityExceeded(name, exit.start));
        }
        Some(AfterExit::Forgotten(name, exit.start))
    }

    pub(super) fn stop(&self, reason: ExitReason) {
        let mut state = self.lock();
        if state.is_running() {
            state.phase = SupervisorPhase::Stopping(reason);
            drop(state);
            self.stop.notify_one();
        }
    }

    pub(super) fn fault(&self) -> Option<String> {
        self.lock().fault.clone()
    }

    pub(super) fn is_running(&self) -> bool {
        self.lock().is_running()
    }

    pub(super) fn restarts(&self) -> u64 {
        self.lock().restarts
    }

    pub(super) async fn stopping(&self) {
        self.stop.notified().await;
    }

    /// Ends the supervisor and aborts the children that are left.
    pub(super) fn end(&self) -> ExitReason {
        let mut state = self.lock();
        let reason = match state.phase {
            SupervisorPhase::Running => ExitReason::Stopped,
            SupervisorPhase::Stopping(reason) | SupervisorPhase::Ended(reason) => reason,
        };
        state.phase = SupervisorPhase::Ended(reason);
        let children = std::mem::take(&mut state.children);
        drop(state);
        for child in children.values().rev() {
            child.task.abort();
        }
        self.ended.notify_waiters();
        reason
    }

    pub(super) async fn wait(&self) -> ExitReason {
        loop {
            // Created before the phase is read, so that the end of the supervisor after this line
            // wakes it.
            let ended = self.ended.notified();
            if let SupervisorPhase::Ended(reason) = self.lock().phase {
                return reason;
            }
            ended.await;
        }
    }

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
        // Collect first, so that no two supervisors are locked at the same time.
        let children: Vec<_> = self.lock().children.values().map(parts).collect();
        let tree = |(name, nested): (String, Option<Arc<dyn Subtree>>)| match nested {
            Some(nested) => nested.tree(name),
            None => Tree::leaf(name),
        };
        children.into_iter().map(tree).collect()
    }
}

impl SharedState {
    fn is_running(&self) -> bool {
        matches!(self.phase, SupervisorPhase::Running)
    }
}

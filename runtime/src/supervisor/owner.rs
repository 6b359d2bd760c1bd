//! The supervisor's own task: owns the children, receives their exits and restarts them.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;

use super::exit::{Exit, discard};
use super::intensity::Intensity;
use super::shared::{AfterExit, Shared};
use crate::log::event;
use crate::reason::ExitReason;

/// The owner of the children: they end when it is dropped, at the end of `run` or with its task.
pub(super) struct Owner {
    pub(super) shared: Arc<Shared>,
    pub(super) exits: UnboundedReceiver<Exit>,
    intensity: Intensity,
}

impl Owner {
    pub(super) fn new(
        shared: Arc<Shared>,
        exits: UnboundedReceiver<Exit>,
        max_restarts: u32,
        restart_period: Duration,
    ) -> Self {
        Owner {
            shared,
            exits,
            intensity: Intensity::new(max_restarts, restart_period),
        }
    }

    /// Supervises until the supervisor is told to stop or the restart intensity is exceeded, then
    /// ends the children.
    pub(super) async fn run(mut self) -> ExitReason {
        while self.shared.is_running() {
            tokio::select! {
                biased;
                () = self.shared.stopping() => {}
                // The channel can't close here, because `shared` holds a sender. `recv` obeys
                // tokio's cooperative budget, so children that exit as soon as they start can't
                // keep other tasks from running.
                Some(exit) = self.exits.recv() => self.exited(exit),
            }
        }
        self.shut_down().await;
        self.shared.end()
    }

    pub(super) fn exited(&mut self, exit: Exit) {
        let reason = exit.reason.to_string();
        let abnormal = !exit.reason.is_normal();
        let supervisor = self.shared.name();
        match self.shared.exited(exit, &mut self.intensity) {
            Some(AfterExit::Restarted(child, restarts)) => {
                event!(warn, name: "child restarted", supervisor, child = &*child, %reason, restarts, "child restarted");
            }
            Some(AfterExit::Forgotten(child, start)) => {
                if abnormal && self.shared.is_running() {
                    event!(warn, name: "child exited", supervisor, child = &*child, %reason, "child exited");
                } else {
                    event!(debug, name: "child exited", supervisor, child = &*child, %reason, "child exited");
                }
                start.into_iter().for_each(discard);
            }
            Some(AfterExit::IntensityExceeded(child, start)) => {
                event!(
                error, name: "restart intensity", supervisor, child = &*child, %reason,
                        "more restarts than max_restarts in restart_period: all children end"
                    );
                start.into_iter().for_each(discard);
            }
            None => {}
        }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.shared.end();
    }
}

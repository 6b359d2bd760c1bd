//! Want of descriptors or memory at accept(2): waited out, and told once when it begins and once when it is over.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::Instant;

use crate::log::event;
use crate::task::timer::{Timers, after};

/// How long accepting must have worked until the want is over. At the border each connection that ends lets one in.
const CALM: Duration = Duration::from_secs(2);

/// A want of resources, while there is one. What is told is told without the lock, as the log is the user's.
#[derive(Debug, Default)]
pub(crate) struct AcceptBackoff(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    outage: Option<Box<Outage>>,
    /// What wakes each place that waits. They outlive the want: a core that was blocked when it ended is woken all the same.
    timers: Timers,
}

#[derive(Debug)]
struct Outage {
    since: Instant,
    /// How many accepts have failed.
    failures: u64,
    phase: Phase,
    /// When it is over.
    end: Instant,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    /// An accept has failed: nobody accepts until the end.
    Pause,
    /// Accepting has been tried again since then, and has not failed; at the end the want is over.
    Calm(Instant),
}

impl AcceptBackoff {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An accept failed: the next one may be after `pause`.
    pub(crate) fn failed(&self, error: &io::Error, pause: Duration, server: &str) {
        let mut state = self.state();
        let begins = state.outage.is_none();
        let outage = state.outage.get_or_insert_with(|| {
            Box::new(Outage {
                since: Instant::now(),
                failures: 0,
                phase: Phase::Pause,
                end: after(pause),
            })
        });
        outage.failures += 1;
        outage.begin(Phase::Pause, pause);
        drop(state);
        if begins {
            event!(warn, name: "accept failed", server, %error, ?pause, "accepting pauses, and is tried again each {pause:?}: {error}");
        }
    }

    /// Ready unless accepting pauses; then an accept is to be tried.
    pub(crate) fn poll_over(&self, shard: usize, cx: &mut Context<'_>, server: &str) -> Poll<()> {
        let mut state = self.state();
        let State {
            outage: current,
            timers,
        } = &mut *state;
        let Some(outage) = current else {
            return Poll::Ready(());
        };
        if let Phase::Pause = outage.phase {
            ready!(timers.poll_until(shard, outage.end, cx));
            outage.begin(Phase::Calm(Instant::now()), CALM);
        }
        if let Phase::Calm(since) = outage.phase
            && timers.poll_until(shard, outage.end, cx).is_ready()
        {
            let (failures, lasted) = (outage.failures, since.duration_since(outage.since));
            *current = None;
            drop(state);
            event!(warn, name: "accepting again", server, failures, ?lasted, "accepting works again, after {failures} failures in {lasted:?}");
        }
        Poll::Ready(())
    }
}

impl Outage {
    fn begin(&mut self, phase: Phase, time: Duration) {
        self.phase = phase;
        self.end = after(time);
    }
}

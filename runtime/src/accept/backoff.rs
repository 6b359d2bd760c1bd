//! The backoff after accept(2) has failed for lack of descriptors or memory. It logs one event when
//! the outage begins and one when it is over.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::Instant;

use crate::log::event;
use crate::task::timer::{Timers, after};

/// The time for which accepting must have worked until the outage is over. Near the limit each
/// connection that ends lets one in, which must not end and begin an outage each time.
const CALM: Duration = Duration::from_secs(2);

/// The outage, while there is one. Events are written without the lock, as the subscriber is the
/// user's.
#[derive(Debug, Default)]
pub(crate) struct AcceptBackoff(Mutex<BackoffState>);

#[derive(Debug, Default)]
struct BackoffState {
    outage: Option<Box<Outage>>,
    /// A timer for each shard that waits. They outlive the outage, so that a core that was blocked
    /// when it ended is woken all the same.
    timers: Timers,
}

#[derive(Debug)]
struct Outage {
    since: Instant,
    /// The number of accepts that failed.
    failures: u64,
    phase: BackoffPhase,
    /// The end of the phase.
    end: Instant,
}

#[derive(Clone, Copy, Debug)]
enum BackoffPhase {
    /// An accept has failed. No shard accepts until the end.
    Pause,
    /// No accept has failed since this moment. At the end the outage is over.
    Calm(Instant),
}

impl AcceptBackoff {
    fn state(&self) -> MutexGuard<'_, BackoffState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins or prolongs the outage: the next accept is after `pause`.
    pub(crate) fn failed(&self, error: &io::Error, pause: Duration, server: &str) {
        let mut state = self.state();
        let begins = state.outage.is_none();
        let outage = state.outage.get_or_insert_with(|| {
            Box::new(Outage {
                since: Instant::now(),
                failures: 0,
                phase: BackoffPhase::Pause,
                end: after(pause),
            })
        });
        outage.failures += 1;
        outage.begin(BackoffPhase::Pause, pause);
        drop(state);
        if begins {
            event!(warn, name: "accept failed", server, %error, ?pause, "accepting pauses, and is tried again each {pause:?}: {error}");
        }
    }

    /// Returns `Ready` if an accept may be tried.
    pub(crate) fn poll_over(&self, shard: usize, cx: &mut Context<'_>, server: &str) -> Poll<()> {
        let mut state = self.state();
        let BackoffState {
            outage: current,
            timers,
        } = &mut *state;
        let Some(outage) = current else {
            return Poll::Ready(());
        };
        if let BackoffPhase::Pause = outage.phase {
            ready!(timers.poll_until(shard, outage.end, cx));
            outage.begin(BackoffPhase::Calm(Instant::now()), CALM);
        }
        if let BackoffPhase::Calm(since) = outage.phase
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
    fn begin(&mut self, phase: BackoffPhase, time: Duration) {
        self.phase = phase;
        self.end = after(time);
    }
}

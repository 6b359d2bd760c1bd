//! Want of descriptors or memory at accept(2): waited out, and told once when it begins and once when it is over.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

/// How long accepting must have worked until the want is over. At the border each connection that ends lets one in.
const CALM: Duration = Duration::from_secs(2);

/// A want of resources, while there is one.
#[derive(Debug, Default)]
pub(crate) struct Shortage(Option<Box<Want>>);

#[derive(Debug)]
struct Want {
    since: Instant,
    /// How many accepts have failed.
    failures: u64,
    phase: Phase,
    timer: Pin<Box<Sleep>>,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    /// An accept has failed: nobody accepts until the timer is over.
    Pause,
    /// Accepting has been tried again since then, and has not failed; when the timer is over, so is the want.
    Calm(Instant),
}

impl Shortage {
    /// An accept failed: the next one may be after `pause`.
    pub(crate) fn failed(&mut self, error: &io::Error, pause: Duration, server: &str) {
        let want = self.0.get_or_insert_with(|| {
            tracing::warn!(name: "accept failed", server, %error, ?pause, "accepting pauses, and is tried again each {pause:?}: {error}");
            Box::new(Want {
                since: Instant::now(),
                failures: 0,
                phase: Phase::Pause,
                timer: Box::pin(sleep(pause)),
            })
        });
        want.failures += 1;
        want.begin(Phase::Pause, pause);
    }

    /// Ready unless accepting pauses; then an accept is to be tried.
    pub(crate) fn poll_over(&mut self, cx: &mut Context<'_>, server: &str) -> Poll<()> {
        let Some(want) = &mut self.0 else {
            return Poll::Ready(());
        };
        if let Phase::Pause = want.phase {
            ready!(want.timer.as_mut().poll(cx));
            want.begin(Phase::Calm(Instant::now()), CALM);
        }
        if let Phase::Calm(since) = want.phase
            && want.timer.as_mut().poll(cx).is_ready()
        {
            let (failures, lasted) = (want.failures, since.duration_since(want.since));
            tracing::warn!(name: "accepting again", server, failures, ?lasted, "accepting works again, after {failures} failures in {lasted:?}");
            self.0 = None;
        }
        Poll::Ready(())
    }
}

impl Want {
    fn begin(&mut self, phase: Phase, time: Duration) {
        self.phase = phase;
        match Instant::now().checked_add(time) {
            Some(end) => self.timer.as_mut().reset(end),
            None => self.timer = Box::pin(sleep(time)),
        }
    }
}

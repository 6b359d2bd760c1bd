//! The balancer of accepts: leaves a connection to a core that serves fewer, if one takes it.
//!
//! Without this, connections that come one after the other pile up on the first core. On 2 cores
//! that others used too it had 685, 838 and 845 of 1,000 in three runs, and with this 511, 596 and
//! 488; of 8 it had 7, 5 and 8, and with this 4 each time. Where all come at once this makes no
//! difference: the busier core had 565, 642 and 525 without it, and 678, 504 and 665 with it.

use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::Instant;

use crate::task::timer::Timer;

/// The time for which a connection is left to others. All cores are woken for a connection, so a
/// core that can take it does so at once.
const TIME: Duration = Duration::from_millis(1);

/// The number of connections that are accepted at once after no other core took the one that was
/// left, as all are blocked or busy. Fewer would leave a burst waiting, as a busy core comes here
/// seldom.
const AFTER_WAITING_IN_VAIN: u32 = 64;

#[derive(Debug, Default)]
pub(crate) struct AcceptBalancer {
    until: Option<Instant>,
    timer: Timer,
    at_once: u32,
}

impl AcceptBalancer {
    /// Calls `accept`; when `ahead`, as other cores serve fewer, only after a while.
    pub(crate) fn poll<T>(
        &mut self,
        ahead: bool,
        cx: &mut Context<'_>,
        accept: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let waits = ahead && self.at_once == 0;
        if waits {
            let until = *self.until.get_or_insert_with(|| Instant::now() + TIME);
            ready!(self.timer.poll_until(until, cx));
        }
        // The next wait begins anew.
        self.until = None;
        let accepted = accept(cx);
        if accepted.is_ready() {
            self.at_once = match (ahead, waits) {
                (false, _) => 0,
                (true, true) => AFTER_WAITING_IN_VAIN,
                (true, false) => self.at_once - 1,
            };
        }
        accepted
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_nobody_else_takes_is_taken_after_a_while_and_then_so_many_at_once() {
        let mut balancer = AcceptBalancer::default();
        let mut is_taken = |ahead| {
            let mut cx = Context::from_waker(Waker::noop());
            balancer.poll(ahead, &mut cx, |_| Poll::Ready(())).is_ready()
        };
        assert!(is_taken(false), "who isn't ahead waits for nobody");
        for _ in 0..2 {
            assert!(!is_taken(true) && !is_taken(true));
            tokio::time::advance(TIME / 2).await;
            assert!(!is_taken(true), "the others have the whole time");
            tokio::time::advance(TIME).await;
            for _ in 0..=AFTER_WAITING_IN_VAIN {
                assert!(is_taken(true));
            }
        }
        // Others have caught up: the next time that it is ahead it waits again.
        assert!(!is_taken(true) && is_taken(false) && !is_taken(true));
    }
}

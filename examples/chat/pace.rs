//! The pace of a member: whoever sends more than the others can read is slowed down.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// The lines that a member may send per `WINDOW` before the server slows the member down: more than
/// a person types, less than the others can read, and a fraction of a mailbox.
const BURST: u32 = 256;
const WINDOW: Duration = Duration::from_millis(100);

pub(crate) struct Pace {
    /// The start of the present window, and the number of lines received in it.
    since: Instant,
    said: u32,
}

impl Pace {
    pub(crate) fn new() -> Self {
        Pace {
            since: Instant::now(),
            said: 0,
        }
    }

    /// Counts a line, and waits if the member sends too much. The server reads nothing from the
    /// member meanwhile, so TCP's flow control slows the member down too.
    pub(crate) async fn keep(&mut self) {
        if self.since.elapsed() < WINDOW && self.said == BURST {
            sleep_until(self.since + WINDOW).await;
        }
        if self.since.elapsed() >= WINDOW {
            (self.since, self.said) = (Instant::now(), 0);
        }
        self.said += 1;
    }
}

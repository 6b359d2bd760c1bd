//! Who waits in the backlog of a port that closes: each is told in good order, as the kernel would
//! reset them.

use std::io;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};

use crate::accept::error::AcceptError;
use crate::task::timer::after;
use crate::transport::AnyTransport;
use crate::transport::lingering_close;
use crate::transport::listener::{Backlog, Listener};

/// How long it is waited until accepting is tried again.
const PAUSE: Duration = Duration::from_millis(5);

/// Whether anybody is served.
pub(crate) type Serves<'s> = dyn Fn() -> bool + Sync + 's;

/// Those who were turned away and haven't left yet; owned by whoever closes the port.
#[derive(Debug)]
pub(crate) struct BacklogDrain {
    words: &'static [u8],
    farewells: JoinSet<()>,
    /// How long all have to leave.
    until: Instant,
    /// How long it is waited for descriptors to accept them with.
    limit: Instant,
    count: usize,
}

impl BacklogDrain {
    /// Each is told `words`, and all have `limit` to leave, or the time of a farewell, if that is
    /// shorter. For so long it is also waited for others to end, where there are no descriptors to
    /// accept them with.
    pub(crate) fn new(words: &'static [u8], limit: Duration) -> Self {
        BacklogDrain {
            words,
            farewells: JoinSet::new(),
            until: after(limit.min(lingering_close::TIME)),
            limit: after(limit),
            count: 0,
        }
    }

    /// Closes the port, after those who wait in its backlog were turned away. `serves` says whether
    /// anybody is served still, whose end would make room.
    pub(crate) async fn close(&mut self, listener: Box<dyn Listener>, serves: &Serves<'_>) {
        let Some(backlog) = listener.into_backlog() else { return };
        let Backlog {
            mut accept,
            most: mut left,
            settles,
        } = backlog;
        // Those who come one by one, each within a moment of the one before, put it off no further
        // than this.
        let mut last = self.until.max(after(settles));
        let mut over = after(settles);
        while left > 0 {
            match accept() {
                Ok(transport) => {
                    left -= 1;
                    over = last.min(after(settles));
                    self.turn_away(transport);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if over <= Instant::now() {
                        return;
                    }
                    sleep(PAUSE).await;
                }
                Err(error) => match AcceptError::of(&error) {
                    AcceptError::Retry => left -= 1,
                    AcceptError::Lost => return,
                    // One that ends makes room, be it served or turned away.
                    AcceptError::Pause => {
                        while self.farewells.try_join_next().is_some() {}
                        let (now, frees) = (Instant::now(), !self.farewells.is_empty() || serves());
                        if self.limit <= now || self.until <= now && !frees {
                            return;
                        }
                        // They begin to wait anew.
                        last = last.max(after(settles));
                        sleep(PAUSE).await;
                    }
                },
            }
        }
    }

    /// Ends a connection in good order, unserved.
    fn turn_away(&mut self, transport: AnyTransport) {
        self.count += 1;
        self.farewells.spawn(lingering_close::say(transport, self.words));
    }

    /// Waits until all have left or their time is over; how many were turned away.
    pub(crate) async fn all(mut self) -> usize {
        let all = async { while self.farewells.join_next().await.is_some() {} };
        let _ = timeout_at(self.until, all).await;
        self.count
    }
}

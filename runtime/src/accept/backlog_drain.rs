//! The drain of a backlog: closes the connections that wait at a port that closes, each in good
//! order. The kernel would reset them.

use std::io;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};

use crate::accept::error::AcceptError;
use crate::task::timer::after;
use crate::transport::AnyTransport;
use crate::transport::lingering_close;
use crate::transport::listener::{Backlog, PortListener};

/// The pause before accepting is tried again.
const PAUSE: Duration = Duration::from_millis(5);

/// Returns whether any connection is served still.
pub(crate) type Serves<'s> = dyn Fn() -> bool + Sync + 's;

/// The connections that were turned away and haven't ended yet. The task that closes the port owns
/// them.
#[derive(Debug)]
pub(crate) struct BacklogDrain {
    words: &'static [u8],
    farewells: JoinSet<()>,
    /// The time by which all of them must have ended.
    until: Instant,
    /// The time by which descriptors to accept them with must be free.
    limit: Instant,
    count: usize,
}

impl BacklogDrain {
    /// Creates a drain that sends `words` to each connection. All have `limit` to end, or the time
    /// of a lingering close if that is shorter. For so long the drain also waits for descriptors.
    pub(crate) fn new(words: &'static [u8], limit: Duration) -> Self {
        BacklogDrain {
            words,
            farewells: JoinSet::new(),
            until: after(limit.min(lingering_close::TIME)),
            limit: after(limit),
            count: 0,
        }
    }

    /// Closes the port, after the connections in its backlog were turned away. `serves` returns
    /// whether a connection is served still, whose end would free a descriptor.
    pub(crate) async fn close(&mut self, listener: Box<dyn PortListener>, serves: &Serves<'_>) {
        let Some(backlog) = listener.into_backlog() else { return };
        let Backlog {
            mut accept,
            most: mut left,
            settles,
        } = backlog;
        // Connections that come one by one, each shortly after the one before, delay the close no
        // further than this.
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
                    // Any connection that ends frees a descriptor, whether it was served or turned
                    // away.
                    AcceptError::Pause => {
                        while self.farewells.try_join_next().is_some() {}
                        let (now, frees) = (Instant::now(), !self.farewells.is_empty() || serves());
                        if self.limit <= now || self.until <= now && !frees {
                            return;
                        }
                        // The lingering close of each begins anew.
                        last = last.max(after(settles));
                        sleep(PAUSE).await;
                    }
                },
            }
        }
    }

    /// Closes a connection in good order, unserved.
    fn turn_away(&mut self, transport: AnyTransport) {
        self.count += 1;
        self.farewells.spawn(lingering_close::say(transport, self.words));
    }

    /// Waits until all have ended or their time is over; returns how many were turned away.
    pub(crate) async fn all(mut self) -> usize {
        let all = async { while self.farewells.join_next().await.is_some() {} };
        let _ = timeout_at(self.until, all).await;
        self.count
    }
}

//! Who comes to a server's port, and whether somebody may be accepted at this moment: what all places where acceptors wait share.

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::accept::backoff::Shortage;
use crate::accept::error::AcceptError;
use crate::accept::rate::Rate;
use crate::options::Options;
use crate::options::reload::Live;

#[derive(Debug)]
pub(crate) struct Entrance {
    live: Arc<Live>,
    shortage: Shortage,
    /// None without a limit.
    rate: Option<Rate>,
}

impl Entrance {
    pub(crate) fn new(options: &Options, live: Arc<Live>) -> Self {
        Entrance {
            live,
            shortage: Shortage::default(),
            rate: options.accept_rate.map(Rate::new),
        }
    }

    /// Ready unless accepting pauses for want of resources.
    pub(crate) fn poll_ready(&self, place: usize, cx: &mut Context<'_>, server: &str) -> Poll<()> {
        self.shortage.poll_over(place, cx, server)
    }

    /// Ready when one more may be let in.
    pub(crate) fn poll_rate(&self, place: usize, cx: &mut Context<'_>) -> Poll<()> {
        let rate = self.rate.as_ref();
        rate.map_or(Poll::Ready(()), |rate| rate.poll_ready(place, cx))
    }

    /// One was let in.
    pub(crate) fn take(&self) {
        self.rate.iter().for_each(Rate::take);
    }

    /// An accept failed: what concerns one connection is passed over, and want of resources is waited out.
    ///
    /// # Errors
    ///
    /// The listener is lost.
    pub(crate) fn failed(&self, error: io::Error, server: &str) -> io::Result<()> {
        match AcceptError::of(&error) {
            AcceptError::Retry => Ok(()),
            AcceptError::Lost => Err(error),
            AcceptError::Pause => {
                let pause = self.live.get().accept_error_sleep_time;
                self.shortage.failed(&error, pause, server);
                Ok(())
            }
        }
    }
}

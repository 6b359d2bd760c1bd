//! Who comes to a server's port, and whether somebody may be accepted at this moment: what all places where acceptors wait share.

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::accept::backoff::AcceptBackoff;
use crate::accept::error::AcceptError;
use crate::accept::rate::Rate;
use crate::options::Options;
use crate::options::reload::OptionsCell;

#[derive(Debug)]
pub(crate) struct AcceptThrottle {
    live: Arc<OptionsCell>,
    backoff: AcceptBackoff,
    /// None without a limit.
    rate: Option<Rate>,
}

impl AcceptThrottle {
    pub(crate) fn new(options: &Options, live: Arc<OptionsCell>) -> Self {
        AcceptThrottle {
            live,
            backoff: AcceptBackoff::default(),
            rate: options.accept_rate.map(Rate::new),
        }
    }

    /// Ready unless accepting pauses for want of resources.
    pub(crate) fn poll_ready(&self, shard: usize, cx: &mut Context<'_>, server: &str) -> Poll<()> {
        self.backoff.poll_over(shard, cx, server)
    }

    /// Ready when one more may be let in.
    pub(crate) fn poll_rate(&self, shard: usize, cx: &mut Context<'_>) -> Poll<()> {
        let rate = self.rate.as_ref();
        rate.map_or(Poll::Ready(()), |rate| rate.poll_ready(shard, cx))
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
                self.backoff.failed(&error, pause, server);
                Ok(())
            }
        }
    }
}

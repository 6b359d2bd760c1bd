//! The throttle that all shards of a server share: whether an accept may be tried at this moment,
//! by the backoff and by `accept_rate`.

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
    /// `None` without a limit.
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

    /// Returns `Ready` unless the backoff pauses accepting.
    pub(crate) fn poll_ready(&self, shard: usize, cx: &mut Context<'_>, server: &str) -> Poll<()> {
        self.backoff.poll_over(shard, cx, server)
    }

    /// Returns `Ready` when `accept_rate` allows one more connection.
    pub(crate) fn poll_rate(&self, shard: usize, cx: &mut Context<'_>) -> Poll<()> {
        let rate = self.rate.as_ref();
        rate.map_or(Poll::Ready(()), |rate| rate.poll_ready(shard, cx))
    }

    /// Counts a connection that was let in.
    pub(crate) fn take(&self) {
        self.rate.iter().for_each(Rate::take);
    }

    /// Handles an error of accept(2): one of a single connection is ignored, any other begins a
    /// pause.
    ///
    /// # Errors
    ///
    /// Returns the error if the listener is lost.
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

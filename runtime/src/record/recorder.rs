//! The handle of a recording that runs.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::tape::queue::Queue;
use crate::tape::switch::Switch;

/// The longest wait until what is recorded is written.
pub(super) const FLUSH: Duration = Duration::from_secs(5);

/// A recording that runs, begun by [`Server::record`](crate::Server::record).
///
/// It ends when this is stopped or dropped, when its server ends, or when its disk fails. What was
/// recorded by then is still written, by a thread of its own.
#[derive(Debug)]
#[must_use = "a recording ends when its `Recorder` is dropped"]
pub struct Recorder {
    pub(super) switch: Arc<Switch>,
    pub(super) number: u32,
    pub(super) queue: Arc<Queue>,
    pub(super) progress: Arc<Mutex<Progress>>,
    /// It ends with its server alone.
    pub(super) detached: bool,
}

/// The result of a recording.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Recorded {
    /// Its files, the oldest first. Earlier ones are removed.
    pub files: Vec<PathBuf>,
    /// The bytes of all files that it wrote, with those that are removed.
    pub bytes: u64,
    /// The number of bytes of connections that it left out.
    pub left_out: u64,
}

/// The state that the writer tells.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress {
    pub(super) recorded: Recorded,
    /// The reason why it couldn't go on.
    pub(super) failed: Option<String>,
}

impl Recorder {
    /// Returns the files that there are by now, the oldest first. What was recorded a moment ago
    /// may not be in them yet.
    pub fn files(&self) -> Vec<PathBuf> {
        self.progress().recorded.files
    }

    fn progress(&self) -> Progress {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns whether it still records. It may have ended with its server, or its disk failed.
    pub fn is_recording(&self) -> bool {
        self.switch.present() == self.number
    }

    /// Ends the recording, and waits until all of it is written, for at most 5 s.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Other`] if a file couldn't be written, which has ended the recording.
    /// [`ErrorKind::Timeout`] if the disk takes longer than 5 s. What was written is there in both
    /// cases.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the recording all the same.
    pub async fn stop(self) -> Result<Recorded> {
        self.switch.end(self.number);
        if !Arc::clone(&self.queue).done(FLUSH).await {
            let message = format!("the disk has not taken the recording within {FLUSH:?}");
            return Err(Error::new(ErrorKind::Timeout, message));
        }
        let Progress { recorded, failed } = self.progress();
        match failed {
            Some(failed) => Err(Error::new(
                ErrorKind::Other,
                format!("the recording ended early: {failed}"),
            )),
            None => Ok(recorded),
        }
    }
}

impl Progress {
    pub(super) fn of(files: Vec<PathBuf>) -> Self {
        let recorded = Recorded {
            files,
            ..Recorded::default()
        };
        Progress { recorded, failed: None }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        if !self.detached {
            self.switch.end(self.number);
        }
    }
}

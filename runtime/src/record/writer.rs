//! The thread that writes a recording.
//!
//! It is a thread of its own, as a disk can block it for as long as it likes. It ends when its
//! recording has ended and all is written; one that a disk blocks for ever stays until the process
//! ends, and holds no more than its queue.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use tracing::Dispatch;
use tracing::dispatcher::with_default;

use super::files::Files;
use super::lines::Lines;
use super::recorder::{Progress, Recorded};
use crate::log::{Quoted, event};
use crate::tape::queue::{Batch, Queue};
use crate::tape::switch::Switch;

/// The parts of the thread.
pub(super) struct Writer {
    pub(super) server: &'static str,
    pub(super) switch: Arc<Switch>,
    pub(super) number: u32,
    pub(super) queue: Arc<Queue>,
    pub(super) files: Files,
    pub(super) lines: Lines,
    pub(super) progress: Arc<Mutex<Progress>>,
    pub(super) subscriber: Dispatch,
}

impl Writer {
    /// Writes until the recording ends.
    pub(super) fn run(mut self) {
        let written = self.write();
        let failed = written.err().map(|error| error.to_string());
        // Also where it failed: nothing is recorded from here on.
        self.queue.give_up();
        self.switch.end(self.number);
        let recorded = self.recorded();
        with_default(&self.subscriber, || self.tell(&recorded, failed.as_deref()));
        self.set(recorded, failed);
        self.queue.tell_done();
    }

    fn set(&self, recorded: Recorded, failed: Option<String>) {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner) = Progress { recorded, failed };
    }

    fn tell(&self, recorded: &Recorded, failed: Option<&str>) {
        let Recorded { files, bytes, left_out } = recorded;
        let (server, files) = (self.server, files.len());
        match failed {
            Some(error) => {
                event!(error, name: "recording failed", server, files, bytes, "the recording of {server} has ended, as it can't be written: {}; connections go on", Quoted(error));
            }
            None => {
                event!(info, name: "recording ended", server, files, bytes, left_out, "the recording of {server} has ended: {bytes} bytes, {left_out} were left out");
            }
        }
    }

    fn write(&mut self) -> io::Result<()> {
        let mut batch = Batch::default();
        while self.queue.take(&mut batch) {
            self.lines.write(&mut batch, &mut self.files)?;
            self.files.flush()?;
            batch.clear();
            self.set(self.recorded(), None);
        }
        match self.queue.unseen() {
            0 => {}
            unseen => self.files.comment(&format!("{unseen} connections are left out"))?,
        }
        self.files.comment("ended")?;
        self.files.flush()
    }

    fn recorded(&self) -> Recorded {
        Recorded {
            files: self.files.paths(),
            bytes: self.files.bytes,
            left_out: self.lines.left_out,
        }
    }
}

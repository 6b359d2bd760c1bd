//! The record of what a client sent, for a report.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The steps that a report shows: the last ones of the connection.
const SHOWN: usize = 24;

/// The most characters of a step that a report shows.
const LENGTH_MAX: usize = 1024;

pub(super) fn lock(journal: &Mutex<Journal>) -> MutexGuard<'_, Journal> {
    journal.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The record of what was sent, for a report.
#[derive(Debug, Default)]
pub(super) struct Journal {
    /// The number of steps so far.
    pub(super) step: u64,
    /// The last of what was sent on the present connection.
    sent: VecDeque<String>,
    left_out: usize,
}

impl Journal {
    /// Begins a connection.
    pub(super) fn begin(&mut self) {
        self.sent.clear();
        self.left_out = 0;
    }

    pub(super) fn note(&mut self, what: &str) {
        self.sent.push_back(shown(what));
        if self.sent.len() > SHOWN {
            self.sent.pop_front();
            self.left_out += 1;
        }
    }

    pub(super) fn report(&self, wrong: &str, seed: u64) -> String {
        let step = self.step;
        let mut report = format!("{wrong}\n  seed {seed}, step {step}; on this connection the client sent:");
        if self.left_out > 0 {
            let _ = write!(report, "\n    (and {} steps before)", self.left_out);
        }
        for sent in &self.sent {
            let _ = write!(report, "\n    {sent}");
        }
        let _ = write!(report, "\n  again: `test::explore(server, {seed}, {step})`");
        report
    }
}

/// Returns the beginning of what is too long.
fn shown(what: &str) -> String {
    match what.char_indices().nth(LENGTH_MAX) {
        Some((end, _)) => format!("{}… ({} bytes of text)", &what[..end], what.len()),
        None => what.to_owned(),
    }
}

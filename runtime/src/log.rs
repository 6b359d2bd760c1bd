//! Log lines: limited in size and rate, and free of a peer's control characters.

pub(crate) mod span;

use std::fmt::{self, Write as _};
use std::num::NonZeroU64;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::panics::{Panicked, caught};

/// Writes an event, as `tracing`'s macro of that level does. All code here writes events through
/// it, because a subscriber is user code and its panic must not end the server.
macro_rules! event {
    ($level:ident, $($event:tt)+) => {
        $crate::panics::event(|| tracing::$level!($($event)+))
    };
}
pub(crate) use event;

/// A rate limit, which admits `lines` lines per period and counts the others.
#[derive(Debug)]
pub(crate) struct Limiter {
    lines: u32,
    period: Duration,
    state: Mutex<Option<Window>>,
}

#[derive(Debug)]
struct Window {
    since: Instant,
    lines: u32,
    unsaid: u64,
}

/// The number of lines that were left out before this one; `None` if there were none, so that the
/// event has no such field.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unsaid(pub(crate) Option<NonZeroU64>);

impl Limiter {
    pub(crate) const fn new(lines: u32, period: Duration) -> Self {
        Limiter {
            lines,
            period,
            state: Mutex::new(None),
        }
    }

    /// Returns `None` if the line must not be written, otherwise the number of lines that were left
    /// out before it.
    pub(crate) fn admit(&self) -> Option<Unsaid> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let window = state.get_or_insert(Window {
            since: now,
            lines: 0,
            unsaid: 0,
        });
        if now.duration_since(window.since) >= self.period {
            window.since = now;
            window.lines = 0;
        }
        if window.lines == self.lines {
            window.unsaid += 1;
            return None;
        }
        window.lines += 1;
        Some(Unsaid(NonZeroU64::new(std::mem::take(&mut window.unsaid))))
    }
}

/// Admits ten lines a second, the limit for events that each connection may cause.
impl Default for Limiter {
    fn default() -> Self {
        Limiter::new(10, Duration::from_secs(1))
    }
}

/// The most characters that a log line quotes.
const QUOTED: usize = 200;

/// A text that a peer may have written, displayed on one line, escaped and truncated. This holds
/// whatever the text's own `Display` does.
pub(crate) struct Quoted<T>(pub(crate) T);

impl<T: fmt::Display> fmt::Display for Quoted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut escape = Escape { to: f, left: QUOTED };
        let written = caught(|| write!(escape, "{}", self.0));
        let is_full = escape.left == 0;
        match written {
            Ok(Ok(())) => Ok(()),
            // The quote is full, so no more is rendered.
            Ok(Err(fmt::Error)) if is_full => f.write_str("…"),
            Ok(Err(fmt::Error)) => f.write_str("(its Display failed)"),
            Err(Panicked) => f.write_str("(its Display panicked)"),
        }
    }
}

struct Escape<'a, 'b> {
    to: &'a mut fmt::Formatter<'b>,
    left: usize,
}

impl fmt::Write for Escape<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            self.left = self.left.checked_sub(1).ok_or(fmt::Error)?;
            // Quotes are harmless in a log line, and common in errors.
            if matches!(character, '"' | '\'') {
                self.to.write_char(character)?;
            } else {
                write!(self.to, "{}", character.escape_debug())?;
            }
        }
        Ok(())
    }
}

//! Log lines: bounded in size and in number, and without a peer's control characters.

use std::fmt::{self, Write as _};
use std::num::NonZeroU64;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Admits so many lines in a period and counts the others.
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

/// How many lines were left out before this one; a field only where there were any.
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

    /// Whether to write a line, and if so how many were left out before it.
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

/// Ten lines a second, for what each connection may cause.
impl Default for Limiter {
    fn default() -> Self {
        Limiter::new(10, Duration::from_secs(1))
    }
}

/// The most characters that a log line quotes.
const QUOTED: usize = 200;

/// Displays a text that a peer may have written: in one line, escaped, and cut where it is long.
pub(crate) struct Quoted<T>(pub(crate) T);

impl<T: fmt::Display> fmt::Display for Quoted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut escape = Escape { to: f, left: QUOTED };
        match write!(escape, "{}", self.0) {
            // Nothing more is wanted, so nothing more is rendered.
            Err(_) if escape.left == 0 => f.write_str("…"),
            done => done,
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

/// Writes events to standard error, and a panic as one line among them. A subscriber that is there already stays.
#[cfg(feature = "log")]
pub(crate) fn install() {
    use tracing_subscriber::filter::LevelFilter;

    let level = std::env::var("RUST_LOG")
        .ok()
        .and_then(|level| level.parse().ok())
        .unwrap_or(LevelFilter::INFO);
    // An error means that the program has a subscriber of its own.
    let _ = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_target(false)
        // It would tell standard error that standard error takes nothing, which panics: on a full disk, or when whoever read it
        // has gone, each line that a peer causes would end the program.
        .log_internal_errors(false)
        .try_init();
    install_panic_hook();
}

/// Without the feature the program's own subscriber, if there is one, gets the events.
#[cfg(not(feature = "log"))]
pub(crate) fn install() {
    install_panic_hook();
}

/// What a panic says may quote a peer.
fn install_panic_hook() {
    static PANICS: Limiter = Limiter::new(10, Duration::from_secs(1));
    std::panic::set_hook(Box::new(|panic| {
        let Some(Unsaid(unsaid)) = PANICS.admit() else { return };
        let text = panic.payload_as_str().unwrap_or("(not a text)");
        let place = panic
            .location()
            .map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        tracing::error!(name: "panic", unsaid, "panicked at {place}: {}", Quoted(text));
    }));
}

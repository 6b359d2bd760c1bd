//! The log of a server under test.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, Once, PoisonError};

use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{DefaultGuard, Interest, set_global_default};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::util::SubscriberInitExt as _;

/// The log of this thread during the lifetime of this value. Other tests of the process neither see
/// it nor write to it.
///
/// A server under test logs here if it runs on this thread, as it does in a test that is
/// `#[tokio::test]` without more threads.
#[derive(Debug)]
pub struct Log {
    text: Text,
    _subscribed: DefaultGuard,
}

impl Log {
    /// Creates an empty log.
    ///
    /// # Panics
    ///
    /// As [`subscribe`].
    #[must_use = "it ends when it is dropped"]
    #[allow(clippy::new_without_default, reason = "it does something")]
    pub fn new() -> Self {
        let text = Text::default();
        let writer = text.clone();
        Log {
            text,
            _subscribed: write_to(move || writer.clone()),
        }
    }

    /// Returns the text logged so far.
    pub fn text(&self) -> String {
        let text = self.text.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Returns the text logged since the last call.
    pub fn take(&self) -> String {
        let text = std::mem::take(&mut *self.text.0.lock().unwrap_or_else(PoisonError::into_inner));
        String::from_utf8_lossy(&text).into_owned()
    }
}

#[derive(Clone, Debug, Default)]
struct Text(Arc<Mutex<Vec<u8>>>);

impl Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes the log of this thread to `writer`, as text without times and colours, until the guard is
/// dropped.
///
/// # Panics
///
/// As [`subscribe`].
#[must_use = "it ends when the guard is dropped"]
pub fn write_to<W: Write>(writer: impl Fn() -> W + Send + Sync + 'static) -> DefaultGuard {
    let subscriber = tracing_subscriber::fmt().with_writer(writer);
    subscribe(subscriber.with_ansi(false).without_time().finish())
}

/// Sends the events of this thread to `subscriber` until the guard is dropped.
///
/// # Panics
///
/// If other code has subscribed for the whole process.
#[must_use = "it ends when the guard is dropped"]
pub fn subscribe(subscriber: impl Subscriber + Send + Sync) -> DefaultGuard {
    static ASKS_EACH_TIME: Once = Once::new();
    // Otherwise the first thread to reach an event, if it has no subscriber, would disable this
    // event for all threads.
    ASKS_EACH_TIME.call_once(|| {
        set_global_default(Undecided).expect("tests subscribe by this function alone");
        tracing::callsite::rebuild_interest_cache();
    });
    subscriber.set_default()
}

/// A subscriber that takes no events, and doesn't disable them for others.
struct Undecided;

impl Subscriber for Undecided {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, _: &Metadata<'_>) -> bool {
        false
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

//! Panics of code that is the user's: caught, and told once.
//!
//! That code is callbacks, destructors, what an error displays, and the subscriber. All of it runs in [`caught`] or [`event`], so that its
//! panic ends what it is about and nothing else. What the panic hook of [`run`](crate::run) has to say of it is written here, once the
//! panic is caught: inside a hook a panic of the subscriber would abort the process.

use std::any::Any;
use std::cell::Cell;
use std::io::{Write as _, stderr};
use std::num::NonZeroU64;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A panic of the user's was caught.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Panicked;

/// What this thread runs, as the hook sees it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runs {
    /// Nothing whose panic is caught here.
    Other,
    /// What `caught` runs.
    Caught,
    /// The same, and a panic of it is still to be told.
    Untold,
    /// The subscriber, which can't be told its own panic.
    Subscriber,
}

/// What is to be told of a panic.
pub(crate) struct Report {
    pub(crate) line: String,
    /// How many panics before it were told nobody.
    pub(crate) unsaid: Option<NonZeroU64>,
    /// Whether a hook of the program's own was called.
    pub(crate) hooked: bool,
}

thread_local! {
    static RUNS: Cell<Runs> = const { Cell::new(Runs::Other) };
    static REPORT: Cell<Option<Box<Report>>> = const { Cell::new(None) };
}

/// Runs code of the user's, so that its panic is a result. What the panic leaves behind must not be used any more.
#[inline]
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch(run).map_err(|payload| {
        forget(payload);
        Panicked
    })
}

/// As `caught`, where it is known to run inside of it already, as all of a connection does: that costs nothing then.
#[inline]
pub(crate) fn caught_inside<T>(run: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|payload| {
        if RUNS.get() == Runs::Untold {
            RUNS.set(Runs::Caught);
            tell();
        }
        forget(payload);
        Panicked
    })
}

/// As `caught`, for who looks at what the panic was raised with. That goes to `forget` then.
#[inline]
pub(crate) fn catch<T>(run: impl FnOnce() -> T) -> Result<T, Box<dyn Any + Send>> {
    let before = RUNS.replace(Runs::Caught);
    let done = catch_unwind(AssertUnwindSafe(run));
    // Also without an error, where the user's own code has caught the panic.
    if RUNS.replace(before) == Runs::Untold {
        tell();
    }
    done
}

/// Writes an event. A panic of the subscriber loses the line and nothing else.
#[inline]
pub(crate) fn event(write: impl FnOnce()) {
    let before = RUNS.replace(Runs::Subscriber);
    let done = catch_unwind(AssertUnwindSafe(write));
    RUNS.set(before);
    if let Err(payload) = done {
        forget(payload);
    }
}

/// Drops what is the user's.
pub(crate) fn discard<T>(value: T) {
    let _ = caught(|| drop(value));
}

/// Drops what a panic was raised with. Where its destructor panics too, what that one was raised with is leaked.
#[cold]
pub(crate) fn forget(payload: Box<dyn Any + Send>) {
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(again);
    }
}

/// What this thread runs.
pub(crate) fn runs() -> Runs {
    RUNS.get()
}

/// Leaves it to whoever catches the panic to tell it. One that follows on another, which isn't caught yet, may be the end of the process: then
/// both are told at once.
pub(crate) fn leave(report: Report) {
    if let Some(before) = REPORT.take() {
        to_standard_error(&before);
        to_standard_error(&report);
    } else {
        REPORT.set(Some(Box::new(report)));
        RUNS.set(Runs::Untold);
    }
}

/// Tells the panic that was left: as an event, or on standard error where nobody takes that.
#[cold]
fn tell() {
    let Some(report) = REPORT.take() else { return };
    let mut taken = false;
    event(|| {
        if tracing::enabled!(tracing::Level::WARN) {
            tracing::warn!(name: "panic", unsaid = report.unsaid, "{}", report.line);
            taken = true;
        }
    });
    if !taken && !report.hooked {
        to_standard_error(&report);
    }
}

/// A standard error that takes nothing is no reason to end.
pub(crate) fn to_standard_error(report: &Report) {
    let Report { line, unsaid, .. } = report;
    let unsaid = unsaid.map_or_else(String::new, |unsaid| format!(" ({unsaid} before it were told nobody)"));
    let _ = stderr().write_all(format!("{line}{unsaid}\n").as_bytes());
}

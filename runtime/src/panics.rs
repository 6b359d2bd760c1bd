//! Panics of user code: catches them and reports each once.
//!
//! User code means callbacks, destructors, the `Display` of errors, and the subscriber. All of it
//! runs in [`caught`] or [`event`], so that a panic ends only the call or the event in question.
//! The panic hook of [`run`](crate::run) leaves its report here, and it is written once the panic
//! is caught: inside a hook, a panic of the subscriber would abort the process.

use std::any::Any;
use std::cell::Cell;
use std::io::{Write as _, stderr};
use std::num::NonZeroU64;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// The result of user code that panicked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Panicked;

/// The code that this thread runs, as the panic hook sees it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runs {
    /// Code whose panics aren't caught here.
    Other,
    /// Code inside `caught`.
    Caught,
    /// Code inside `caught` that has panicked; the report is still pending.
    Untold,
    /// The subscriber, to which its own panic can't be reported.
    Subscriber,
}

/// The report of a panic.
pub(crate) struct Report {
    pub(crate) line: String,
    /// The number of unreported panics before it.
    pub(crate) unsaid: Option<NonZeroU64>,
    /// Whether a hook of the program itself was called.
    pub(crate) hooked: bool,
}

thread_local! {
    static RUNS: Cell<Runs> = const { Cell::new(Runs::Other) };
    static REPORT: Cell<Option<Box<Report>>> = const { Cell::new(None) };
}

/// Runs user code and returns its panic as an error. Values that the panic left behind must not be
/// used any more.
#[inline]
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch(run).map_err(|payload| {
        forget(payload);
        Panicked
    })
}

/// Runs user code as `caught` does, inside an outer `caught`, in which all code of a connection
/// runs. It costs nothing unless the code panics.
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

/// Runs user code as `caught` does, and returns the panic's payload. The caller passes the payload
/// to `forget`.
#[inline]
pub(crate) fn catch<T>(run: impl FnOnce() -> T) -> Result<T, Box<dyn Any + Send>> {
    let before = RUNS.replace(Runs::Caught);
    let done = catch_unwind(AssertUnwindSafe(run));
    // Also without an error, because the user code may have caught the panic itself.
    if RUNS.replace(before) == Runs::Untold {
        tell();
    }
    done
}

/// Writes an event. A panic of the subscriber loses only this line.
#[inline]
pub(crate) fn event(write: impl FnOnce()) {
    let before = RUNS.replace(Runs::Subscriber);
    let done = catch_unwind(AssertUnwindSafe(write));
    RUNS.set(before);
    if let Err(payload) = done {
        forget(payload);
    }
}

/// Runs user code on what belongs to it, inside an outer `caught`. After a panic `give_up` clears
/// away what the panic left, and the panic goes on.
#[inline]
pub(crate) fn fails_once<C: ?Sized, T>(
    context: &mut C,
    run: impl FnOnce(&mut C) -> T,
    give_up: impl FnOnce(&mut C),
) -> T {
    match catch_unwind(AssertUnwindSafe(|| run(&mut *context))) {
        Ok(done) => done,
        Err(payload) => {
            give_up(context);
            resume_unwind(payload)
        }
    }
}

/// Drops a value of the user's.
pub(crate) fn discard<T>(value: T) {
    let _ = caught(|| drop(value));
}

/// Drops the payload of a panic. If its destructor panics too, the second payload is leaked.
#[cold]
pub(crate) fn forget(payload: Box<dyn Any + Send>) {
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(again);
    }
}

/// Returns the kind of code that this thread runs.
pub(crate) fn runs() -> Runs {
    RUNS.get()
}

/// Leaves a report for the code that catches the panic. A second panic before the first is caught
/// may abort the process, so both are then written at once.
pub(crate) fn leave(report: Report) {
    if let Some(before) = REPORT.take() {
        to_standard_error(&before);
        to_standard_error(&report);
    } else {
        REPORT.set(Some(Box::new(report)));
        RUNS.set(Runs::Untold);
    }
}

/// Writes the pending report: as an event, or to standard error if no subscriber takes it.
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

/// Writes a report to standard error; a failed write isn't an error.
pub(crate) fn to_standard_error(report: &Report) {
    let Report { line, unsaid, .. } = report;
    let unsaid = unsaid.map_or_else(String::new, |unsaid| {
        format!(" ({unsaid} more were not reported before it)")
    });
    let _ = stderr().write_all(format!("{line}{unsaid}\n").as_bytes());
}

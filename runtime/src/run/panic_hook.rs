//! The panic hook of [`run`](crate::run).
//!
//! A hook that the program has set is still called. Otherwise the standard library's hook reports
//! panics that have nothing to do with connections, as usual. The message of a panic in a callback
//! or a task may quote a peer, and peers may cause any number of such panics: this hook reports
//! them in one escaped line each, at a limited rate.

use std::backtrace::Backtrace;
use std::panic::{PanicHookInfo, set_hook, take_hook};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use crate::log::{Limiter, Quoted, Unsaid};
use crate::panics::{self, Report, Runs};

type Hook = dyn Fn(&PanicHookInfo<'_>) + Send + Sync;

struct Ours {
    theirs: Box<Hook>,
    /// Whether the program has set the previous hook.
    is_programs: bool,
    backtraces: Backtraces,
    /// Limits reports of caught panics.
    caught: Limiter,
    /// Limits reports of panics in tasks, which connections may have spawned.
    tasks: Limiter,
}

/// Installs the hook unless it is installed already.
pub(crate) fn install() {
    static OURS: Mutex<Weak<Ours>> = Mutex::new(Weak::new());

    let mut installed = OURS.lock().unwrap_or_else(PoisonError::into_inner);
    // A hook that the program has set since may call ours, so ours must not be installed twice.
    if installed.strong_count() > 0 {
        return;
    }
    let theirs = take_hook();
    let limiter = || Limiter::new(10, Duration::from_secs(1));
    let ours = Arc::new(Ours {
        is_programs: !is_standard(&*theirs),
        theirs,
        backtraces: Backtraces::asked_for(),
        caught: limiter(),
        tasks: limiter(),
    });
    *installed = Arc::downgrade(&ours);
    set_hook(Box::new(move |panic| ours.call(panic)));
}

/// Returns whether a hook that was just taken is the standard library's, which `take_hook` has put
/// back in its place.
fn is_standard(hook: &Hook) -> bool {
    let standard = take_hook();
    // The standard hook is a function without captures, so its box has no unique address; the
    // vtable distinguishes it from others.
    #[allow(ambiguous_wide_pointer_comparisons)]
    std::ptr::eq(hook, &*standard)
}

impl Ours {
    fn call(&self, panic: &PanicHookInfo<'_>) {
        let runs = panics::runs();
        let may_quote_a_peer = runs != Runs::Other || tokio::task::try_id().is_some();
        if self.is_programs || !may_quote_a_peer {
            (self.theirs)(panic);
        }
        // With `panic = "abort"` no code catches panics.
        let is_caught = matches!(runs, Runs::Caught | Runs::Untold) && cfg!(panic = "unwind");
        if is_caught {
            let report = self.report(panic, &self.caught);
            report.into_iter().for_each(panics::leave);
        } else if may_quote_a_peer && !self.is_programs {
            let report = self.report(panic, &self.tasks);
            report.iter().for_each(panics::to_standard_error);
        }
    }

    fn report(&self, panic: &PanicHookInfo<'_>, limiter: &Limiter) -> Option<Report> {
        let Unsaid(unsaid) = limiter.admit()?;
        let text = panic.payload_as_str().unwrap_or("(not a text)");
        let place = panic
            .location()
            .map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        let backtrace = self.backtraces.capture();
        Some(Report {
            line: format!("panicked at {place}: {}{backtrace}", Quoted(text)),
            unsaid,
            hooked: self.is_programs,
        })
    }
}

/// The value of `RUST_BACKTRACE`. (`RUST_LIB_BACKTRACE`, which `Backtrace::capture` also reads, is
/// for errors.)
enum Backtraces {
    None,
    Short,
    Full,
}

impl Backtraces {
    fn asked_for() -> Self {
        match std::env::var_os("RUST_BACKTRACE") {
            None => Backtraces::None,
            Some(asked) if asked == "0" => Backtraces::None,
            Some(asked) if asked == "full" => Backtraces::Full,
            Some(_) => Backtraces::Short,
        }
    }

    /// Captures a backtrace of the caller, to be appended to a log line.
    fn capture(&self) -> String {
        let backtrace = Backtrace::force_capture;
        match self {
            Backtraces::None => String::new(),
            Backtraces::Short => format!("\nstack backtrace:\n{}", backtrace()),
            Backtraces::Full => format!("\nstack backtrace:\n{:#}", backtrace()),
        }
    }
}

//! The panic hook of [`run`](crate::run).
//!
//! A hook that the program has set goes on being called. Where there is none, the standard library's says what has nothing to do with a
//! connection, as ever. What a callback or a task panics with may quote a peer, and may come as often as peers like: that is one line,
//! escaped and bounded.

use std::backtrace::Backtrace;
use std::panic::{PanicHookInfo, set_hook, take_hook};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use crate::log::{Limiter, Quoted, Unsaid};
use crate::panics::{self, Report, Runs};

type Hook = dyn Fn(&PanicHookInfo<'_>) + Send + Sync;

struct Ours {
    theirs: Box<Hook>,
    /// Whether the program has set it.
    is_programs: bool,
    backtraces: Backtraces,
    /// For panics that are caught.
    caught: Limiter,
    /// For those of tasks, which connections may have spawned.
    tasks: Limiter,
}

/// Sets the hook, if it isn't there.
pub(crate) fn install() {
    static OURS: Mutex<Weak<Ours>> = Mutex::new(Weak::new());

    let mut installed = OURS.lock().unwrap_or_else(PoisonError::into_inner);
    // It may be called by one that the program has set since.
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

/// Whether a hook that was just taken is the standard library's, which has come back in its place.
fn is_standard(hook: &Hook) -> bool {
    let standard = take_hook();
    // It is a function, whose box has no address of its own: what tells it from others is what is called.
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
        // Without unwinding nobody catches anything.
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

/// What `RUST_BACKTRACE` asks for. (`RUST_LIB_BACKTRACE`, which `Backtrace::capture` follows too, is for errors.)
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

    /// Of this place, behind a line about it.
    fn capture(&self) -> String {
        let backtrace = Backtrace::force_capture;
        match self {
            Backtraces::None => String::new(),
            Backtraces::Short => format!("\nstack backtrace:\n{}", backtrace()),
            Backtraces::Full => format!("\nstack backtrace:\n{:#}", backtrace()),
        }
    }
}

//! The reason of a child's exit, in a form fit for a log line.

use std::any::Any;
use std::fmt;

use super::child_exit::ChildExit;
use crate::error::Chain;
use crate::log::Quoted;
use crate::panics;

/// The reason of a child's exit.
pub(super) enum Reason {
    Normal,
    Failed(String),
    Panicked(String),
    Killed,
}

impl Reason {
    pub(super) fn is_normal(&self) -> bool {
        matches!(self, Reason::Normal)
    }

    /// Makes the reason from the outcome of a child. This calls the error's own `Display`, so the
    /// child's task must do it.
    pub(super) fn of(outcome: Result<impl ChildExit, Box<dyn Any + Send>>) -> Self {
        match outcome.map(ChildExit::into_exit) {
            Ok(Ok(())) => Reason::Normal,
            Ok(Err(error)) => Reason::Failed(Quoted(Chain(&*error)).to_string()),
            Err(payload) => {
                let text = Quoted(panic_text(&*payload)).to_string();
                panics::forget(payload);
                Reason::Panicked(text)
            }
        }
    }

    /// Returns the reason of a child that was dropped before it returned.
    pub(super) fn of_drop() -> Self {
        if std::thread::panicking() {
            Reason::Panicked("while it was dropped".into())
        } else {
            Reason::Killed
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Normal => f.write_str("normal"),
            Reason::Failed(text) => write!(f, "error: {text}"),
            Reason::Panicked(text) => write!(f, "panic: {text}"),
            Reason::Killed => f.write_str("killed"),
        }
    }
}

pub(super) fn panic_text(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("not a text")
}

//! The page's events. A subscriber is code of the program's, so a panic of it must not end the
//! page.

/// Writes an event, as `tracing`'s macro of that level does.
macro_rules! event {
    ($level:ident, $($event:tt)+) => {
        drop(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            tracing::$level!($($event)+);
        })))
    };
}
pub(crate) use event;

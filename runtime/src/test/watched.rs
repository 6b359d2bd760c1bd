//! Work on a thread of its own, which another one doesn't wait for without end.
//!
//! Time that is paused passes in no time, so what bounds a callback that blocks its thread is the
//! clock of the machine. A blocked thread can't be ended: it stays, with what it holds, until the
//! process ends.

use std::panic::resume_unwind;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use tracing::dispatcher;

/// The end of work that isn't over.
pub(super) struct Stuck;

/// Works on another thread. Returns `Err` if its progress is the same for so long.
///
/// # Panics
///
/// Panics as the work does, and if there can be no thread.
pub(super) fn watched<T: Send + 'static, P: PartialEq>(
    limit: Duration,
    progress: impl Fn() -> P,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Stuck> {
    let (done, end) = mpsc::channel();
    // A caller that collects the events of its own thread collects these.
    let subscriber = dispatcher::get_default(Clone::clone);
    let name = std::thread::current().name().unwrap_or("test").to_owned();
    let worker = std::thread::Builder::new().name(name).spawn(move || {
        let result = dispatcher::with_default(&subscriber, work);
        // The result is lost if the work was given up before.
        let _ = done.send(result);
    });
    let worker = worker.unwrap_or_else(|error| panic!("cannot start a thread: {error}"));
    let mut last = (progress(), Instant::now());
    loop {
        match end.recv_timeout(limit / 8) {
            Ok(result) => return Ok(result),
            Err(RecvTimeoutError::Disconnected) => match worker.join() {
                Err(panic) => resume_unwind(panic),
                Ok(()) => return Err(Stuck),
            },
            Err(RecvTimeoutError::Timeout) => {
                let now = progress();
                if now != last.0 {
                    last = (now, Instant::now());
                } else if last.1.elapsed() >= limit {
                    return Err(Stuck);
                }
            }
        }
    }
}

//! Where the connections of [`run`](crate::run) are served: a thread for each core, each with a runtime of its own.
//!
//! A runtime with one thread polls its tasks in turn, so that none waits long behind others, and hands nothing to other
//! threads. An acceptor stays on its core, and with it the connections that it serves, one after the other.

use std::io;
use std::num::NonZero;
use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::sync::watch;

/// The runtimes of the cores. Dropping it ends them.
#[derive(Debug)]
pub(crate) struct Cores {
    handles: Vec<Handle>,
    _end: watch::Sender<()>,
}

impl Cores {
    /// A thread for each core that this process may use. With one core there is none: the caller's runtime does as well.
    pub(crate) fn start() -> io::Result<Self> {
        let count = thread::available_parallelism().map_or(1, NonZero::get);
        let (end, ended) = watch::channel(());
        let mut cores = Cores {
            handles: Vec::new(),
            _end: end,
        };
        if count > 1 {
            for number in 1..=count {
                let runtime = Builder::new_current_thread().enable_all().build()?;
                cores.handles.push(runtime.handle().clone());
                let mut ended = ended.clone();
                let thread = thread::Builder::new().name(format!("core_{number}"));
                // Detached: a callback that blocks its thread doesn't hold up the end.
                thread.spawn(move || runtime.block_on(async { while ended.changed().await.is_ok() {} }))?;
            }
        }
        Ok(cores)
    }

    /// Where an acceptor lives, by its number. None: where its supervisor does.
    pub(crate) fn of(handles: &[Handle], number: usize) -> Option<Handle> {
        handles.get(number % handles.len().max(1)).cloned()
    }

    pub(crate) fn handles(&self) -> &[Handle] {
        &self.handles
    }
}

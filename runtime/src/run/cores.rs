//! The threads that serve the connections of [`run`](crate::run): one per core, each with its own
//! runtime.
//!
//! A single-threaded runtime polls its tasks in turn, so that no task waits long behind others, and
//! it shares no queue with other threads. An acceptor stays on its core, and so do the connections
//! that it serves one after the other. It also waits for them there, at the shard of that core, so
//! that no connection changes threads. The supervisor and the code that closes the port run on
//! another thread, where no callback can block them.

use std::io;
use std::num::NonZero;
use std::pin::pin;
use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::sync::watch;

use crate::task::block_on;

/// The runtimes of the cores; they end when this is dropped.
#[derive(Debug)]
pub(crate) struct Cores {
    handles: Vec<Handle>,
    /// Dropping it stops the core threads.
    _alive: watch::Sender<()>,
}

impl Cores {
    /// Starts one thread for each core that this process may use.
    pub(crate) fn start() -> io::Result<Self> {
        let count = thread::available_parallelism().map_or(1, NonZero::get);
        let (alive, over) = watch::channel(());
        let mut handles = Vec::new();
        for number in 1..=count {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            handles.push(runtime.handle().clone());
            let mut over = over.clone();
            // The thread is detached, so a callback that blocks it doesn't delay the end of the
            // program.
            thread::Builder::new()
                .name(format!("core_{number}"))
                .spawn(move || block_on(&runtime, pin!(async { while over.changed().await.is_ok() {} })))?;
        }
        Ok(Cores { handles, _alive: alive })
    }

    pub(crate) fn handles(&self) -> &[Handle] {
        &self.handles
    }
}

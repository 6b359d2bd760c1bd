//! Where the connections of [`run`](crate::run) are served: a thread for each core, each with a runtime of its own.
//!
//! A runtime with one thread polls its tasks in turn, so that none waits long behind others, and shares no queue with other
//! threads. An acceptor stays on its core, and with it the connections that it serves, one after the other; it waits for them there too, at
//! a place of that core, so that no connection changes threads. What ends all of them (the supervisor, what closes the port) lives
//! elsewhere, where no callback can block it.

use std::io;
use std::num::NonZero;
use std::pin::pin;
use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::sync::watch;

use crate::task::block_on;

/// The runtimes of the cores, for as long as this lives.
#[derive(Debug)]
pub(crate) struct Cores {
    handles: Vec<Handle>,
    /// Its end is theirs.
    _alive: watch::Sender<()>,
}

impl Cores {
    /// A thread for each core that this process may use.
    pub(crate) fn start() -> io::Result<Self> {
        let count = thread::available_parallelism().map_or(1, NonZero::get);
        let (alive, over) = watch::channel(());
        let mut handles = Vec::new();
        for number in 1..=count {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            handles.push(runtime.handle().clone());
            let mut over = over.clone();
            // Detached: a callback that blocks its thread doesn't hold up the end.
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

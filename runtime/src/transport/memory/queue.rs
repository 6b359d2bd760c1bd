//! Connections without a port, as a server's handle makes them.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use tokio::io::DuplexStream;
use tokio::sync::mpsc;

/// Where they come in. Each place may wait for them, as it may for those of a port.
#[derive(Debug)]
pub(crate) struct InMemoryQueue {
    connections: Mutex<mpsc::Receiver<DuplexStream>>,
    wake_all: Arc<WakeAll>,
    waker: Waker,
}

/// Whom one that comes wakes: those of all places, as some may be blocked.
#[derive(Debug)]
struct WakeAll(Mutex<Vec<Option<Waker>>>);

impl Wake for WakeAll {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let wakers: Vec<_> = waiting.iter_mut().filter_map(Option::take).collect();
        drop(waiting);
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl InMemoryQueue {
    pub(crate) fn new(connections: mpsc::Receiver<DuplexStream>, shards: usize) -> Self {
        let wake_all = Arc::new(WakeAll(Mutex::new(vec![None; shards])));
        InMemoryQueue {
            connections: Mutex::new(connections),
            waker: Waker::from(Arc::clone(&wake_all)),
            wake_all,
        }
    }

    /// The next one. None: there will be none any more.
    pub(crate) fn poll_next(&self, shard: usize, cx: &Context<'_>) -> Poll<Option<DuplexStream>> {
        // Before it is looked: from here on one that comes wakes.
        let mut waiting = self.wake_all.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting[shard] = Some(cx.waker().clone());
        drop(waiting);
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        connections.poll_recv(&mut Context::from_waker(&self.waker))
    }

    pub(crate) fn take(&self) -> Option<DuplexStream> {
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        connections.try_recv().ok()
    }
}

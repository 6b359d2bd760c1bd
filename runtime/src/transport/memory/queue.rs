//! Connections without a port, as a server's handle makes them.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use tokio::io::DuplexStream;
use tokio::sync::mpsc;

/// How many bytes a connection carries before its reader must read.
const BUFFER: usize = 64 * 1024;

/// What connects to a server without a port.
#[derive(Clone, Debug)]
pub(crate) struct Connector(mpsc::Sender<DuplexStream>);

impl Connector {
    /// Connects, after those who wait already where there are as many as may.
    ///
    /// # Errors
    ///
    /// The server has stopped.
    pub(crate) async fn connect(&self) -> io::Result<DuplexStream> {
        let (client, server) = tokio::io::duplex(BUFFER);
        let sent = self.0.send(server).await;
        sent.map_err(|_| io::ErrorKind::NotConnected)?;
        Ok(client)
    }
}

/// The connections that wait to be accepted, at any of the places.
#[derive(Debug)]
pub(super) struct InMemoryQueue {
    /// None after the end.
    connections: Mutex<Option<mpsc::Receiver<DuplexStream>>>,
    wake_all: Arc<WakeAll>,
    waker: Waker,
}

/// Wakes all places when a connection comes, as some may be blocked.
#[derive(Debug, Default)]
struct WakeAll(Mutex<Vec<Option<Waker>>>);

impl WakeAll {
    fn waiting(&self) -> MutexGuard<'_, Vec<Option<Waker>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for WakeAll {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut waiting = self.waiting();
        let wakers: Vec<_> = waiting.iter_mut().filter_map(Option::take).collect();
        drop(waiting);
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl InMemoryQueue {
    /// Makes a queue that holds so many, and what puts connections into it.
    pub(super) fn new(most: usize) -> (Arc<Self>, Connector) {
        let (sender, receiver) = mpsc::channel(most);
        let wake_all = Arc::<WakeAll>::default();
        let queue = InMemoryQueue {
            connections: Mutex::new(Some(receiver)),
            waker: Waker::from(Arc::clone(&wake_all)),
            wake_all,
        };
        (Arc::new(queue), Connector(sender))
    }

    fn connections(&self) -> MutexGuard<'_, Option<mpsc::Receiver<DuplexStream>>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// So many places wait from here on.
    pub(super) fn set_shards(&self, shards: usize) {
        self.wake_all.waiting().resize(shards, None);
    }

    /// Returns the next connection, or `None` after the end.
    pub(super) fn poll_next(&self, shard: usize, cx: &Context<'_>) -> Poll<Option<DuplexStream>> {
        // Register the waker before looking, so that no wake-up is lost.
        if let Some(waiting) = self.wake_all.waiting().get_mut(shard) {
            *waiting = Some(cx.waker().clone());
        }
        match &mut *self.connections() {
            Some(connections) => connections.poll_recv(&mut Context::from_waker(&self.waker)),
            None => Poll::Ready(None),
        }
    }

    pub(super) fn take(&self) -> Option<DuplexStream> {
        self.connections().as_mut()?.try_recv().ok()
    }

    /// Takes no more connections, and closes those that wait.
    pub(super) fn close(&self) {
        let connections = self.connections().take();
        drop(connections);
    }
}

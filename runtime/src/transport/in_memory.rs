//! Connections without a port, as a server's handle makes them.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use tokio::io::DuplexStream;
use tokio::sync::mpsc;

/// Where they come in. Each place may wait for them, as it may for those of a port.
#[derive(Debug)]
pub(crate) struct Memory {
    connections: Mutex<mpsc::Receiver<DuplexStream>>,
    everybody: Arc<Everybody>,
    waker: Waker,
}

/// Whom one that comes wakes: those of all places, as some may be blocked.
#[derive(Debug)]
struct Everybody(Mutex<Vec<Option<Waker>>>);

impl Wake for Everybody {
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

impl Memory {
    pub(crate) fn new(connections: mpsc::Receiver<DuplexStream>, places: usize) -> Self {
        let everybody = Arc::new(Everybody(Mutex::new(vec![None; places])));
        Memory {
            connections: Mutex::new(connections),
            waker: Waker::from(Arc::clone(&everybody)),
            everybody,
        }
    }

    /// The next one. None: there will be none any more.
    pub(crate) fn poll_next(&self, place: usize, cx: &Context<'_>) -> Poll<Option<DuplexStream>> {
        // Before it is looked: from here on one that comes wakes.
        let mut waiting = self.everybody.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting[place] = Some(cx.waker().clone());
        drop(waiting);
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        connections.poll_recv(&mut Context::from_waker(&self.waker))
    }

    pub(crate) fn take(&self) -> Option<DuplexStream> {
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        connections.try_recv().ok()
    }
}

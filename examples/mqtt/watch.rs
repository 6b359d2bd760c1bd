//! The watch over a subscriber: who takes none of its messages for long is cut off.
//!
//! `send_timeout` begins anew whenever the client reads something, so one that reads a little now
//! and then could keep all that waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use kai_tcp_server::Peer;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::hub::Event;

pub(crate) struct Watch {
    has_taken: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Watch {
    /// Closes a connection within `late`, but not before half of it, if it takes no message.
    pub(crate) fn over(peer: Peer<Event>, late: Duration) -> Self {
        let has_taken = Arc::new(AtomicBool::new(true));
        let takes = Arc::clone(&has_taken);
        let task = tokio::spawn(async move {
            while takes.swap(false, Relaxed) {
                // There is one to take now, in a full mailbox too.
                let _ = peer.send(Event::GoOn);
                sleep(late / 2).await;
            }
            peer.close();
        });
        Watch { has_taken, task }
    }

    /// Notes that the connection has taken a message.
    pub(crate) fn takes(&self) {
        self.has_taken.store(true, Relaxed);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

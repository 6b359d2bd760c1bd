//! How a child is told to exit.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Tells a child that traps exits that its supervisor wants it to end.
///
/// It stands for the `shutdown` exit message that an OTP supervisor sends. Clones are the same signal, and once requested it
/// stays requested.
#[derive(Clone)]
pub struct ExitSignal {
    inner: Arc<Inner>,
}

struct Inner {
    requested: AtomicBool,
    waiters: Notify,
}

impl ExitSignal {
    pub(super) fn new() -> Self {
        ExitSignal {
            inner: Arc::new(Inner {
                requested: AtomicBool::new(false),
                waiters: Notify::new(),
            }),
        }
    }

    /// Whether the child is to end.
    pub fn is_requested(&self) -> bool {
        self.inner.requested.load(Ordering::Acquire)
    }

    /// Waits until the child is to end; at once when it is already.
    ///
    /// # Cancel safety
    ///
    /// Dropping it changes nothing.
    pub async fn requested(&self) {
        // Made before the flag is read: from here on a request wakes it.
        let notified = self.inner.waiters.notified();
        if !self.is_requested() {
            notified.await;
        }
    }

    pub(super) fn request(&self) {
        self.inner.requested.store(true, Ordering::Release);
        self.inner.waiters.notify_waiters();
    }
}

impl fmt::Debug for ExitSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExitSignal")
            .field("requested", &self.is_requested())
            .finish()
    }
}

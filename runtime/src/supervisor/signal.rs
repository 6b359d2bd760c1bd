//! The signal that tells a child to exit.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// A signal that tells a child that traps exits to end.
///
/// It corresponds to the `shutdown` exit message of an OTP supervisor. All clones are the same
/// signal, and a requested signal stays requested.
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

    /// Returns whether the child should end.
    pub fn is_requested(&self) -> bool {
        self.inner.requested.load(Ordering::Acquire)
    }

    /// Waits until the child should end; returns at once if that is so already.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future changes nothing.
    pub async fn requested(&self) {
        // Created before the flag is read, so that a request after this line wakes it.
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

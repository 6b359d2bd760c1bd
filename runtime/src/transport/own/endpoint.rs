//! An endpoint of one listener, which all shards share.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::runtime::Handle;

use super::Listener;
use super::wake_all::WakeAll;
use crate::error::{Error, ErrorKind, Result};
use crate::panics::{caught, discard};
use crate::task::budget::poll_unbudgeted;
use crate::transport::addr::{LocalAddr, PeerAddr};
use crate::transport::listener::{self, Arrived, Backlog, Endpoint};
use crate::transport::{AnyTransport, Inherited};

/// The function that makes a listener's transport one of the house.
type IntoAny<L> = fn(<L as Listener>::Transport) -> AnyTransport;

/// One listener, at as many places as there are shards.
#[derive(Debug)]
pub(in crate::transport) struct OwnEndpoint<L: Listener> {
    shared: Arc<Shared<L>>,
    local_addr: LocalAddr,
    /// True if the listener is kept while the port is released.
    reopens: bool,
    most: usize,
}

struct Shared<L: Listener> {
    /// None after the end.
    listener: Mutex<Option<L>>,
    any: IntoAny<L>,
    wake_all: Arc<WakeAll>,
    waker: Waker,
}

impl<L: Listener> OwnEndpoint<L> {
    /// At its end at most `most` connections that wait are closed in good order.
    pub(in crate::transport) fn new(listener: L, local_addr: LocalAddr, most: usize, any: IntoAny<L>) -> Self {
        let wake_all = Arc::<WakeAll>::default();
        let shared = Shared {
            listener: Mutex::new(Some(listener)),
            any,
            waker: Waker::from(Arc::clone(&wake_all)),
            wake_all,
        };
        OwnEndpoint {
            shared: Arc::new(shared),
            local_addr,
            reopens: false,
            most,
        }
    }

    /// Keeps the listener while the port is released, to go on with it.
    pub(in crate::transport) fn reopens(mut self) -> Self {
        self.reopens = true;
        self
    }
}

impl<L: Listener> Endpoint for OwnEndpoint<L> {
    fn listen(&self, runtimes: &[Handle]) -> Result<Vec<Box<dyn listener::PortListener>>> {
        if self.shared.listener().is_none() {
            let gone = "the listener that this server was started on is gone, as its port was released";
            return Err(Error::new(ErrorKind::Listen, gone));
        }
        self.shared.wake_all.set_shards(runtimes.len());
        let place = |shard| -> Box<dyn listener::PortListener> {
            Box::new(Place {
                shared: Arc::clone(&self.shared),
                shard,
                reopens: self.reopens,
                most: self.most,
            })
        };
        Ok((0..runtimes.len()).map(place).collect())
    }

    fn local_addr(&self) -> LocalAddr {
        self.local_addr.clone()
    }

    fn close(&self) {
        self.shared.close();
    }
}

impl<L: Listener> Shared<L> {
    fn listener(&self) -> MutexGuard<'_, Option<L>> {
        self.listener.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the next connection, or `NotConnected` after the end. A panic is an error after
    /// which accepting pauses.
    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(AnyTransport, PeerAddr)>> {
        let mut listener = self.listener();
        let Some(listener) = &mut *listener else {
            return Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
        };
        let accepted = caught(|| listener.poll_accept(cx));
        accepted
            .unwrap_or_else(|_| Poll::Ready(Err(io::Error::other("the listener panicked"))))
            .map_ok(|(transport, peer_addr)| ((self.any)(transport), peer_addr))
    }

    /// Takes no more connections, and drops the listener.
    fn close(&self) {
        let listener = self.listener().take();
        discard(listener);
    }
}

impl<L: Listener> fmt::Debug for Shared<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

/// The listener as one shard sees it.
#[derive(Debug)]
struct Place<L: Listener> {
    shared: Arc<Shared<L>>,
    shard: usize,
    reopens: bool,
    most: usize,
}

impl<L: Listener> listener::PortListener for Place<L> {
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Arrived>> {
        // Before it looks, so that no wake-up is lost.
        self.shared.wake_all.register(self.shard, cx);
        let mut all = Context::from_waker(&self.shared.waker);
        self.shared
            .poll_accept(&mut all)
            .map_ok(|(transport, peer_addr)| Arrived {
                transport,
                peer_addr,
                inherited: Inherited::default(),
            })
    }

    fn into_backlog(self: Box<Self>) -> Option<Backlog> {
        let most = self.most;
        let closing = Closing(*self);
        let accept = move || {
            let mut cx = Context::from_waker(Waker::noop());
            match poll_unbudgeted(&mut cx, |cx| closing.0.shared.poll_accept(cx)) {
                Poll::Ready(accepted) => accepted.map(|(transport, _)| transport),
                Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
            }
        };
        Some(Backlog {
            accept: Box::new(accept),
            most,
            settles: Duration::ZERO,
        })
    }
}

/// The last place, which gives the listener up when all that waited are closed.
struct Closing<L: Listener>(Place<L>);

impl<L: Listener> Drop for Closing<L> {
    fn drop(&mut self) {
        if !self.0.reopens {
            self.0.shared.close();
        }
    }
}

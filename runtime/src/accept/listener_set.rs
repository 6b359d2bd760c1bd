//! The listeners of a server, one for each shard, and what closes and opens the port: suspend,
//! resume, stop.
//!
//! Each core has a shard, so that a callback that blocks one core holds up no connection that is
//! accepted on another. The lock of a shard is held inside one poll only, so that the listener can
//! be taken away from a shard whose core is blocked.

use std::fmt;
use std::io;
use std::sync::atomic::AtomicBool;
#[cfg(all(target_os = "linux", feature = "upgrade"))]
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Semaphore, SemaphorePermit, watch};

use crate::accept::backlog_drain::{BacklogDrain, Serves};
use crate::accept::balancer::AcceptBalancer;
use crate::accept::bell::Bell;
use crate::accept::throttle::AcceptThrottle;
use crate::error::{Error, ErrorKind, Result};
use crate::log::event;
use crate::options::Options;
use crate::options::overload::Overload;
use crate::options::reload::OptionsCell;
use crate::transport::lingering_close;
use crate::transport::listener::{Arrived, Endpoint, PortListener};

/// The state of the port of a server that is [suspended](crate::Server::suspend).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SuspendedPort {
    /// The port stays open. Clients that connect wait in the kernel's backlog and are served after
    /// [`resume`](crate::Server::resume).
    Kept,
    /// The port closes, so that another process can open it. Clients that connect are refused.
    Released,
}

/// The phase of the listeners, which decides whether they accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ListenPhase {
    Open,
    Suspended(SuspendedPort),
    /// A new process takes the port over, or this one takes it over; connections wait meanwhile.
    HandingOver,
    /// A new process has the port. This one serves the connections that it has left.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    GivenAway,
    /// Closed for good.
    Closed,
}

#[derive(Debug)]
pub(crate) struct ListenerSet {
    phase: watch::Sender<ListenPhase>,
    shards: Box<[Shard]>,
    /// Held while the port is opened or closed.
    port: tokio::sync::Mutex<()>,
    /// True if the port is another process's still, which has passed its sockets: it isn't emptied
    /// then, nor shut down.
    #[cfg_attr(not(all(target_os = "linux", feature = "upgrade")), expect(dead_code))]
    is_lent: AtomicBool,
    pub(crate) throttle: AcceptThrottle,
    /// Opens the port, and opens it again after a release.
    endpoint: Box<dyn Endpoint>,
    options: Options,
    live: Arc<OptionsCell>,
    /// The runtimes that wait for connections, one for each shard.
    runtimes: Vec<Handle>,
}

/// A listener, and the turn of the acceptors that wait at it.
#[derive(Debug)]
struct Shard {
    /// One permit for the leader, and one for each connection that was handed over. Acceptors get
    /// them in the order in which they came.
    turn: Semaphore,
    /// Wakes the leader.
    bell: Arc<Bell>,
    /// The bell as a waker.
    waker: Waker,
    /// `None` while the port is closed. Never locked across an await, nor while code of the user's
    /// runs.
    listener: Mutex<Option<ShardListener>>,
}

/// The listener of a shard, which leaves connections to the others if it is ahead of them.
#[derive(Debug)]
pub(crate) struct ShardListener {
    listener: Box<dyn PortListener>,
    balancer: AcceptBalancer,
}

impl ShardListener {
    fn new(listener: Box<dyn PortListener>) -> Self {
        ShardListener {
            listener,
            balancer: AcceptBalancer::default(),
        }
    }

    /// Accepts the next connection. If `ahead`, it gives shards that serve fewer the time to accept
    /// it first.
    pub(crate) fn poll_accept(&mut self, ahead: bool, cx: &mut Context<'_>) -> Poll<io::Result<Arrived>> {
        let ShardListener { listener, balancer } = self;
        balancer.poll(ahead, cx, |cx| listener.poll_accept(cx))
    }
}

impl Shard {
    fn new(listener: Box<dyn PortListener>) -> Self {
        let bell = Arc::new(Bell::default());
        Shard {
            turn: Semaphore::new(1),
            waker: Waker::from(Arc::clone(&bell)),
            bell,
            listener: Mutex::new(Some(ShardListener::new(listener))),
        }
    }

    fn listener(&self) -> MutexGuard<'_, Option<ShardListener>> {
        self.listener.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ListenerSet {
    /// Opens the port, with a shard for each of `runtimes`; it begins in this phase.
    pub(crate) fn open(
        endpoint: Box<dyn Endpoint>,
        options: Options,
        live: Arc<OptionsCell>,
        runtimes: Vec<Handle>,
        phase: ListenPhase,
    ) -> Result<Self> {
        let listeners = endpoint.listen(&runtimes)?;
        Ok(ListenerSet {
            phase: watch::Sender::new(phase),
            shards: listeners.into_iter().map(Shard::new).collect(),
            port: tokio::sync::Mutex::new(()),
            is_lent: AtomicBool::new(phase == ListenPhase::HandingOver),
            throttle: AcceptThrottle::new(&options, Arc::clone(&live)),
            endpoint,
            options,
            live,
            runtimes,
        })
    }

    /// Returns the endpoint that connections come from.
    pub(crate) fn endpoint(&self) -> &dyn Endpoint {
        &*self.endpoint
    }

    pub(crate) fn phase(&self) -> ListenPhase {
        *self.phase.borrow()
    }

    /// Waits for the turn at a shard, or until a connection was handed over there. Never returns
    /// `None`, as the semaphore isn't closed.
    pub(crate) async fn turn(&self, shard: usize) -> Option<SemaphorePermit<'_>> {
        self.shards[shard].turn.acquire().await.ok()
    }

    /// Wakes an acceptor for a connection that was handed over. The acceptor that takes it must
    /// forget the permit.
    pub(crate) fn hand_over(&self, shard: usize) {
        self.shards[shard].turn.add_permits(1);
    }

    /// Returns the bell of a shard, which wakes its leader.
    pub(crate) fn bell(&self, shard: usize) -> Arc<Bell> {
        Arc::clone(&self.shards[shard].bell)
    }

    /// Returns whether a connection has come to a shard and a served one is to accept now.
    #[inline]
    pub(crate) fn has_rung(&self, shard: u16) -> bool {
        self.shards[usize::from(shard)].bell.has_rung()
    }

    /// Returns the bell of a shard as a waker. Everything that decides on the next connection is
    /// polled with it, so that the leader is woken whichever task polls.
    pub(crate) fn waker(&self, shard: usize) -> &Waker {
        &self.shards[shard].waker
    }

    /// Calls `ask` with the listener of a shard, and waits while the server is suspended. Returns
    /// `None` if the server listens no more.
    ///
    /// Once `suspend` or `close` has returned, the listener isn't asked any more.
    pub(crate) fn poll_at<T>(&self, shard: usize, ask: impl FnOnce(&mut ShardListener) -> Poll<T>) -> Poll<Option<T>> {
        let mut listener = self.shards[shard].listener();
        match (self.phase(), &mut *listener) {
            (ListenPhase::Closed, _) => Poll::Ready(None),
            #[cfg(all(target_os = "linux", feature = "upgrade"))]
            (ListenPhase::GivenAway, _) => Poll::Ready(None),
            (ListenPhase::Open, Some(listener)) => ask(listener).map(Some),
            (ListenPhase::Open, None) | (ListenPhase::Suspended(_) | ListenPhase::HandingOver, _) => Poll::Pending,
        }
    }

    /// Wakes the leaders, as the phase has changed. A leader that is asking its listener at this
    /// moment has done so when this returns.
    fn tell(&self) {
        for shard in &self.shards {
            drop(shard.listener());
            shard.waker.wake_by_ref();
        }
    }

    /// Stops accepting. Returns `false` if it is suspended like this already, or if the server
    /// stops.
    pub(crate) fn suspend(&self, port: SuspendedPort) -> bool {
        let suspended = self.phase.send_if_modified(|phase| {
            let changes = match *phase {
                ListenPhase::Open => true,
                // Only `resume` opens a closed port, as it can return that the port is taken.
                ListenPhase::Suspended(before) => before == SuspendedPort::Kept && port == SuspendedPort::Released,
                #[cfg(all(target_os = "linux", feature = "upgrade"))]
                ListenPhase::GivenAway => false,
                ListenPhase::HandingOver | ListenPhase::Closed => false,
            };
            if changes {
                *phase = ListenPhase::Suspended(port);
            }
            changes
        });
        self.tell();
        suspended
    }

    /// Accepts again, and opens the port if it was closed. Returns `false` if the server accepted
    /// already.
    pub(crate) async fn resume(&self) -> Result<bool> {
        let _port = self.port.lock().await;
        match self.phase() {
            ListenPhase::Open | ListenPhase::HandingOver => return Ok(false),
            #[cfg(all(target_os = "linux", feature = "upgrade"))]
            ListenPhase::GivenAway => return Err(Error::new(ErrorKind::NotRunning, "the server has stopped")),
            ListenPhase::Closed => return Err(Error::new(ErrorKind::NotRunning, "the server has stopped")),
            ListenPhase::Suspended(_) => {}
        }
        // Either all shards have a listener or none has.
        if self.shards.iter().any(|shard| shard.listener().is_none()) {
            let listeners = self.endpoint.listen(&self.runtimes)?;
            for (shard, listener) in self.shards.iter().zip(listeners) {
                *shard.listener() = Some(ShardListener::new(listener));
            }
        }
        let resumed = self.phase.send_if_modified(|phase| {
            let suspended = matches!(phase, ListenPhase::Suspended(_));
            if suspended {
                *phase = ListenPhase::Open;
            }
            suspended
        });
        if resumed {
            self.tell();
            Ok(true)
        } else {
            drop(self.take());
            Err(Error::new(ErrorKind::NotRunning, "the server has stopped"))
        }
    }

    /// Stops accepting for good.
    pub(crate) fn close(&self) {
        self.phase.send_replace(ListenPhase::Closed);
        self.tell();
    }

    /// Closes the port at once, as no task is left that could close it in good order.
    pub(crate) fn abandon(&self) {
        self.close();
        drop(self.take_own());
        self.endpoint.close();
    }

    /// Takes the listeners away from all shards.
    fn take(&self) -> Vec<Box<dyn PortListener>> {
        let listener = |shard: &Shard| shard.listener().take().map(|taken| taken.listener);
        self.shards.iter().filter_map(listener).collect()
    }

    /// Takes the listeners away likewise, but leaves those that are another process's.
    fn take_own(&self) -> Vec<Box<dyn PortListener>> {
        let taken = self.take();
        #[cfg(all(target_os = "linux", feature = "upgrade"))]
        if self.is_lent.load(SeqCst) {
            taken.into_iter().for_each(PortListener::give_away);
            return Vec::new();
        }
        taken
    }

    /// Waits until the port is closed for good.
    pub(crate) async fn closed(&self) {
        drop(
            self.phase
                .subscribe()
                .wait_for(|phase| *phase == ListenPhase::Closed)
                .await,
        );
    }

    /// Closes the port in good order whenever it is to be closed, until it is closed for good.
    /// Returns how many connections waited in the backlog then.
    pub(crate) async fn keep(&self, serves: &Serves<'_>) -> usize {
        let mut phase = self.phase.subscribe();
        loop {
            let is_to_close = |phase: &ListenPhase| {
                matches!(
                    phase,
                    ListenPhase::Suspended(SuspendedPort::Released) | ListenPhase::Closed
                )
            };
            let for_good = phase
                .wait_for(is_to_close)
                .await
                .is_ok_and(|phase| *phase == ListenPhase::Closed);
            let limit = if for_good {
                self.live.get().shutdown
            } else {
                lingering_close::TIME
            };
            let waited = self.close_port(limit, serves).await;
            if for_good {
                return waited;
            }
            if waited > 0 {
                event!(info, name: "backlog emptied", waited, "{waited} connections waited for the port that was released: closed unserved");
            }
            drop(phase.changed().await);
        }
    }

    /// Closes the port, if it is open and is to be closed.
    pub(crate) async fn close_port(&self, limit: Duration, serves: &Serves<'_>) -> usize {
        let port = self.port.lock().await;
        let words = match self.options.overload {
            Overload::RefuseWith(words) => words,
            Overload::Backlog | Overload::Refuse => &[],
        };
        let mut leaving = BacklogDrain::new(words, limit);
        let phase = self.phase();
        // Otherwise the server was resumed meanwhile.
        if matches!(
            phase,
            ListenPhase::Suspended(SuspendedPort::Released) | ListenPhase::Closed
        ) {
            // The listeners of the other shards are gone then, so this one closes the port.
            let last = self.take_own().pop();
            if let Some(listener) = last {
                leaving.close(listener, serves).await;
            }
        }
        if phase == ListenPhase::Closed {
            self.endpoint.close();
        }
        drop(port);
        leaving.all().await
    }
}

/// The parts of an upgrade. Whoever calls them holds the port.
#[cfg(all(target_os = "linux", feature = "upgrade"))]
impl ListenerSet {
    /// Keeps the port from being opened and closed, for as long as the guard lives.
    pub(crate) async fn hold(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.port.lock().await
    }

    /// Waits until a new process has the port.
    pub(crate) async fn given_away(&self) {
        let mut phase = self.phase.subscribe();
        drop(phase.wait_for(|phase| *phase == ListenPhase::GivenAway).await);
    }

    /// Returns the runtime of a shard.
    pub(crate) fn runtime(&self, shard: u16) -> &Handle {
        &self.runtimes[usize::from(shard)]
    }

    /// Returns a duplicate of each socket, with its key; none while the port is closed.
    pub(crate) fn share(&self) -> io::Result<Vec<(String, std::os::fd::OwnedFd)>> {
        let mut sockets = Vec::new();
        if let Some(shard) = self.shards.first()
            && let Some(listener) = &*shard.listener()
        {
            listener.listener.share(&mut sockets)?;
        }
        Ok(sockets)
    }

    /// Accepts no connections while the port is handed over. Returns the phase before, or `None` if
    /// the server stops.
    pub(crate) fn begin_to_hand_over(&self) -> Option<ListenPhase> {
        let mut before = None;
        self.phase.send_if_modified(|phase| {
            let goes_on = !matches!(*phase, ListenPhase::Closed | ListenPhase::GivenAway);
            if goes_on {
                before = Some(std::mem::replace(phase, ListenPhase::HandingOver));
            }
            goes_on
        });
        self.tell();
        before
    }

    /// Goes on as before the port was to be handed over, unless the server stops. The port is this
    /// process's from here on.
    pub(crate) fn go_on(&self, before: ListenPhase) {
        if self.is_lent.swap(false, SeqCst)
            && let Some(shard) = self.shards.first()
            && let Some(listener) = &*shard.listener()
        {
            listener.listener.take_over();
        }
        self.phase.send_if_modified(|phase| {
            let hands_over = *phase == ListenPhase::HandingOver;
            if hands_over {
                *phase = before;
            }
            hands_over
        });
        self.tell();
    }

    /// Leaves the port to the new process. What has come to it waits there.
    pub(crate) fn give_away(&self) {
        self.phase.send_if_modified(|phase| {
            let hands_over = *phase == ListenPhase::HandingOver;
            if hands_over {
                *phase = ListenPhase::GivenAway;
            }
            hands_over
        });
        self.tell();
        self.take().into_iter().for_each(PortListener::give_away);
        self.endpoint.close();
    }
}

impl fmt::Display for SuspendedPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SuspendedPort::Kept => "kept",
            SuspendedPort::Released => "released",
        })
    }
}

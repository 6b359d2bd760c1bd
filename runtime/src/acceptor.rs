//! The acceptors: each accepts a connection and serves it itself, so their number is the number of connections served at
//! one time.

mod refuser;

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{self, Poll, ready};

use tokio::runtime::Handle;

use crate::admission::Entry;
use crate::behaviour::TcpServer;
use crate::connection;
use crate::context::Context;
use crate::error::Result;
use crate::held::Held;
use crate::link::Link;
use crate::listener::Arrived;
use crate::log::{Unsaid, event};
use crate::overload::Overload;
use crate::processes::Taken;
use crate::refused::Refusal;
use crate::server::{ACCEPTOR, Inner, StandBy};
use crate::supervisor::{Restart, Team};

/// What the acceptors of one server share.
#[derive(Debug)]
pub(crate) struct Acceptors<S> {
    context: Arc<Context<S>>,
    /// Those of each place, to the supervisor.
    teams: Box<[Arc<Team>]>,
    /// Whether each place has a thread for itself.
    own_cores: bool,
}

/// A connection that is served.
type Service<'s> = Pin<Box<dyn Future<Output = ()> + Send + 's>>;

/// What is next for the one whose turn it is.
enum Next<T> {
    Arrived(T),
    /// There may be more acceptors than there are allowed to be: look, and end.
    Retire,
    /// The server listens no more.
    Over,
}

impl<S: TcpServer> Acceptors<S> {
    pub(crate) fn new(context: Arc<Context<S>>, cores: &[Handle]) -> Arc<Self> {
        Arc::new_cyclic(|acceptors| {
            let team = |place: u16| team(Weak::clone(acceptors), place, cores.get(usize::from(place)).cloned());
            Acceptors {
                teams: (0..u16::MAX).take(cores.len().max(1)).map(team).collect(),
                own_cores: !cores.is_empty(),
                context,
            }
        })
    }

    /// Sees to it that somebody waits at a place, if there may be one more acceptor.
    ///
    /// # Errors
    ///
    /// The server ends already.
    fn stand_by(&self, place: usize) -> Result {
        let Inner {
            supervisor, processes, ..
        } = self.context.handle.inner();
        let Some(number) = processes.hire(place) else {
            return Ok(());
        };
        let started = supervisor.start_member(&self.teams[place], number);
        started.inspect_err(|_| processes.dismiss(number, place)).map(drop)
    }

    /// Accept, serve, accept, …
    ///
    /// None: the server has ended.
    #[allow(clippy::manual_async_fn)] // that would keep its arguments twice
    fn accept_and_serve(
        acceptors: Option<Arc<Self>>,
        number: u32,
        place: u16,
    ) -> impl Future<Output = io::Result<()>> + Send {
        async move {
            loop {
                // Waiting and serving are boxed, so that an acceptor has the memory of what it does alone.
                let accepting = match &acceptors {
                    Some(this) => Box::pin(this.accept(number, place)),
                    None => return Ok(()),
                };
                let Some(service) = accepting.await? else {
                    return Ok(());
                };
                service.await;
            }
        }
    }

    fn log_accepted(&self, link: &Link) {
        let server = self.context.handle.label();
        let Link {
            id,
            peer_addr: peer,
            acceptor,
            ..
        } = link;
        event!(debug, name: "accepted", server, acceptor, %peer, %id, "connection accepted");
    }

    /// Waits for its turn and then for a connection, which is counted from then on. The turn is the next one's when this returns,
    /// before anything that a peer can delay. None: the server listens no more, or the acceptor is one of more than there may be.
    async fn accept(&self, number: u32, home: u16) -> io::Result<Option<Service<'_>>> {
        let (server, place) = (self.context.handle.inner(), usize::from(home));
        // One that was killed may come back to a server that was lowered meanwhile.
        while let Some(idle) = server.processes.wait(number, place) {
            let turn = server.gate.turn(place).await;
            let (arrived, Taken { busy, last, full }, entry) = match self.arrival(place).await? {
                Next::Arrived(arrival) => arrival,
                Next::Retire => continue,
                Next::Over => break,
            };
            // Nothing that a peer can delay is waited for from here on until the connection is served.
            drop((idle, turn));
            if last {
                // Fails only when the server ends.
                let _ = self.stand_by(place);
            }
            if full {
                self.say_that_all_are_busy();
            }
            arrived.set_up(&self.context.live());
            let held = Held::new(server, Link::new(arrived.peer_addr, number, home), entry, busy);
            self.log_accepted(&held.link);
            let service = connection::serve(&self.context, arrived.transport, held);
            // The next leader and another acceptor were woken on this thread, where nobody else takes what was woken last: they go
            // first, as a callback may hold the thread up. (A core has a place of its own, so that nobody waits for it.)
            if !self.own_cores {
                tokio::task::yield_now().await;
            }
            return Ok(Some(service));
        }
        Ok(None)
    }

    /// Waits for a connection that is let in.
    async fn arrival(&self, place: usize) -> io::Result<Next<(Arrived, Taken<'_>, Entry<'_>)>> {
        let Inner { admission, gate, .. } = self.context.handle.inner();
        loop {
            let (arrived, taken) = match poll_fn(|cx| self.poll_take(place, cx)).await {
                Ok(Next::Arrived(arrived)) => arrived,
                Ok(Next::Retire) => return Ok(Next::Retire),
                Ok(Next::Over) => return Ok(Next::Over),
                Err(error) => {
                    self.failed(error)?;
                    tokio::task::yield_now().await;
                    continue;
                }
            };
            match admission.admit(arrived.peer_addr.ip()) {
                Ok(entry) => return Ok(Next::Arrived((arrived, taken, entry))),
                Err(refusal) => {
                    gate.entrance.give_back();
                    self.turn_away(refusal, arrived.peer_addr);
                }
            }
        }
    }

    /// What is next for the one whose turn it is.
    fn poll_take(&self, place: usize, cx: &mut task::Context<'_>) -> Poll<io::Result<Next<(Arrived, Taken<'_>)>>> {
        let Inner {
            gate, processes, label, ..
        } = self.context.handle.inner();
        let entrance = &gate.entrance;
        // Here, as it may say so. Whoever is to end does so all the same.
        let is_open = entrance.poll_ready(place, cx, label).is_ready();
        let taken = gate.poll_at(place, cx, |listener, cx| {
            processes.poll_take(place, cx, |ahead, cx| {
                if !is_open {
                    return Poll::Pending;
                }
                ready!(entrance.poll_rate(place, cx));
                let arrived = ready!(listener.poll_accept(ahead, cx))?;
                entrance.take();
                Poll::Ready(Ok(arrived))
            })
        });
        taken.map(|taken| {
            Ok(match taken.transpose()? {
                Some(Some(arrived)) => Next::Arrived(arrived),
                Some(None) => Next::Retire,
                None => Next::Over,
            })
        })
    }

    /// An accept failed.
    ///
    /// # Errors
    ///
    /// The listener is lost.
    fn failed(&self, error: io::Error) -> io::Result<()> {
        let Inner { gate, label, .. } = self.context.handle.inner();
        gate.entrance.failed(error, label)
    }

    fn turn_away(&self, refusal: Refusal, peer_addr: SocketAddr) {
        let Inner { refusals, label, .. } = self.context.handle.inner();
        refusals.add(refusal, peer_addr, label);
    }

    /// Sees to it that somebody waits at each place, as far as `max_processes` goes.
    ///
    /// # Errors
    ///
    /// The server ends already.
    pub(crate) fn start(&self) -> Result {
        (0..self.teams.len()).try_for_each(|place| self.stand_by(place))
    }

    fn say_that_all_are_busy(&self) {
        if let Some(Unsaid(unsaid)) = self.context.log.busy.admit() {
            let (server, max) = (self.context.handle.label(), self.context.handle.inner().processes.max());
            let fate = match self.context.options.overload {
                Overload::Backlog => "wait",
                Overload::Refuse | Overload::RefuseWith(_) => "are refused",
            };
            event!(warn, name: "all processes busy", server, max_processes = max, unsaid, "all {max} processes are busy: further connections {fate}");
        }
    }
}

/// The acceptors of a place, which live on a core or with the supervisor.
fn team<S: TcpServer>(acceptors: Weak<Acceptors<S>>, place: u16, core: Option<Handle>) -> Arc<Team> {
    // An acceptor ends by itself only when the server stops or is lowered; everything else is a reason to restart it.
    Team::new(ACCEPTOR, Restart::Transient, core, move |number| {
        Acceptors::accept_and_serve(acceptors.upgrade(), number, place)
    })
}

impl<S: TcpServer> StandBy for Acceptors<S> {
    fn stand_by(self: Arc<Self>) {
        // Fails only when the server ends.
        let _ = self.start();
    }
}

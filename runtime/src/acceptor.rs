//! The acceptors: each accepts a connection and serves it itself, so their number is the number of
//! connections served at one time.

mod handover;
mod refuser;

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Weak};
use std::task::{self, Poll, Waker, ready};
use std::{io, mem, result};

use tokio::runtime::Handle;
use tokio::task::unconstrained;

use self::handover::{ACCEPTS_PER_TURN, Accepted, Handover};
use crate::accept::acceptor_slots::{For, Next};
use crate::accept::bell::Bell;
use crate::accept::refused::Refusal;
use crate::api::tcp_server::TcpServer;
use crate::connection;
use crate::connection::context::Context;
use crate::error::Result;
use crate::io::link::Link;
use crate::log::{Unsaid, event};
use crate::options::overload::Overload;
use crate::server::permit::ConnectionPermit;
use crate::server::{ACCEPTOR, Inner, StandBy};
use crate::supervisor::{Restart, Team};
use crate::transport::Transport as _;
use crate::transport::addr::PeerAddr;
use crate::transport::listener::Arrived;

/// What the acceptors of one server share.
#[derive(Debug)]
pub(crate) struct Acceptors<S> {
    context: Arc<Context<S>>,
    /// Those of each place, to the supervisor.
    teams: Box<[Arc<Team>]>,
    /// What is handed over at each place.
    handovers: Box<[Handover]>,
    /// What tells at each place that somebody has come.
    bells: Box<[Arc<Bell>]>,
    /// Whether each place has a thread for itself.
    own_cores: bool,
}

/// A connection that is served.
type Service<'s> = Pin<Box<dyn Future<Output = ()> + Send + 's>>;

/// What comes of a turn.
enum Step {
    /// A connection that another one accepted.
    Handed(Accepted),
    /// A connection, and whether it was the last one that may be served.
    Accepted(Accepted, bool),
    /// There may be more acceptors than there are allowed to be: look, and end.
    Retire,
    /// The server listens no more.
    Over,
}

/// What is next for the one whose turn it is. An error without a cause: the server listens no more.
type Taken = result::Result<Next<Accepted, (Refusal, Arrived)>, Option<io::Error>>;

impl<S: TcpServer> Acceptors<S> {
    pub(crate) fn new(context: Arc<Context<S>>, cores: &[Handle]) -> Arc<Self> {
        Arc::new_cyclic(|acceptors| {
            let team = |shard: u16| team(Weak::clone(acceptors), shard, cores.get(usize::from(shard)).cloned());
            let shards = cores.len().max(1);
            Acceptors {
                teams: (0..u16::MAX).take(shards).map(team).collect(),
                handovers: (0..shards).map(|_| Handover::default()).collect(),
                bells: (0..shards)
                    .map(|shard| context.handle.inner().listeners.bell(shard))
                    .collect(),
                own_cores: !cores.is_empty(),
                context,
            }
        })
    }

    /// Sees to it that each connection that was handed over at a place has an acceptor, and that
    /// somebody waits there for the next, if that may be accepted.
    ///
    /// # Errors
    ///
    /// The server ends already.
    fn stand_by(&self, shard: usize) -> Result {
        let Inner { supervisor, slots, .. } = self.context.handle.inner();
        while let Some(number) = slots.reserve(shard) {
            let started = supervisor.start_member(&self.teams[shard], number);
            started.inspect_err(|_| slots.cancel(number, shard))?;
        }
        Ok(())
    }

    /// Accept, serve, accept, …
    ///
    /// None: the server has ended.
    #[allow(clippy::manual_async_fn)] // that would keep its arguments twice
    fn accept_and_serve(
        acceptors: Option<Arc<Self>>,
        number: u32,
        shard: u16,
    ) -> impl Future<Output = io::Result<()>> + Send {
        async move {
            loop {
                // Waiting and serving are boxed, so that an acceptor has the memory of what it does
                // alone.
                let accepting = match &acceptors {
                    Some(this) => Box::pin(this.accept(number, shard)),
                    None => return Ok(()),
                };
                let Some(service) = accepting.await? else {
                    return Ok(());
                };
                service.await;
            }
        }
    }

    /// Waits for its turn and then for a connection, or for one that another acceptor hands over.
    /// The turn is the next one's when this returns, before anything that a peer can delay. None:
    /// the server listens no more, or the acceptor is one of more than there may be.
    async fn accept(&self, number: u32, home: u16) -> io::Result<Option<Service<'_>>> {
        let (server, shard) = (self.context.handle.inner(), usize::from(home));
        loop {
            // One that was killed may come back to a server that was lowered meanwhile.
            let idle = server.slots.wait(number, shard);
            if server.slots.others_lack_one(shard) {
                // Fails only when the server ends.
                let _ = self.start();
            }
            let Some(idle) = idle else { return Ok(None) };
            let Some(turn) = server.listeners.turn(shard).await else {
                return Ok(None);
            };
            let (accepted, full) = match self.lead(home).await? {
                Step::Handed(accepted) => {
                    turn.forget();
                    idle.take_handed();
                    // Fails only when the server ends.
                    let _ = self.stand_by(shard);
                    return Ok(Some(self.serve(accepted, number)));
                }
                Step::Accepted(accepted, full) => (accepted, full),
                Step::Retire => continue,
                Step::Over => return Ok(None),
            };
            // Nothing that a peer can delay is waited for from here on until the connection is
            // served.
            drop((idle, turn));
            // Fails only when the server ends.
            let _ = self.stand_by(shard);
            if full {
                self.say_that_all_are_busy();
            }
            let service = self.serve(accepted, number);
            // The next leader and other acceptors were woken on this thread, where nobody else
            // takes what was woken last: they go first, as a callback may hold the thread up. (A
            // core has a place of its own, so that nobody waits for it.)
            if !self.own_cores {
                tokio::task::yield_now().await;
            }
            return Ok(Some(service));
        }
    }

    fn serve(&self, Accepted { arrived, permit }: Accepted, number: u32) -> Service<'_> {
        arrived.transport.set_options(&self.context.live(), arrived.inherited);
        permit.link.set_acceptor(number);
        let link = &*permit.link;
        let server = self.context.handle.label();
        event!(debug, name: "accepted", server, acceptor = number, peer = %link.peer_addr(), id = %link.id, "connection accepted");
        connection::serve(&self.context, arrived.transport, permit)
    }

    /// Waits for a connection that is let in, as the one whose turn it is, or for one that was
    /// handed over.
    async fn lead(&self, home: u16) -> io::Result<Step> {
        loop {
            if let Some(accepted) = self.handovers[usize::from(home)].pop() {
                return Ok(Step::Handed(accepted));
            }
            // It stops by itself, sooner than tokio would have it.
            let Some(taken) = unconstrained(poll_fn(|cx| self.poll_lead(home, cx))).await else {
                continue;
            };
            match taken {
                Ok(Next::Served { accepted, full }) => return Ok(Step::Accepted(accepted, full)),
                Ok(Next::Refused(refused)) => {
                    self.turn_away(refused);
                    tokio::task::yield_now().await;
                }
                Ok(Next::Retire) => return Ok(Step::Retire),
                Err(Some(error)) => {
                    self.failed(error)?;
                    tokio::task::yield_now().await;
                }
                Err(None) => return Ok(Step::Over),
            }
        }
    }

    /// What is next for the one whose turn it is: the last of the connections that have come, as
    /// those before are handed over. None: one was handed over meanwhile, and there may be nobody
    /// else to serve it.
    fn poll_lead(&self, home: u16, cx: &task::Context<'_>) -> Poll<Option<Taken>> {
        let shard = usize::from(home);
        self.bells[shard].register(cx);
        if !self.handovers[shard].is_empty() {
            return Poll::Ready(None);
        }
        let mut next = ready!(self.poll_take(home, For::Me));
        for _ in 1..ACCEPTS_PER_TURN {
            if let Ok(Next::Refused(refused)) = next {
                self.turn_away(refused);
                next = ready!(self.poll_take(home, For::Me));
                continue;
            }
            let Ok(Next::Served { accepted: mine, full }) = &mut next else {
                break;
            };
            match self.poll_take(home, For::Another) {
                Poll::Ready(Ok(Next::Served {
                    accepted: another,
                    full: now_full,
                })) => {
                    *full = now_full;
                    self.hand_over(home, mem::replace(mine, another));
                }
                Poll::Ready(Ok(Next::Refused(refused))) => self.turn_away(refused),
                // An error that lasts is met by whoever has the turn next: until then one of these
                // may have ended, which makes room.
                _ => break,
            }
        }
        Poll::Ready(Some(next))
    }

    /// Accepts for others of its place, as one that serves a connection and has a turn before the
    /// one whose turn it is to accept.
    fn accept_more(&self, home: u16) {
        let shard = usize::from(home);
        let (mut handed, mut is_full) = (0, false);
        for _ in 0..ACCEPTS_PER_TURN {
            match self.poll_take(home, For::Another) {
                Poll::Ready(Ok(Next::Served { accepted, full })) => {
                    handed += 1;
                    is_full = full;
                    self.hand_over(home, accepted);
                }
                Poll::Ready(Ok(Next::Refused(refused))) => self.turn_away(refused),
                // Nobody else has come, or may be served. Whose turn it is has been woken, and
                // meets what this is.
                _ => {
                    self.bells[shard].hush();
                    break;
                }
            }
        }
        if handed > 0 {
            // Fails only when the server ends.
            let _ = self.stand_by(shard);
            // The one whose turn it is may have looked before, and be the only one to serve what
            // was handed over.
            self.bells[shard].wake_leader();
        }
        if is_full {
            self.say_that_all_are_busy();
        }
    }

    fn hand_over(&self, home: u16, accepted: Accepted) {
        let shard = usize::from(home);
        self.handovers[shard].push(accepted);
        self.context.handle.inner().listeners.hand_over(shard);
    }

    /// Accepts one that has come; else the one whose turn it is will be woken.
    fn poll_take(&self, home: u16, whose: For) -> Poll<Taken> {
        let Inner {
            listeners,
            slots,
            peer_filter,
            monitor,
            label,
            ..
        } = self.context.handle.inner();
        let (throttle, shard) = (&listeners.throttle, usize::from(home));
        let cx = &mut task::Context::from_waker(listeners.waker(shard));
        // Here, as it may say so. Whoever is to end does so all the same.
        let is_open = throttle.poll_ready(shard, cx, label).is_ready();
        let taken = listeners.poll_at(shard, |listener| {
            slots.poll_take(shard, whose, cx, |ahead, cx| {
                if !is_open {
                    return Poll::Pending;
                }
                ready!(throttle.poll_rate(shard, cx));
                let arrived = ready!(listener.poll_accept(ahead, cx))?;
                let entry = match peer_filter.admit(&arrived.peer_addr) {
                    Ok(entry) => entry,
                    Err(refusal) => return Poll::Ready(Ok(Err((refusal, arrived)))),
                };
                throttle.take();
                // From here on whoever stops the server waits for it.
                let link = monitor.count(Link::new(arrived.peer_addr.clone(), home));
                entry.keep();
                let permit = ConnectionPermit::new(self.context.handle.clone(), link);
                Poll::Ready(Ok(Ok(Accepted { arrived, permit })))
            })
        });
        taken.map(|taken| taken.ok_or(None)?.map_err(Some))
    }

    /// An accept failed.
    ///
    /// # Errors
    ///
    /// The listener is lost.
    fn failed(&self, error: io::Error) -> io::Result<()> {
        let Inner { listeners, label, .. } = self.context.handle.inner();
        listeners.throttle.failed(error, label)
    }

    /// Closes a connection that isn't let in.
    fn turn_away(&self, (refusal, arrived): (Refusal, Arrived)) {
        self.count_refused(refusal, &arrived.peer_addr);
    }

    fn count_refused(&self, refusal: Refusal, peer_addr: &PeerAddr) {
        let Inner { refusals, label, .. } = self.context.handle.inner();
        refusals.add(refusal, peer_addr, label);
    }

    /// Sees to it that somebody waits at each place, as far as `max_processes` goes.
    ///
    /// # Errors
    ///
    /// The server ends already.
    pub(crate) fn start(&self) -> Result {
        (0..self.teams.len()).try_for_each(|shard| self.stand_by(shard))
    }

    fn say_that_all_are_busy(&self) {
        if let Some(Unsaid(unsaid)) = self.context.log.busy.admit() {
            let (server, max) = (self.context.handle.label(), self.context.handle.inner().slots.max());
            let fate = match self.context.options.overload {
                Overload::Backlog => "wait",
                Overload::Refuse | Overload::RefuseWith(_) => "are refused",
            };
            event!(warn, name: "all processes busy", server, max_processes = max, unsaid, "all {max} processes are busy: further connections {fate}");
        }
    }
}

/// The acceptors of a place, which live on a core or with the supervisor.
fn team<S: TcpServer>(acceptors: Weak<Acceptors<S>>, shard: u16, core: Option<Handle>) -> Arc<Team> {
    // An acceptor ends by itself only when the server stops or is lowered; everything else is a
    // reason to restart it.
    Team::new(ACCEPTOR, Restart::Transient, core, move |number| {
        Acceptors::accept_and_serve(acceptors.upgrade(), number, shard)
    })
}

impl<S: TcpServer> StandBy for Acceptors<S> {
    fn stand_by(self: Arc<Self>) {
        // Fails only when the server ends.
        let _ = self.start();
    }

    fn accept_for_others(&self, shard: u16) {
        // At nobody's cost: what the connection that has this turn may do in it stays.
        let accept = pin!(unconstrained(poll_fn(|_| {
            self.accept_more(shard);
            Poll::Ready(())
        })));
        let _ = accept.poll(&mut task::Context::from_waker(Waker::noop()));
    }

    fn end(&self) {
        self.handovers.iter().for_each(Handover::clear);
    }
}

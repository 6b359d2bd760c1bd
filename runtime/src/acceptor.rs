//! The acceptors. Each accepts a connection and serves it itself, so their number is the number of
//! connections that are served at one time.

#[cfg(all(target_os = "linux", feature = "upgrade"))]
mod carried;
mod handover;
mod refuser;

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Weak};
use std::task::{self, Poll, Waker, ready};
use std::{io, mem, result};

use tokio::runtime::Handle;
use tokio::task::unconstrained;

use self::handover::{ACCEPTS_PER_TURN, Accepted, Carried, Handover};
use crate::accept::acceptor_slots::{For, Next};
use crate::accept::bell::Bell;
use crate::accept::refused::Refusal;
use crate::api::input::{Input, Kind};
use crate::api::tcp_server::TcpServer;
use crate::connection;
use crate::connection::context::Context;
use crate::error::Result;
use crate::io::link::Link;
use crate::log::span::{self, AskedSpan};
use crate::log::{Unsaid, event};
use crate::options::overload::Overload;
use crate::server::permit::ConnectionPermit;
use crate::server::{ACCEPTOR, Inner, StandBy};
#[cfg(all(target_os = "linux", feature = "upgrade"))]
use crate::server::{Arriving, Thawing};
use crate::supervisor::{Restart, Team};
use crate::transport::Transport as _;
use crate::transport::addr::PeerAddr;
use crate::transport::listener::Arrived;

/// The part that the acceptors of one server share.
#[derive(Debug)]
pub(crate) struct Acceptors<S: TcpServer> {
    context: Arc<Context<S>>,
    /// The team of each shard, by which the supervisor starts acceptors.
    teams: Box<[Arc<Team>]>,
    /// The connections that were handed over, for each shard.
    handovers: Box<[Handover<S::Session>]>,
    /// The bell of each shard, which rings when a connection comes.
    bells: Box<[Arc<Bell>]>,
    /// True if each shard has a thread of its own.
    own_cores: bool,
}

/// The future that serves a connection.
type Service<'s> = Pin<Box<dyn Future<Output = ()> + Send + 's>>;

/// The result of a turn.
enum Step<T> {
    /// A connection that another acceptor accepted.
    Handed(Accepted<T>),
    /// A connection, and whether it took the last slot.
    Accepted(Accepted<T>, bool),
    /// There may be too many acceptors: this one looks again, and ends if so.
    Retire,
    /// The server listens no more.
    Over,
}

/// The next connection of the leader. An error without a cause: the server listens no more.
type Taken<T> = result::Result<Next<Accepted<T>, (Refusal, Arrived)>, Option<io::Error>>;

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

    /// Starts acceptors until each connection that was handed over has one, and one waits for the
    /// next connection, if that may be accepted.
    ///
    /// # Errors
    ///
    /// Returns an error if the server is ending.
    fn stand_by(&self, shard: usize) -> Result {
        let Inner { supervisor, slots, .. } = self.context.handle.inner();
        while let Some(number) = slots.reserve(shard) {
            let started = supervisor.start_member(&self.teams[shard], number);
            started.inspect_err(|_| slots.cancel(number, shard))?;
        }
        Ok(())
    }

    /// Accepts and serves, again and again. Returns when the server has ended.
    #[allow(clippy::manual_async_fn)] // that would keep its arguments twice
    fn accept_and_serve(
        acceptors: Option<Arc<Self>>,
        number: u32,
        shard: u16,
    ) -> impl Future<Output = io::Result<()>> + Send {
        async move {
            loop {
                // Waiting and serving are boxed, so that an acceptor has only the memory of what it
                // does.
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
    /// The turn is free again when this returns, before anything that a peer can delay. Returns
    /// `None` if the server listens no more, or if there are too many acceptors.
    async fn accept(&self, number: u32, home: u16) -> io::Result<Option<Service<'_>>> {
        let (server, shard) = (self.context.handle.inner(), usize::from(home));
        loop {
            // An acceptor that was killed may come back to a server whose limit is lower by now.
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
            // From here on until the connection is served, nothing waits that a peer can delay.
            drop((idle, turn));
            // Fails only when the server ends.
            let _ = self.stand_by(shard);
            if full {
                self.say_that_all_are_busy();
            }
            let service = self.serve(accepted, number);
            // The next leader and other acceptors were woken on this thread, and no other thread
            // takes the task that was woken last. They run first, as a callback may block the
            // thread. (A core has a shard of its own, so no acceptor waits for it.)
            if !self.own_cores {
                tokio::task::yield_now().await;
            }
            return Ok(Some(service));
        }
    }

    fn serve(&self, accepted: Accepted<S::Session>, number: u32) -> Service<'_> {
        let Accepted {
            arrived,
            permit,
            carried,
        } = accepted;
        arrived.transport.set_options(&self.context.live(), arrived.inherited);
        permit.link.set_acceptor(number);
        let link = &*permit.link;
        let (server, peer) = (self.context.handle.label(), link.peer_addr());
        // A proxy isn't the peer: its header names it.
        let named = Some(&peer).filter(|peer| !matches!(peer, PeerAddr::Proxy(_)));
        let span = AskedSpan::of_connection(server, link.id, named);
        span::run(span.as_ref(), || {
            event!(debug, name: "accepted", server, acceptor = number, %peer, id = %link.id, "connection accepted");
        });
        #[cfg(all(target_os = "linux", feature = "upgrade"))]
        if let Some(thawed) = carried {
            let service = connection::serve_on(&self.context, arrived.transport, permit, *thawed);
            return span::inside(span, service);
        }
        #[cfg(not(all(target_os = "linux", feature = "upgrade")))]
        let _ = carried;
        span::inside(span, connection::serve(&self.context, arrived.transport, permit))
    }

    /// Waits for a connection that is let in, as the leader, or for one that was handed over.
    async fn lead(&self, home: u16) -> io::Result<Step<S::Session>> {
        loop {
            if let Some(accepted) = self.handovers[usize::from(home)].pop() {
                return Ok(Step::Handed(accepted));
            }
            // It yields by itself, sooner than tokio's budget would make it.
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

    /// Returns the next connection of the leader: the last of those that have come, as it hands
    /// over the others. Returns `None` if one was handed over meanwhile, as no other acceptor may
    /// be there to serve it.
    fn poll_lead(&self, home: u16, cx: &task::Context<'_>) -> Poll<Option<Taken<S::Session>>> {
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
                // The next leader meets an error that lasts. Until then one of these connections
                // may have ended, which frees a descriptor.
                _ => break,
            }
        }
        Poll::Ready(Some(next))
    }

    /// Accepts for other acceptors of the shard, as a served connection that runs before the
    /// leader.
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
                // No other connection has come, or may be served. The leader has been woken, and
                // handles whatever this is.
                _ => {
                    self.bells[shard].hush();
                    break;
                }
            }
        }
        if handed > 0 {
            // Fails only when the server ends.
            let _ = self.stand_by(shard);
            // The leader may have looked before, and be the only one to serve what was handed over.
            self.bells[shard].wake_leader();
        }
        if is_full {
            self.say_that_all_are_busy();
        }
    }

    fn hand_over(&self, home: u16, accepted: Accepted<S::Session>) {
        let shard = usize::from(home);
        self.handovers[shard].push(accepted);
        self.context.handle.inner().listeners.hand_over(shard);
    }

    /// Accepts a connection that has come; if none has, the leader is woken when one comes.
    fn poll_take(&self, home: u16, whose: For) -> Poll<Taken<S::Session>> {
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
        // Called outside of the locks, as it may write an event. Acceptors retire in any case.
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
                // From here on a stop waits for this connection.
                let link = monitor.count(Link::new(arrived.peer_addr.clone(), home));
                entry.keep();
                let permit = ConnectionPermit::new(self.context.handle.clone(), link);
                Poll::Ready(Ok(Ok(Accepted {
                    arrived,
                    permit,
                    carried: Carried::default(),
                })))
            })
        });
        taken.map(|taken| taken.ok_or(None)?.map_err(Some))
    }

    /// Handles an error of an accept.
    ///
    /// # Errors
    ///
    /// Returns the error if the listener is lost.
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

    /// Starts an acceptor for each shard that lacks one, as far as `max_processes` allows.
    ///
    /// # Errors
    ///
    /// Returns an error if the server is ending.
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

/// Returns the team of a shard, whose acceptors live on a core or with the supervisor.
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
        // Without the coop budget, which belongs to the connection that has this turn.
        let accept = pin!(unconstrained(poll_fn(|_| {
            self.accept_more(shard);
            Poll::Ready(())
        })));
        let _ = accept.poll(&mut task::Context::from_waker(Waker::noop()));
    }

    fn takes_items(&self) -> bool {
        <S::Input as Input>::Kind::ITEMS
    }

    fn end(&self) {
        self.handovers.iter().for_each(Handover::clear);
    }

    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    fn thaw(self: Arc<Self>, arriving: Arriving) -> Thawing {
        Box::pin(carried::thaw(self, arriving))
    }
}

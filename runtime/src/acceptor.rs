//! The acceptors: each accepts a connection and serves it itself, so their number is the number of connections served at
//! one time.

mod refuser;

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Poll, ready};

use tokio::runtime::Handle;
use tokio::task::JoinSet;

use crate::admission::{Admission, Entry};
use crate::behaviour::TcpServer;
use crate::connection;
use crate::context::Context;
use crate::error::Result;
use crate::link::Link;
use crate::listener::Listener;
use crate::log::Unsaid;
use crate::monitor::Counted;
use crate::overload::Overload;
use crate::processes::{Busy, Processes, Turn};
use crate::refused::Refusal;
use crate::server::{ACCEPTOR, Inner, StandBy};
use crate::supervisor::{ChildSpec, Restart};
use crate::transport::{Transport, Travelling};

/// What the acceptors of one server share.
#[derive(Debug)]
pub(crate) struct Acceptors<S> {
    context: Arc<Context<S>>,
    /// Where they serve, in turn; none: where they accept.
    cores: Vec<Handle>,
    /// Where they accept.
    home: Handle,
    /// They are started as they are needed.
    processes: Arc<Processes>,
    admission: Admission,
}

/// What an acceptor finds at the listener.
enum Lead<T> {
    Connection(T),
    /// There may be more acceptors than there are allowed to be: look, and end.
    Retire,
    /// The server listens no more.
    Over,
}

/// What a connection takes up until it ends. It is given back in this order, so that no more are counted than have a place.
struct Held {
    counted: Counted,
    _place: Place,
}

/// The place of a connection among those of its address and among all that are served.
struct Place {
    _entry: Option<Entry>,
    _busy: Busy,
}

impl<S: TcpServer> Acceptors<S> {
    pub(crate) fn new(context: Arc<Context<S>>, cores: &[Handle]) -> Arc<Self> {
        let processes = Arc::clone(&context.handle.inner().processes);
        let admission = Admission::new(&context.options);
        Arc::new(Acceptors {
            context,
            cores: cores.to_vec(),
            home: Handle::current(),
            processes,
            admission,
        })
    }

    /// Starts one more acceptor; false if there are as many as `max_processes`.
    pub(crate) fn start_one(self: &Arc<Self>) -> Result<bool> {
        let Some(number) = self.processes.hire() else {
            return Ok(false);
        };
        let acceptors = Arc::clone(self);
        // An acceptor ends by itself only when the server stops or is lowered; everything else is a reason to restart it.
        let spec = ChildSpec::new(format!("{ACCEPTOR}{number}"), move || {
            Arc::clone(&acceptors).accept_and_serve(number)
        });
        let mut spec = spec.restart(Restart::Transient).shutdown(self.context.options.shutdown);
        if let Some(core) = self.cores.get(number % self.cores.len().max(1)) {
            spec = spec.runtime(core.clone());
        }
        let started = self.context.handle.inner().supervisor.start_child(spec);
        started.inspect_err(|_| self.processes.dismiss(number)).map(|_| true)
    }

    /// Accept, serve, accept, …
    async fn accept_and_serve(self: Arc<Self>, number: usize) -> io::Result<()> {
        // One that was killed may come back to a server that was lowered meanwhile.
        while !self.processes.retire(number) {
            // Waiting and serving are boxed, so that an acceptor has the memory of what it does alone.
            let service = match Box::pin(self.next(number)).await? {
                Lead::Connection((transport, held)) => self.serve(transport, held),
                Lead::Retire => continue,
                Lead::Over => return Ok(()),
            };
            service.await;
        }
        Ok(())
    }

    /// The next connection of an acceptor, on its own runtime.
    async fn next(self: &Arc<Self>, number: usize) -> io::Result<Lead<(Transport, Held)>> {
        if self.cores.is_empty() {
            return self.accept(number).await;
        }
        loop {
            // It waits at home, so that a callback that blocks this acceptor's core holds up nobody who is to be accepted by
            // others.
            let mut waiting = JoinSet::new();
            let acceptors = Arc::clone(self);
            let accepted = async move {
                io::Result::Ok(match acceptors.accept(number).await? {
                    Lead::Connection((transport, held)) => Lead::Connection((transport.leave(), held)),
                    Lead::Retire => Lead::Retire,
                    Lead::Over => Lead::Over,
                })
            };
            waiting.spawn_on(accepted, &self.home);
            let lead = match waiting.join_next().await {
                Some(Ok(lead)) => lead?,
                // An abnormal exit, as that of an acceptor which fails while it accepts: the server must not look alive and be deaf.
                Some(Err(failed)) => return Err(io::Error::other(failed)),
                None => Lead::Over,
            };
            match lead {
                Lead::Connection((travelling, held)) => {
                    // What can't be moved is lost with its connection alone.
                    if let Ok(transport) = travelling.and_then(Travelling::arrive) {
                        return Ok(Lead::Connection((transport, held)));
                    }
                }
                Lead::Retire => return Ok(Lead::Retire),
                Lead::Over => return Ok(Lead::Over),
            }
        }
    }

    /// Serves a connection, which is counted meanwhile.
    fn serve(&self, transport: Transport, held: Held) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let link = Arc::clone(&held.counted.link);
        self.log_accepted(&link);
        let io = connection::open(&self.context, transport, &link);
        connection::serve(&self.context, io, link, held)
    }

    fn log_accepted(&self, link: &Link) {
        let server = self.context.handle.label();
        let Link {
            id,
            peer_addr: peer,
            acceptor,
            ..
        } = link;
        tracing::debug!(name: "accepted", server, acceptor, %peer, %id, "connection accepted");
    }

    /// Waits for the leader's place and then for a connection, which is counted from then on. The place is free again when this
    /// returns, before anything that a peer can delay.
    async fn accept(self: &Arc<Self>, number: usize) -> io::Result<Lead<(Transport, Held)>> {
        let idle = self.processes.wait();
        Ok(match self.lead().await? {
            Lead::Connection((transport, peer_addr, place)) => {
                self.stand_by(idle.end());
                let counted = self.context.handle.inner().monitor.count(Link::new(peer_addr, number));
                Lead::Connection((transport, Held { counted, _place: place }))
            }
            Lead::Retire => Lead::Retire,
            Lead::Over => Lead::Over,
        })
    }

    async fn lead(&self) -> io::Result<Lead<(Transport, SocketAddr, Place)>> {
        let gate = &self.context.handle.inner().gate;
        while gate.opened().await {
            let connection = async {
                match &mut *gate.place().await {
                    Some(listener) => self.take(listener).await.map(Some),
                    None => Ok(None),
                }
            };
            let lead = tokio::select! {
                biased;
                () = gate.shut() => None,
                lead = connection => lead?,
            };
            if let Some(lead) = lead {
                return Ok(lead);
            }
        }
        Ok(Lead::Over)
    }

    /// The next connection that is to be served.
    async fn take(&self, listener: &mut Listener) -> io::Result<Lead<(Transport, SocketAddr, Place)>> {
        let (processes, server) = (&self.processes, self.context.handle.label());
        loop {
            let taken = poll_fn(|cx| {
                if let Turn::Retire = ready!(processes.poll_turn(cx)) {
                    return Poll::Ready(Ok(None));
                }
                ready!(listener.poll_rate(cx));
                ready!(listener.poll_ready(cx, server));
                processes.poll_take(|| listener.poll_accept(cx)).map_ok(Some)
            });
            match taken.await {
                Ok(Some(((transport, peer_addr), busy))) => match self.judge(&transport, peer_addr) {
                    Ok(entry) => {
                        listener.admitted(&transport);
                        let place = Place {
                            _entry: entry,
                            _busy: busy,
                        };
                        return Ok(Lead::Connection((transport, peer_addr, place)));
                    }
                    Err(refusal) => self.turn_away(refusal, peer_addr),
                },
                Ok(None) => return Ok(Lead::Retire),
                Err(error) => {
                    listener.failed(error, server)?;
                    tokio::task::yield_now().await;
                }
            }
        }
    }

    /// Judges a peer by its address, where it has one.
    fn judge(&self, transport: &Transport, peer_addr: SocketAddr) -> Result<Option<Entry>, Refusal> {
        match transport {
            Transport::Tcp(_) => self.admission.admit(peer_addr.ip()),
            Transport::Memory(_) => Ok(None),
        }
    }

    fn turn_away(&self, refusal: Refusal, peer_addr: SocketAddr) {
        let Inner { refusals, label, .. } = self.context.handle.inner();
        refusals.add(refusal, peer_addr, label);
    }

    /// Sees to it that an acceptor is idle for each core, as far as `max_processes` goes: one whose core is blocked can't begin to
    /// wait.
    pub(crate) fn stand_by(self: &Arc<Self>, idle: usize) {
        for _ in idle..self.cores.len().max(1) {
            // Fails only when the server ends.
            if !self.start_one().unwrap_or_default() {
                break;
            }
        }
        if self.processes.is_full()
            && let Some(Unsaid(unsaid)) = self.context.log.busy.admit()
        {
            let (server, max) = (self.context.handle.label(), self.processes.max());
            let fate = match self.context.options.overload {
                Overload::Backlog => "wait",
                Overload::Refuse | Overload::RefuseWith(_) => "are refused",
            };
            tracing::warn!(name: "all processes busy", server, max_processes = max, unsaid, "all {max} processes are busy: further connections {fate}");
        }
    }
}

impl<S: TcpServer> StandBy for Acceptors<S> {
    fn stand_by(self: Arc<Self>) {
        let idle = self.processes.idle();
        Acceptors::stand_by(&self, idle);
    }
}

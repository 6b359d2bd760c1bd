//! The acceptors: each accepts a connection and serves it itself, so their number is the number of connections served at
//! one time.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use tokio::runtime::Handle;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;

use crate::behaviour::TcpServer;
use crate::connection;
use crate::context::Context;
use crate::drive;
use crate::error::Result;
use crate::link::Link;
use crate::listener::Listener;
use crate::log::Unsaid;
use crate::monitor::Counted;
use crate::server::ACCEPTOR;
use crate::supervisor::{ChildSpec, Restart};
use crate::transport::{Transport, Travelling};

/// What the acceptors of one server share.
#[derive(Debug)]
pub(crate) struct Acceptors<S> {
    context: Arc<Context<S>>,
    /// The leader's place: one idle acceptor at a time waits here for a connection, the others wait for the place, first come
    /// first served. Empty once the server has stopped listening.
    listener: Mutex<Option<Listener>>,
    closing: watch::Receiver<bool>,
    /// Where they serve, in turn; none: where they accept.
    cores: Vec<Handle>,
    /// Where they accept.
    home: Handle,
    /// How many were started; they are started as they are needed.
    started: AtomicUsize,
    /// How many lead or wait to lead.
    idle: AtomicUsize,
}

impl<S: TcpServer> Acceptors<S> {
    pub(crate) fn new(
        context: Arc<Context<S>>,
        listener: Listener,
        closing: watch::Receiver<bool>,
        cores: &[Handle],
    ) -> Arc<Self> {
        Arc::new(Acceptors {
            context,
            listener: Mutex::new(Some(listener)),
            closing,
            cores: cores.to_vec(),
            home: Handle::current(),
            started: AtomicUsize::new(0),
            idle: AtomicUsize::new(0),
        })
    }

    /// Starts one more acceptor, unless there are as many as `max_processes`.
    pub(crate) fn start_one(self: &Arc<Self>) -> Result {
        let max = self.context.options.max_processes;
        let Ok(before) = self
            .started
            .fetch_update(SeqCst, SeqCst, |n| (n < max).then_some(n + 1))
        else {
            return Ok(());
        };
        let acceptors = Arc::clone(self);
        let number = before + 1;
        // An acceptor ends by itself only when the server stops; everything else is a reason to restart it.
        let spec = ChildSpec::new(format!("{ACCEPTOR}{number}"), move || {
            Arc::clone(&acceptors).accept_and_serve(number)
        });
        let mut spec = spec.restart(Restart::Transient).shutdown(self.context.options.shutdown);
        if let Some(core) = self.cores.get(number % self.cores.len().max(1)) {
            spec = spec.runtime(core.clone());
        }
        self.context.handle.inner().supervisor.start_child(spec)?;
        Ok(())
    }

    /// Accept, serve, accept, …
    async fn accept_and_serve(self: Arc<Self>, number: usize) -> io::Result<()> {
        loop {
            // Waiting and serving are boxed, so that an acceptor has the memory of what it does alone.
            let Some((transport, counted)) = Box::pin(self.next(number)).await? else {
                return Ok(());
            };
            Box::pin(self.serve(transport, counted)).await;
        }
    }

    /// The next connection of an acceptor, on its own runtime. None: the server listens no more.
    async fn next(self: &Arc<Self>, number: usize) -> io::Result<Option<(Transport, Counted)>> {
        if self.cores.is_empty() {
            return self.accept(number).await;
        }
        loop {
            // It waits at home, so that a callback that blocks this acceptor's core holds up nobody who is to be accepted by
            // others.
            let mut waiting = JoinSet::new();
            let acceptors = Arc::clone(self);
            let accepted = async move {
                let accepted = acceptors.accept(number).await?;
                io::Result::Ok(accepted.map(|(transport, counted)| (transport.leave(), counted)))
            };
            waiting.spawn_on(accepted, &self.home);
            let accepted = match waiting.join_next().await {
                Some(Ok(accepted)) => accepted?,
                // An abnormal exit, as that of an acceptor which fails while it accepts: the server must not look alive and be deaf.
                Some(Err(failed)) => return Err(io::Error::other(failed)),
                None => None,
            };
            let Some((travelling, counted)) = accepted else {
                return Ok(None);
            };
            // What can't be moved is lost with its connection alone.
            if let Ok(transport) = travelling.and_then(Travelling::arrive) {
                return Ok(Some((transport, counted)));
            }
        }
    }

    /// Serves a connection, which is counted meanwhile.
    ///
    /// Callbacks are caught one by one; what can still panic of the user's are destructors, and what an error displays.
    async fn serve(&self, transport: Transport, counted: Counted) {
        self.log_accepted(&counted.link);
        // The next leader and another acceptor were woken on this thread, where nobody else takes what was woken last: they go
        // first, as a callback may hold the thread up.
        tokio::task::yield_now().await;
        let service = pin!(async {
            connection::serve(&self.context, transport, &counted.link).await;
            Ok(())
        });
        if let Err(panicked) = drive::alone(service).await {
            self.context.log_call("a destructor", Some(&counted.link), panicked);
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
        tracing::debug!(name: "accepted", server, acceptor, %peer, %id, "connection accepted");
    }

    /// Waits for the leader's place and then for a connection, which is counted from then on. The place is free again when this
    /// returns, before anything that a peer can delay. None: the server listens no more.
    async fn accept(self: &Arc<Self>, number: usize) -> io::Result<Option<(Transport, Counted)>> {
        let idle = Idle::new(&self.idle);
        let Some((transport, peer_addr)) = self.lead().await? else {
            return Ok(None);
        };
        self.stand_by(idle.end());
        let counted = self.context.handle.inner().monitor.count(Link::new(peer_addr, number));
        Ok(Some((transport, counted)))
    }

    async fn lead(&self) -> io::Result<Option<(Transport, SocketAddr)>> {
        let mut closing = self.closing.clone();
        let connection = async {
            match &mut *self.listener.lock().await {
                Some(listener) => listener.accept().await.map(Some),
                None => Ok(None),
            }
        };
        tokio::select! {
            biased;
            _ = closing.wait_for(|closing| *closing) => Ok(None),
            accepted = connection => accepted,
        }
    }

    /// Sees to it that an acceptor is idle for each core, as far as `max_processes` goes: one whose core is blocked can't begin to
    /// wait.
    pub(crate) fn stand_by(self: &Arc<Self>, idle: usize) {
        let max = self.context.options.max_processes;
        if self.started.load(SeqCst) < max {
            for _ in idle..self.cores.len().max(1) {
                // Fails only when the server ends.
                let _ = self.start_one();
            }
        } else if idle == 0
            && let Some(Unsaid(unsaid)) = self.context.log.busy.admit()
        {
            let server = self.context.handle.label();
            tracing::warn!(name: "all processes busy", server, max_processes = max, unsaid, "all {max} processes are busy: further connections wait");
        }
    }

    /// Closes the port.
    pub(crate) async fn stop_listening(&self) {
        self.listener.lock().await.take();
    }
}

/// Counts an acceptor as idle while it lives.
struct Idle<'a>(&'a AtomicUsize);

impl<'a> Idle<'a> {
    fn new(idle: &'a AtomicUsize) -> Self {
        idle.fetch_add(1, SeqCst);
        Idle(idle)
    }

    /// Says how many others are idle.
    fn end(self) -> usize {
        let others = self.0.fetch_sub(1, SeqCst) - 1;
        std::mem::forget(self);
        others
    }
}

impl Drop for Idle<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

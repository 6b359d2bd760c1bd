//! Turns away who comes while all processes are busy, where `overload` says so.
//!
//! The refuser is no acceptor: it serves nobody and is no process. It has the leader's place for as long as nobody could serve,
//! and gives it back as soon as somebody can.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Poll, ready};

use tokio::task::JoinSet;

use super::Acceptors;
use crate::behaviour::TcpServer;
use crate::error::Result;
use crate::farewell::{self, FAREWELLS};
use crate::listener::Listener;
use crate::overload::Overload;
use crate::refused::Refusal;
use crate::supervisor::{ChildSpec, Restart};
use crate::transport::Transport;

/// What it is called in the supervision tree.
const REFUSER: &str = "refuser";

impl<S: TcpServer> Acceptors<S> {
    /// Starts the refuser, where there is to be one.
    pub(crate) fn start_refuser(self: &Arc<Self>) -> Result {
        let words = match self.context.options.overload {
            Overload::Backlog => return Ok(()),
            Overload::Refuse => &[],
            Overload::RefuseWith(words) => words,
        };
        let acceptors = Arc::clone(self);
        let spec = ChildSpec::new(REFUSER, move || Arc::clone(&acceptors).refuse(words));
        let supervisor = &self.context.handle.inner().supervisor;
        supervisor.start_child(spec.restart(Restart::Transient)).map(drop)
    }

    async fn refuse(self: Arc<Self>, words: &'static [u8]) -> io::Result<()> {
        let gate = &self.context.handle.inner().gate;
        // They end with it.
        let mut farewells = JoinSet::new();
        while gate.opened().await {
            tokio::select! {
                biased;
                () = gate.shut() => {}
                ended = self.refuse_whenever_full(words, &mut farewells) => ended?,
            }
        }
        Ok(())
    }

    /// Goes on until the port is closed.
    async fn refuse_whenever_full(&self, words: &'static [u8], farewells: &mut JoinSet<()>) -> io::Result<()> {
        loop {
            poll_fn(|cx| self.processes.poll_full(cx)).await;
            let mut place = self.context.handle.inner().gate.place().await;
            let Some(listener) = &mut *place else {
                return Ok(());
            };
            while let Some((transport, peer_addr)) = self.next_while_full(listener).await? {
                while farewells.try_join_next().is_some() {}
                if let Err(refusal) = self.judge(&transport, peer_addr) {
                    self.turn_away(refusal, peer_addr);
                    continue;
                }
                self.turn_away(Refusal::Overloaded, peer_addr);
                let farewell = farewell::say(transport, words);
                if farewells.len() < FAREWELLS {
                    farewells.spawn(farewell);
                } else {
                    farewell::at_once(farewell).await;
                }
            }
        }
    }

    /// The next connection that nobody can serve. None: somebody could.
    async fn next_while_full(&self, listener: &mut Listener) -> io::Result<Option<(Transport, SocketAddr)>> {
        let server = self.context.handle.label();
        loop {
            let accepted = poll_fn(|cx| {
                if self.processes.poll_full(cx).is_pending() {
                    return Poll::Ready(Ok(None));
                }
                ready!(listener.poll_ready(cx, server));
                self.processes.poll_refuse(|| listener.poll_accept(cx)).map_ok(Some)
            });
            match accepted.await {
                Ok(accepted) => return Ok(accepted),
                Err(error) => {
                    listener.failed(error, server)?;
                    tokio::task::yield_now().await;
                }
            }
        }
    }
}

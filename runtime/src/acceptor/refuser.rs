//! The refuser: turns connections away while all processes are busy, where `overload` says so.
//!
//! The refuser is not an acceptor: it serves no connection and counts as no process. It lives with
//! the supervisor and has a shard of its own, so that no blocked core holds it up. It accepts only
//! while all slots are busy.

use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::task::JoinSet;

use super::Acceptors;
use crate::accept::refused::Refusal;
use crate::api::tcp_server::TcpServer;
use crate::error::Result;
use crate::options::overload::Overload;
use crate::server::Inner;
use crate::supervisor::{ChildSpec, Restart};
use crate::transport::lingering_close::{self, FAREWELLS};
use crate::transport::listener::Arrived;

/// The refuser's name in the supervision tree.
const REFUSER: &str = "refuser";

impl<S: TcpServer> Acceptors<S> {
    /// Starts the refuser, if `overload` asks for one.
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
        let listeners = &self.context.handle.inner().listeners;
        // Dropped with this future, which ends them.
        let mut farewells = JoinSet::new();
        tokio::select! {
            biased;
            () = listeners.closed() => Ok(()),
            lost = self.refuse_whenever_full(words, &mut farewells) => lost,
        }
    }

    /// Refuses until the port is closed for good.
    async fn refuse_whenever_full(&self, words: &'static [u8], farewells: &mut JoinSet<()>) -> io::Result<()> {
        while let Some(taken) = poll_fn(|cx| self.poll_refuse(cx)).await {
            let arrived = match taken {
                Ok(arrived) => arrived,
                Err(error) => {
                    self.failed(error)?;
                    tokio::task::yield_now().await;
                    continue;
                }
            };
            while farewells.try_join_next().is_some() {}
            let peer_filter = &self.context.handle.inner().peer_filter;
            if let Err(refusal) = peer_filter.admit(&arrived.peer_addr) {
                self.turn_away((refusal, arrived));
                continue;
            }
            self.count_refused(Refusal::Overloaded, &arrived.peer_addr);
            let farewell = lingering_close::say(arrived.transport, words);
            if farewells.len() < FAREWELLS {
                farewells.spawn(farewell);
            } else {
                lingering_close::at_once(farewell).await;
            }
        }
        Ok(())
    }

    /// Returns the next connection that no acceptor can serve, or `None` if the server listens no
    /// more.
    fn poll_refuse(&self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Arrived>>> {
        let Inner {
            listeners,
            slots,
            label,
            ..
        } = self.context.handle.inner();
        let shard = self.refuser_shard();
        listeners.bell(shard).register(cx);
        let cx = &mut Context::from_waker(listeners.waker(shard));
        ready!(slots.poll_full(cx));
        ready!(listeners.throttle.poll_ready(shard, cx, label));
        listeners.poll_at(shard, |listener| slots.poll_refuse(|| listener.poll_accept(false, cx)))
    }

    /// Returns the shard behind those of the acceptors.
    fn refuser_shard(&self) -> usize {
        self.teams.len()
    }
}

//! The handshake of a connection: what its transport does before the first byte of the protocol.
//!
//! It runs in the task that serves the connection, which is accepted and counted by then, so other
//! acceptors accept meanwhile. TCP and memory have no handshake: for them this is one call that
//! returns at once.

use std::future::poll_fn;
use std::io;
use std::task::Poll;
use std::time::Duration;

use super::Connection;
use crate::api::tcp_server::TcpServer;
use crate::io::deadline::Deadline;
use crate::io::link::Signal;
use crate::log::event;
use crate::log::span::AskedSpan;
use crate::reason::CloseReason;
use crate::server::Inner;
use crate::server::timeouts::Limit;
use crate::transport::Handshaken;
use crate::transport::addr::PeerAddr;

/// Why a handshake didn't succeed.
enum HandshakeEnd {
    Told(Signal),
    Failed(io::Error),
    Late(Duration),
}

impl<S: TcpServer> Connection<'_, S> {
    /// Waits for the handshake to succeed. If it doesn't, neither `connected` nor `closed` runs.
    pub(super) async fn handshake(&mut self) -> Result<(), CloseReason> {
        // An unfinished handshake occupies a process for a peer that isn't known yet.
        let limit = self.io.settings().handshake_limit();
        let mut deadline = Deadline::default();
        let (io, link) = (&mut self.io, &*self.permit.link);
        let handshaken = poll_fn(|cx| {
            // Also for `connected`: a receive in it is woken by the connection's task.
            link.register(cx);
            match link.signal() {
                Signal::None | Signal::Freeze => {}
                told => return Poll::Ready(Err(HandshakeEnd::Told(told))),
            }
            if let Poll::Ready(done) = io.stream.poll_handshake(cx) {
                return Poll::Ready(done.map_err(HandshakeEnd::Failed));
            }
            deadline.poll(limit, cx).map(|()| Err(HandshakeEnd::Late(limit)))
        });
        let handshaken = handshaken.await;
        match &handshaken {
            Ok(Handshaken {
                peer_addr: Some(peer_addr),
            }) => tell_peer(peer_addr),
            // Nothing better came.
            _ if let peer_addr @ PeerAddr::Proxy(_) = link.peer_addr() => tell_peer(&peer_addr),
            _ => {}
        }
        match handshaken {
            Ok(Handshaken { peer_addr: None }) => Ok(()),
            Ok(Handshaken {
                peer_addr: Some(peer_addr),
            }) => self.admit(&peer_addr),
            Err(HandshakeEnd::Told(Signal::Kick)) => Err(CloseReason::Kicked),
            Err(HandshakeEnd::Told(_)) => Err(CloseReason::Stopped),
            Err(HandshakeEnd::Failed(error)) => {
                // A transport may have a limit of its own, as that of a PROXY header is.
                if error.kind() == io::ErrorKind::TimedOut {
                    self.context.count_timeout(Limit::Handshake);
                }
                let Inner { label, handshakes, .. } = self.context.handle.inner();
                handshakes.add(label, &self.permit.link, &error);
                Err(CloseReason::Handshake)
            }
            Err(HandshakeEnd::Late(limit)) => {
                self.context.count_timeout(Limit::Handshake);
                let Inner { label, handshakes, .. } = self.context.handle.inner();
                handshakes.add_other(label, &self.permit.link, &format_args!("it took longer than {limit:?}"));
                Err(CloseReason::Handshake)
            }
        }
    }

    /// Continues as the peer that the handshake reported, if the limits by address let it in.
    fn admit(&mut self, peer_addr: &PeerAddr) -> Result<(), CloseReason> {
        let (server, link) = (self.context.handle.label(), &*self.permit.link);
        if let Err(refusal) = self.permit.set_peer_addr(peer_addr.clone()) {
            let refusals = &self.context.handle.inner().refusals;
            refusals.add(refusal, peer_addr, server);
            // It was told nothing that a reset could eat, so its process is free at once.
            self.io.reader.hear_no_more();
            return Err(CloseReason::Handshake);
        }
        event!(debug, name: "peer told", server, peer = %peer_addr, id = %link.id, "the peer is {peer_addr}");
        Ok(())
    }
}

/// Tells the span of the connection who the peer is.
fn tell_peer(peer_addr: &PeerAddr) {
    if let Some(span) = AskedSpan::of_this_connection() {
        span.peer_is(peer_addr);
    }
}

#[cfg(test)]
mod tests;

//! What a transport has to do before the first byte of the protocol, such as TLS has.
//!
//! It runs in the task that serves the connection, which is accepted and counted, while other acceptors accept. TCP and memory
//! have nothing to do, so it is one call for a connection there.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::task::Poll;
use std::time::Duration;

use super::Connection;
use crate::api::tcp_server::TcpServer;
use crate::io::deadline::Deadline;
use crate::io::link::Signal;
use crate::log::{Quoted, Unsaid, event};
use crate::reason::CloseReason;
use crate::transport::Handshaken;
use crate::transport::addr::PeerAddr;

/// How long a handshake may take, all of it.
///
/// No option says so yet: `recv_timeout` is the time of one frame and `frame_timeout` that of the rest of one, both for
/// protocols that think in minutes, while a handshake is a few round trips that hold a process for nobody known. So
/// `recv_timeout` only makes it shorter.
pub(super) const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// How a handshake ended that brought about no connection.
enum HandshakeEnd {
    Told(Signal),
    Failed(io::Error),
    Late(Duration),
}

impl<S: TcpServer> Connection<'_, S> {
    /// Waits for the handshake. Only what goes on from here has a session, and so a `closed`.
    pub(super) async fn handshake(&mut self) -> Result<(), CloseReason> {
        let limit = HANDSHAKE_TIMEOUT.min(self.io.settings().recv_timeout);
        let mut deadline = Deadline::default();
        let (io, link) = (&mut self.io, &*self.permit.link);
        let handshaken = poll_fn(|cx| {
            // The task is the connection's from here on: whoever receives in `connected` is woken by it, too.
            link.register(cx);
            match link.signal() {
                Signal::None => {}
                told => return Poll::Ready(Err(HandshakeEnd::Told(told))),
            }
            if let Poll::Ready(done) = io.writer.poll_handshake(cx) {
                return Poll::Ready(done.map_err(HandshakeEnd::Failed));
            }
            deadline.poll(limit, cx).map(|()| Err(HandshakeEnd::Late(limit)))
        });
        match handshaken.await {
            Ok(Handshaken { peer_addr: None }) => Ok(()),
            Ok(Handshaken {
                peer_addr: Some(peer_addr),
            }) => self.admit(peer_addr),
            Err(HandshakeEnd::Told(Signal::Kick)) => Err(CloseReason::Kicked),
            Err(HandshakeEnd::Told(_)) => Err(CloseReason::Stopped),
            Err(HandshakeEnd::Failed(error)) => Err(self.handshake_failed(&error)),
            Err(HandshakeEnd::Late(limit)) => {
                Err(self.handshake_failed(&format_args!("it took longer than {limit:?}")))
            }
        }
    }

    /// Goes on for the peer that the handshake has told, if that is let in.
    fn admit(&self, peer_addr: PeerAddr) -> Result<(), CloseReason> {
        let (server, link) = (self.context.handle.label(), &*self.permit.link);
        if let Err(refusal) = self.permit.set_peer_addr(peer_addr.clone()) {
            let refusals = &self.context.handle.inner().refusals;
            refusals.add(refusal, &peer_addr, server);
            return Err(CloseReason::Handshake);
        }
        event!(debug, name: "peer told", server, peer = %peer_addr, id = %link.id, "the peer is {peer_addr}");
        Ok(())
    }

    /// Tells it to whoever looks closely: any scan of ports makes handshakes fail.
    fn handshake_failed(&self, error: &dyn fmt::Display) -> CloseReason {
        if let Some(Unsaid(unsaid)) = self.context.log.handshakes.admit() {
            let (server, link) = (self.context.handle.label(), &*self.permit.link);
            let error = Quoted(error);
            event!(debug, name: "handshake failed", server, peer = %link.peer_addr(), id = %link.id, unsaid, "the handshake failed: {error}");
        }
        CloseReason::Handshake
    }
}

#[cfg(test)]
mod tests;

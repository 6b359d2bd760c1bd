//! The end of a connection: the reasons that the stream gives, and the goodbye.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;

use tokio::time::timeout;

use super::Connection;
use crate::api::tcp_server::TcpServer;
use crate::connection::{drive, session};
use crate::io::link::{Link, Signal};
use crate::io::{Broken, LINGER_TIME, time_until};
use crate::log::event;
use crate::reason::CloseReason;
use crate::server::timeouts::Limit;

impl<S: TcpServer> Connection<'_, S> {
    /// Returns why a connection ends whose peer has shut down its sending side.
    pub(super) fn end_of_input(&self) -> CloseReason {
        let bytes = self.io.unhandled();
        if bytes > 0 {
            let (server, peer) = (self.context.handle.label(), self.permit.link.peer_addr());
            event!(debug, name: "discarded", server, %peer, bytes, "the peer closed in the middle of a frame: {bytes} bytes are discarded");
        }
        CloseReason::Peer
    }

    /// Returns why a connection ends whose stream broke.
    pub(super) fn broke(&self, broken: Broken) -> CloseReason {
        match broken {
            Broken::Reset => CloseReason::Reset,
            Broken::Malformed => {
                self.context
                    .log_peer(&self.permit.link, "the peer sent what the transport can't use");
                CloseReason::Malformed
            }
            Broken::Truncated => CloseReason::Truncated,
            #[cfg(feature = "tls-provider")]
            Broken::Handshake => CloseReason::Handshake,
            Broken::Timeout => {
                self.context.count_timeout(Limit::Send);
                self.context
                    .log_peer(&self.permit.link, "the peer read too little within send_timeout");
                CloseReason::Timeout
            }
        }
    }

    /// Says goodbye: what was replied goes out, the `closed` callback runs, and what still comes is
    /// thrown away for a moment, so that no reset eats the last reply.
    ///
    /// A connection that was handed over isn't closed, but left: it goes on elsewhere.
    pub(super) async fn finish(&mut self, reason: CloseReason) {
        if reason == CloseReason::HandedOver {
            return;
        }
        if let Some(mailbox) = &self.mailbox {
            mailbox.close();
        }
        let close_timeout = self.io.settings().close_timeout;
        let limit = match reason {
            // A kicked peer has a moment to take what was replied, but no more, as it may be one
            // that doesn't read.
            CloseReason::Kicked => close_timeout.min(LINGER_TIME),
            // A peer that reads a byte now and then doesn't live for ever either.
            _ => close_timeout,
        };
        let end = self.io.stream.closes_by(limit);
        let call_timeout = self.io.stream.call_timeout();
        let io = &mut self.io;
        io.reader.rest();
        #[cfg(feature = "record")]
        if reason == CloseReason::Stopped {
            io.stream.tape_stopped();
        }
        // The transport may be the program's own: if it panics, the rest of the goodbye is said.
        let shut = drive::guard(poll_fn(|cx| io.write_half().poll_shutdown(cx)));
        let shut = unless_cut(&self.permit.link, pin!(timeout(time_until(end), shut))).await;
        if let Some(Ok(Err(panicked))) = &shut {
            self.context
                .log_call("the transport", Some(&self.permit.link), panicked);
        }
        if matches!(shut, Some(Err(_))) && reason != CloseReason::Kicked {
            self.context.log_peer(
                &self.permit.link,
                "the peer didn't take all that was replied before its time to close was over",
            );
        }
        self.permit.link.end(reason);
        #[cfg(feature = "record")]
        self.io.stream.tape_end(reason);
        if let Some(session) = self.take_session() {
            session::close(self.context, session, reason, call_timeout).await;
        }
        let server = self.context.handle.label();
        let link = &*self.permit.link;
        let state = self.context.handle.inner().state_of(link);
        event!(debug, name: "closed", server, acceptor = link.acceptor(), peer = %link.peer_addr(), id = %link.id, state, %reason, "connection closed: {reason}");
        if matches!(shut, Some(Ok(Ok(Ok(()))))) && !self.io.is_eof() {
            let limit = time_until(end).min(LINGER_TIME);
            unless_cut(&self.permit.link, pin!(timeout(limit, self.io.drain()))).await;
        }
    }
}

/// Waits for `goodbye`, unless the connection is kicked meanwhile or the server's time is over.
async fn unless_cut<T>(link: &Link, mut goodbye: Pin<&mut impl Future<Output = T>>) -> Option<T> {
    let told = link.signal();
    poll_fn(|cx| {
        link.register(cx);
        let signal = link.signal();
        if signal == Signal::Cut || (signal.cuts() && signal > told) {
            return Poll::Ready(None);
        }
        goodbye.as_mut().poll(cx).map(Some)
    })
    .await
}

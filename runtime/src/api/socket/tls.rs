//! TLS of a connection: what it says, and how it starts in the middle (STARTTLS).

use std::future::poll_fn;
use std::io;

use tokio::time::timeout;

use super::Socket;
use crate::error::{Error, ErrorKind, Result};
use crate::io::Broken;
use crate::server::timeouts::Limit;
use crate::transport::tls::info::TlsInfo;

impl Socket {
    /// Returns what TLS says of the connection: the name that the client asked for, the protocol
    /// that both agreed on, the certificate that the client has shown. `None` if the connection is
    /// in plain.
    pub fn tls(&self) -> Option<TlsInfo> {
        self.io().stream.tls()
    }

    /// Encrypts the connection from here on (STARTTLS), on a port with
    /// `tls(…, starttls = true)`.
    ///
    /// Bytes that were sent before go out in plain, so send the invitation first. The handshake
    /// takes `handshake_timeout` at most. The peer waits for the invitation before it begins, so
    /// bytes that came before aren't its own words of the encrypted conversation: somebody on the
    /// way may have put them there. They are refused, whole frames and parts of one.
    ///
    /// Forget what the peer said in plain, such as its name: anybody may have said it.
    ///
    /// # Errors
    ///
    /// After an error nothing is received or sent any more, as the connection must not go on in
    /// plain: it ends with [`CloseReason::Handshake`](crate::CloseReason::Handshake), whatever the
    /// callback returns. Returns [`ErrorKind::Handshake`] if the peer sent plain bytes after its
    /// request, if the handshake failed or took too long, or if the port has no
    /// `tls(…, starttls = true)`; [`ErrorKind::Timeout`] and [`ErrorKind::Reset`] as for
    /// [`send`](Self::send), before the handshake. On a connection that is encrypted already it
    /// returns [`ErrorKind::Handshake`], and nothing changes.
    ///
    /// # Cancel safety
    ///
    /// It isn't cancel-safe: if the future is dropped before it is done, the connection ends as
    /// after an error.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use kai_tcp_server::{Action, Result, Socket, tcp_server};
    ///
    /// struct Mail;
    ///
    /// #[tcp_server(port = 2525, packet = line(crlf), tls(cert = "cert.pem", key = "key.pem", starttls = true))]
    /// impl Mail {
    ///     async fn handle_call(&self, data: &[u8], socket: &mut Socket) -> Result<Action> {
    ///         match data {
    ///             b"STARTTLS" if socket.tls().is_some() => Ok(reply("503 it is TLS already")),
    ///             b"STARTTLS" => {
    ///                 socket.send("220 go ahead").await?;
    ///                 socket.start_tls().await?;
    ///                 Ok(noreply)
    ///             }
    ///             b"QUIT" => Ok(close("221 bye")),
    ///             _ => Ok(reply("500 what?")),
    ///         }
    ///     }
    /// }
    /// ```
    pub async fn start_tls(&mut self) -> Result {
        if self.tls().is_some() {
            return Err(Error::new(ErrorKind::Handshake, "the connection speaks TLS already"));
        }
        let mut broken = BreakOnDrop {
            socket: self,
            done: false,
        };
        poll_fn(|cx| broken.socket.io().write_half().poll_flush_for_sender(cx)).await?;
        broken.socket.begin_tls()?;
        let limit = broken.socket.io().settings().handshake_limit();
        let handshake = poll_fn(|cx| {
            let mut io = broken.socket.io();
            let polled = io.stream.poll_handshake(cx);
            if polled.is_pending() {
                // The task that looks whether the peer has left registers its own waker in place of
                // this one.
                io.stream.set_receiver(cx);
            }
            polled
        });
        match timeout(limit, handshake).await {
            Ok(Ok(_)) => {
                broken.done = true;
                Ok(())
            }
            Ok(Err(error)) => Err(broken.socket.tls_failed(error)),
            Err(_) => {
                broken.socket.server.inner().timeouts.add(Limit::Handshake);
                let late = format!("it took longer than handshake_timeout {limit:?}");
                Err(broken.socket.tls_failed(io::Error::new(io::ErrorKind::TimedOut, late)))
            }
        }
    }

    /// Begins the handshake, unless plain bytes have come already.
    fn begin_tls(&self) -> Result {
        let mut io = self.io();
        let problem = if io.has_begun_frame() {
            "the peer sent plain bytes after its request for TLS: they are refused"
        } else if !io.stream.start_tls() {
            "the port has no TLS to start: set tls(…, starttls = true)"
        } else {
            return Ok(());
        };
        drop(io);
        Err(self.tls_failed(io::Error::new(io::ErrorKind::InvalidData, problem)))
    }

    /// Counts and logs that the handshake failed.
    fn tls_failed(&self, error: io::Error) -> Error {
        let server = self.server.inner();
        server.handshakes.add(server.label, &self.link, &error);
        Error::new(ErrorKind::Handshake, "the TLS handshake failed").caused_by(error)
    }
}

/// Breaks the connection off unless the handshake is done: it must not go on in plain.
struct BreakOnDrop<'s> {
    socket: &'s Socket,
    done: bool,
}

impl Drop for BreakOnDrop<'_> {
    fn drop(&mut self) {
        if !self.done
            && let Some(io) = self.socket.io().get_mut()
            && io.stream.broken().is_none()
        {
            io.abandon(Broken::Handshake);
        }
    }
}

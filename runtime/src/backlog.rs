//! Who waits in the backlog of a port that closes: each is told in good order, as the kernel would reset them.

use std::io;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use crate::accept_error::AcceptError;
use crate::farewell;
use crate::listener::Listener;
use crate::transport::Transport;

/// Those who were turned away and haven't left yet; owned by whoever closes the port.
#[derive(Debug)]
pub(crate) struct Leaving {
    words: &'static [u8],
    farewells: JoinSet<()>,
    until: Instant,
    count: usize,
}

impl Leaving {
    /// Each is told `words`, and all have `limit` to leave, or the time of a farewell, if that is shorter.
    pub(crate) fn new(words: &'static [u8], limit: Duration) -> Self {
        Leaving {
            words,
            farewells: JoinSet::new(),
            until: Instant::now() + limit.min(farewell::TIME),
            count: 0,
        }
    }

    /// Closes the port, after those who wait in its backlog were turned away.
    pub(crate) async fn close(&mut self, mut listener: Listener) {
        self.empty(&mut listener);
        if let Some((port, most)) = listener.into_port() {
            self.close_port(port, most).await;
        }
    }

    /// Turns away those who wait for a server without a port.
    pub(crate) fn empty(&mut self, listener: &mut Listener) {
        while let Some(transport) = listener.waiting_in_memory() {
            self.turn_away(transport);
        }
    }

    async fn close_port(&mut self, listener: std::net::TcpListener, mut left: usize) {
        take_no_more(&listener);
        while left > 0 {
            match listener.accept() {
                Ok((stream, _)) => {
                    left -= 1;
                    if stream.set_nonblocking(true).is_ok()
                        && let Ok(stream) = TcpStream::from_std(stream)
                    {
                        self.turn_away(Transport::Tcp(stream));
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) => match AcceptError::of(&error) {
                    AcceptError::Retry => left -= 1,
                    AcceptError::Lost => return,
                    // One that leaves makes room.
                    AcceptError::Pause => {
                        if !self.one_has_left().await {
                            return;
                        }
                    }
                },
            }
        }
    }

    /// Ends a connection in good order, unserved.
    fn turn_away(&mut self, transport: Transport) {
        self.count += 1;
        self.farewells.spawn(farewell::say(transport, self.words));
    }

    async fn one_has_left(&mut self) -> bool {
        matches!(timeout_at(self.until, self.farewells.join_next()).await, Ok(Some(_)))
    }

    /// Waits until all have left or their time is over; how many were turned away.
    pub(crate) async fn all(mut self) -> usize {
        while self.one_has_left().await {}
        self.count
    }
}

/// From here on the kernel drops what would begin a connection, so that the backlog can be emptied: who calls now calls again, and finds the
/// port closed.
#[cfg(target_os = "linux")]
fn take_no_more(listener: &std::net::TcpListener) {
    use socket2::{SockFilter, SockRef};

    // Classic BPF over the TCP header: load the byte with the flags; if SYN is among them drop the packet, else keep it.
    const PROGRAM: [SockFilter; 4] = [
        SockFilter::new(0x30, 0, 0, 13),
        SockFilter::new(0x45, 0, 1, 0x02),
        SockFilter::new(0x06, 0, 0, 0),
        SockFilter::new(0x06, 0, 0, u32::MAX),
    ];
    // Without it one who comes between the last accept and the close is reset; under many connects that happens at each few stops.
    let _ = SockRef::from(listener).attach_filter(&PROGRAM);
}

#[cfg(not(target_os = "linux"))]
fn take_no_more(_: &std::net::TcpListener) {}

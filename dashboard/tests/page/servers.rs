//! The servers and clients of these tests. All servers of the program are on each page, so a test
//! looks at its own by its number.

use std::sync::Arc;

use kai_tcp_server::{Action, Server, start, tcp_server, with};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream};
use tokio::sync::Semaphore;

/// The session of a connection: what its peer sent last.
#[derive(Debug, Default)]
pub(crate) struct Guest {
    pub(crate) said: String,
}

/// Keeps what peers say. A call to `wait` waits until it is let go.
pub(crate) struct Guests {
    go: Arc<Semaphore>,
}

impl Guests {
    /// Returns a server whose calls to `wait` wait for ever.
    pub(crate) fn of_nobody() -> Self {
        Guests {
            go: Arc::new(Semaphore::new(0)),
        }
    }
}

#[tcp_server(port = 0, packet = line(lf), max_processes = 20_000, max_restarts = 100, latency = true)]
impl Guests {
    async fn handle_call(&self, data: &str, guest: &mut Guest) -> Action {
        match data {
            /// Says nothing of it.
            "ping" => reply("pong"),
            /// Waits for the test.
            "wait" => {
                self.go.acquire().await.unwrap().forget();
                reply("waited")
            }
            "say {words..}" => {
                words.clone_into(&mut guest.said);
                reply("said")
            }
            _ => close("what?"),
        }
    }
}

/// Starts the server on a port of its own, and returns what lets its calls go.
pub(crate) async fn guests() -> (Server, Arc<Semaphore>) {
    let go = Arc::new(Semaphore::new(0));
    let server = Guests { go: Arc::clone(&go) };
    (start(server).await.unwrap(), go)
}

/// Starts the server in memory.
pub(crate) async fn guests_in_memory() -> Server {
    start(with(Guests::of_nobody(), Guests::OPTIONS.in_memory()))
        .await
        .unwrap()
}

/// Sends a line, and expects the one that answers it.
pub(crate) async fn call(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), line: &str, answer: &str) {
    stream.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    let mut answered = vec![0; answer.len() + 1];
    stream.read_exact(&mut answered).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&answered), format!("{answer}\n"));
}

/// Connects within the program, and makes a call.
pub(crate) async fn caller(server: &Server) -> DuplexStream {
    let mut stream = server.connect().await.unwrap();
    call(&mut stream, "ping", "pong").await;
    stream
}

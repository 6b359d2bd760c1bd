//! A client that sends, checks what it receives, and never waits forever.

use std::fmt::Debug;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use kai_tcp_server::{LocalAddr, Server};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// The time after which a test that waits has failed. Nothing takes so long on a working machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A place that a client connects to by TCP.
pub trait Reachable {
    /// The address.
    ///
    /// # Panics
    ///
    /// If there is none.
    fn addr(self) -> SocketAddr;
}

impl Reachable for SocketAddr {
    fn addr(self) -> SocketAddr {
        self
    }
}

impl<I: Into<IpAddr>> Reachable for (I, u16) {
    fn addr(self) -> SocketAddr {
        self.into()
    }
}

impl Reachable for LocalAddr {
    fn addr(self) -> SocketAddr {
        self.socket_addr().expect("the server has a port")
    }
}

/// A connected client.
#[derive(Debug)]
pub struct Client<T = TcpStream> {
    stream: T,
}

impl Client {
    /// Connects over TCP.
    ///
    /// # Panics
    ///
    /// If no server listens there.
    pub async fn connect(to: impl Reachable) -> Self {
        Client::over(
            within("connect", TcpStream::connect(to.addr()))
                .await
                .expect("somebody listens"),
        )
    }

    /// Takes the next connection of a listener. Returns this end, as the server of somebody who is
    /// under test, and the address of the other one.
    ///
    /// # Panics
    ///
    /// If nobody connects.
    pub async fn accept(listener: &TcpListener) -> (Self, SocketAddr) {
        let (stream, peer) = within("accept", listener.accept()).await.expect("the listener is open");
        (Client::over(stream), peer)
    }

    /// Closes with a reset.
    ///
    /// # Panics
    ///
    /// If the system doesn't know `SO_LINGER`.
    pub fn reset(self) {
        self.stream.set_zero_linger().expect("SO_LINGER can be set");
    }

    /// Returns the address of this end.
    ///
    /// # Panics
    ///
    /// If the connection is gone.
    pub fn local_addr(&self) -> SocketAddr {
        self.stream.local_addr().expect("the socket is connected")
    }
}

#[cfg(unix)]
impl Client<tokio::net::UnixStream> {
    /// Connects to a Unix socket.
    ///
    /// # Panics
    ///
    /// If no server listens there.
    pub async fn at(path: impl AsRef<std::path::Path>) -> Self {
        Client::over(
            within("connect", tokio::net::UnixStream::connect(path))
                .await
                .expect("somebody listens"),
        )
    }
}

impl Client<DuplexStream> {
    /// Connects to a server without a port.
    ///
    /// # Panics
    ///
    /// If the server has stopped.
    pub async fn in_memory(server: &Server) -> Self {
        Client::over(server.connect().await.expect("the server runs"))
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Client<T> {
    /// Creates a client over any stream.
    pub fn over(stream: T) -> Self {
        Client { stream }
    }

    /// Sends bytes.
    ///
    /// # Panics
    ///
    /// If the connection is gone.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        within("send", self.stream.write_all(bytes.as_ref()))
            .await
            .expect("the connection takes bytes");
    }

    /// Receives exactly these bytes.
    ///
    /// # Panics
    ///
    /// If other bytes come, or none.
    pub async fn expect(&mut self, bytes: impl AsRef<[u8]>) {
        let expected = bytes.as_ref();
        let mut got = vec![0; expected.len()];
        let mut filled = 0;
        while filled < got.len() {
            let n = within("expect", self.stream.read(&mut got[filled..]))
                .await
                .unwrap_or(0);
            assert!(
                n > 0,
                "the connection ended after {:?}, expected {:?}",
                text(&got[..filled]),
                text(expected)
            );
            filled += n;
            assert!(
                expected.starts_with(&got[..filled]),
                "expected {:?}, got {:?}",
                text(expected),
                text(&got[..filled])
            );
        }
    }

    /// Sends bytes, and receives exactly the response.
    ///
    /// # Panics
    ///
    /// As [`send`](Self::send) and [`expect`](Self::expect).
    pub async fn call(&mut self, request: impl AsRef<[u8]>, response: impl AsRef<[u8]>) {
        self.send(request).await;
        self.expect(response).await;
    }

    /// Receives up to the next LF, and returns it with the LF.
    ///
    /// # Panics
    ///
    /// If the connection ends before that.
    pub async fn line(&mut self) -> String {
        let mut line = Vec::new();
        while line.last() != Some(&b'\n') {
            let byte = within("line", self.stream.read_u8()).await.expect("a whole line comes");
            line.push(byte);
        }
        String::from_utf8_lossy(&line).into_owned()
    }

    /// Receives all bytes until the server closes.
    ///
    /// # Panics
    ///
    /// If the server doesn't close, or resets the connection.
    pub async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        within("rest", self.stream.read_to_end(&mut rest))
            .await
            .expect("the server closes in good order");
        rest
    }

    /// Receives the end of the stream.
    ///
    /// # Panics
    ///
    /// If anything else comes, including a reset.
    pub async fn expect_eof(&mut self) {
        let rest = self.rest().await;
        assert!(rest.is_empty(), "expected the end, got {:?}", text(&rest));
    }

    /// Waits until the connection has ended or was reset, without another byte.
    ///
    /// # Panics
    ///
    /// If bytes come, or the connection stays open.
    pub async fn expect_eof_or_reset(&mut self) {
        let mut rest = Vec::new();
        drop(within("gone", self.stream.read_to_end(&mut rest)).await);
        assert!(rest.is_empty(), "expected the end, got {:?}", text(&rest));
    }

    /// Waits until the connection has ended or was reset.
    ///
    /// # Panics
    ///
    /// If the connection stays open.
    pub async fn expect_gone(&mut self) {
        let mut rest = Vec::new();
        drop(within("gone", self.stream.read_to_end(&mut rest)).await);
    }

    /// Shuts down the sending side.
    ///
    /// # Panics
    ///
    /// If the connection is gone.
    pub async fn half_close(&mut self) {
        self.stream.shutdown().await.expect("the connection is open");
    }

    /// Returns the stream alone, as what was received was looked at.
    pub fn into_inner(self) -> T {
        self.stream
    }

    /// Returns the stream.
    pub fn stream(&mut self) -> &mut T {
        &mut self.stream
    }
}

/// Waits for the output of `future`.
///
/// # Panics
///
/// If it takes too long.
pub async fn within<F: Future>(what: &str, future: F) -> F::Output {
    timeout(PATIENCE, future)
        .await
        .unwrap_or_else(|_| panic!("{what}: nothing happened for {PATIENCE:?}"))
}

fn text(bytes: &[u8]) -> impl Debug {
    String::from_utf8_lossy(bytes).into_owned()
}

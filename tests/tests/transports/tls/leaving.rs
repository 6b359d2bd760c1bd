//! Calls that wait while their peer leaves, and while it sends what they don't read.

use std::io::Write as _;
use std::sync::Arc;

use kai_tcp_server::{Action, CloseReason, Server, Socket, start, tcp_server, with};
use kai_tcp_server_tests::{Client, next};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_rustls::client::TlsStream;

use super::{Setup, connect};

struct Waits(UnboundedSender<String>, Arc<Notify>);

#[tcp_server(port = 0, packet = line(lf), max_processes = 100)]
impl Waits {
    async fn handle_call(&self, data: &[u8], socket: &mut Socket) -> Action {
        match data {
            b"wait" => {
                self.tell("waits".to_owned());
                socket.closed().await;
                self.tell("the peer left".to_owned());
                noreply
            }
            b"pause" => {
                self.tell("pauses".to_owned());
                self.1.notified().await;
                noreply
            }
            _ => reply(data),
        }
    }

    fn closed(&self, reason: CloseReason) {
        self.tell(format!("{reason:?}"));
    }
}

impl Waits {
    fn tell(&self, event: String) {
        let _ = self.0.send(event);
    }
}

/// A record that is sealed with no key.
const MALFORMED: [u8; 25] = {
    let mut record = [7; 25];
    (record[0], record[1], record[2]) = (23, 3, 3);
    (record[3], record[4]) = (0, 20);
    record
};

struct Play {
    setup: Setup,
    server: Server,
    told: UnboundedReceiver<String>,
    go: Arc<Notify>,
}

impl Play {
    async fn new() -> Self {
        let setup = Setup::new();
        let (tell, told) = unbounded_channel();
        let go = Arc::<Notify>::default();
        let waits = Waits(tell, Arc::clone(&go));
        let server = start(with(waits, setup.options(Waits::OPTIONS))).await.unwrap();
        Play {
            setup,
            server,
            told,
            go,
        }
    }

    async fn tells(&mut self, event: &str) {
        assert_eq!(next(&mut self.told).await.as_deref(), Some(event));
    }

    /// A client whose call waits.
    async fn client(&mut self) -> TlsStream<TcpStream> {
        let addr = self.server.local_addr();
        let mut client = connect(addr, "localhost", self.setup.authority.client()).await.unwrap();
        client.write_all(b"wait\n").await.unwrap();
        self.tells("waits").await;
        client
    }
}

/// Sends what the session has to send, and leaves the socket as it is.
async fn write_session(client: &mut TlsStream<TcpStream>) {
    let (stream, session) = client.get_mut();
    let mut bytes = Vec::new();
    while session.wants_write() {
        session.write_tls(&mut bytes).unwrap();
    }
    stream.write_all(&bytes).await.unwrap();
}

#[tokio::test]
async fn a_call_that_waits_learns_of_the_goodbye_of_tls_though_the_socket_stays_open() {
    let mut play = Play::new().await;
    for unread in ["", "part of a"] {
        let mut client = play.client().await;
        client.get_mut().1.writer().write_all(unread.as_bytes()).unwrap();
        client.get_mut().1.send_close_notify();
        write_session(&mut client).await;
        play.tells("the peer left").await;
        play.tells("Peer").await;
    }
    play.server.stop().await;
}

#[tokio::test]
async fn a_call_that_waits_learns_of_an_end_without_the_goodbye() {
    let mut play = Play::new().await;
    for unread in ["", "part of a"] {
        let mut client = play.client().await;
        client.write_all(unread.as_bytes()).await.unwrap();
        client.flush().await.unwrap();
        client.get_mut().0.shutdown().await.unwrap();
        play.tells("the peer left").await;
        play.tells("Truncated").await;
    }
    play.server.stop().await;
}

#[tokio::test]
async fn a_call_that_waits_learns_of_a_reset_also_behind_bytes_that_it_has_not_read() {
    let mut play = Play::new().await;
    for unread in [0, 10, 60_000] {
        let mut client = play.client().await;
        client.write_all(&vec![b'x'; unread]).await.unwrap();
        client.flush().await.unwrap();
        Client::over(client.into_inner().0).reset();
        play.tells("the peer left").await;
        play.tells("Reset").await;
    }
    play.server.stop().await;
}

#[tokio::test]
async fn a_record_that_nobody_can_read_is_told_alike_whether_the_call_waits_or_is_over() {
    let mut play = Play::new().await;
    let mut waits = play.client().await;
    waits.get_mut().0.write_all(&MALFORMED).await.unwrap();
    play.tells("the peer left").await;
    play.tells("Malformed").await;
    let mut is_read = play.setup.connect(play.server.local_addr()).await;
    is_read.call("hello\n", "hello\n").await;
    is_read.stream().get_mut().0.write_all(&MALFORMED).await.unwrap();
    play.tells("Malformed").await;
    play.server.stop().await;
}

/// More than TLS decrypts ahead.
#[tokio::test]
async fn what_comes_while_a_call_waits_is_there_for_those_behind_it() {
    let mut play = Play::new().await;
    let mut client = connect(play.server.local_addr(), "localhost", play.setup.authority.client())
        .await
        .unwrap();
    client.write_all(b"pause\n").await.unwrap();
    play.tells("pauses").await;
    let lines = "0123456789abcdef\n".repeat(4_000);
    client.write_all(lines.as_bytes()).await.unwrap();
    client.flush().await.unwrap();
    // It looks at what has come, over and over.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(play.told.try_recv().is_err(), "the peer is there");
    play.go.notify_one();
    let mut client = Client::over(client);
    client.expect(&lines).await;
    drop(client);
    play.server.stop().await;
}

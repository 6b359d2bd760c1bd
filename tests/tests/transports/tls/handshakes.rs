//! Handshakes of clients of all kinds: slow, hasty, silent, hostile, and in plain text.

use std::io::{Cursor, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use kai_tcp_server::{Options, Server, start, with};
use kai_tcp_server_tests::tls_records::malformed_handshake;
use kai_tcp_server_tests::{Client, Log, Random, eventually, resident};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, timeout};
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{AlertDescription, ClientConnection, Error};

use super::echo::Echo;
use super::{Authority, Setup, handshake};

async fn serve(setup: &Setup, options: Options) -> Server {
    start(with(Echo, setup.options(options))).await.unwrap()
}

/// A client whose bytes go out as the test says.
pub(super) struct ByHand {
    pub(super) stream: TcpStream,
    pub(super) session: ClientConnection,
}

impl ByHand {
    pub(super) async fn connect(setup: &Setup, to: SocketAddr) -> Self {
        let stream = TcpStream::connect(to).await.unwrap();
        stream.set_nodelay(true).unwrap();
        ByHand::over(setup, stream)
    }

    pub(super) fn over(setup: &Setup, stream: TcpStream) -> Self {
        let name = ServerName::try_from("localhost").unwrap();
        ByHand {
            stream,
            session: ClientConnection::new(Arc::new(setup.authority.client()), name).unwrap(),
        }
    }

    /// Returns what is to be sent.
    pub(super) fn output(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while self.session.wants_write() {
            self.session.write_tls(&mut bytes).unwrap();
        }
        bytes
    }

    pub(super) async fn input(&mut self) {
        let mut buffer = [0; 4096];
        let n = timeout(Duration::from_secs(20), self.stream.read(&mut buffer))
            .await
            .unwrap()
            .unwrap();
        assert!(n > 0, "the server closed");
        let mut bytes = Cursor::new(&buffer[..n]);
        while bytes.position() < n as u64 {
            self.session.read_tls(&mut bytes).unwrap();
            self.session.process_new_packets().unwrap();
        }
    }

    /// Sends much behind its handshake, and reads why it is refused; then comes an end, not a reset.
    pub(super) async fn reads_that_it_shows_no_certificate(mut self) {
        let hello = self.output();
        self.stream.write_all(&hello).await.unwrap();
        while self.session.is_handshaking() {
            self.input().await;
        }
        self.session.writer().write_all(&vec![b'x'; 40_000]).unwrap();
        let rest = self.output();
        self.stream.write_all(&rest).await.unwrap();
        let mut answer = Vec::new();
        let read = timeout(Duration::from_secs(20), self.stream.read_to_end(&mut answer)).await;
        read.unwrap().expect("an end, and no reset");
        self.session.read_tls(&mut &answer[..]).unwrap();
        let told = self.session.process_new_packets().unwrap_err();
        assert_eq!(told, Error::AlertReceived(AlertDescription::CertificateRequired));
    }

    /// Sends a request, and the handshake before it, in segments of one byte; returns the line that
    /// is the answer.
    pub(super) async fn call_byte_by_byte(&mut self, request: &[u8]) -> String {
        self.session.writer().write_all(request).unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\n") {
            for byte in self.output() {
                self.stream.write_all(&[byte]).await.unwrap();
                tokio::task::yield_now().await;
            }
            self.input().await;
            let mut buffer = [0; 256];
            if let Ok(n) = self.session.reader().read(&mut buffer) {
                answer.extend_from_slice(&buffer[..n]);
            }
        }
        String::from_utf8(answer).unwrap().trim_end().to_owned()
    }
}

#[tokio::test]
async fn a_client_that_sends_byte_by_byte_is_served() {
    let setup = Setup::new();
    let server = serve(&setup, Echo::OPTIONS).await;
    let mut client = ByHand::connect(&setup, server.local_addr()).await;
    assert_eq!(client.call_byte_by_byte(b"hello\n").await, "hello");
    drop(client);
    server.stop().await;
}

/// The end of the handshake, a request and the goodbye are one write.
#[tokio::test]
async fn a_client_that_sends_all_at_once_is_served() {
    let setup = Setup::new();
    let server = serve(&setup, Echo::OPTIONS).await;
    let mut client = ByHand::connect(&setup, server.local_addr()).await;
    client.session.writer().write_all(b"hello\nworld\n").unwrap();
    let hello = client.output();
    client.stream.write_all(&hello).await.unwrap();
    while client.session.is_handshaking() {
        client.input().await;
    }
    client.session.send_close_notify();
    let rest = client.output();
    client.stream.write_all(&rest).await.unwrap();
    let mut answer = Vec::new();
    while answer.len() < 12 {
        client.input().await;
        let mut buffer = [0; 64];
        while let Ok(n @ 1..) = client.session.reader().read(&mut buffer) {
            answer.extend_from_slice(&buffer[..n]);
        }
    }
    assert_eq!(answer, b"hello\nworld\n");
    drop(client);
    server.stop().await;
}

async fn silent(to: SocketAddr, count: usize) -> Vec<Client> {
    let mut clients = Vec::new();
    for n in 0..count {
        let mut client = Client::connect(to).await;
        // Some have begun.
        if n % 2 == 0 {
            client.send([22, 3, 1]).await;
        }
        clients.push(client);
    }
    clients
}

#[tokio::test]
async fn handshakes_that_hang_hold_up_nobody_but_by_max_processes() {
    let setup = Setup::new();
    let options = Echo::OPTIONS.max_processes(9).handshake_timeout(Duration::from_secs(2));
    let server = serve(&setup, options).await;
    let hang = silent(server.local_addr(), 8).await;
    let begun = Instant::now();
    for _ in 0..5 {
        let mut client = setup.connect(server.local_addr()).await;
        client.call("bye\n", "cya\n").await;
        client.expect_eof().await;
    }
    drop(hang);
    let hang = silent(server.local_addr(), 9).await;
    eventually("all places are taken", || server.info().curr_connections == 9).await;
    let mut waits = setup.connect(server.local_addr()).await;
    assert!(
        begun.elapsed() >= Duration::from_secs(2),
        "it waited for one to time out"
    );
    waits.call("hello\n", "hello\n").await;
    eventually("all are counted", || server.info().failed_handshakes >= 9).await;
    drop((hang, waits));
    server.stop().await;
}

#[cfg(target_os = "linux")] // all of 127.0.0.0/8 is this machine there
#[tokio::test]
async fn handshakes_that_hang_are_bounded_by_max_per_ip() {
    let setup = Setup::new();
    let server = serve(&setup, Echo::OPTIONS.max_processes(8).max_per_ip(3)).await;
    let hang = silent(server.local_addr(), 20).await;
    eventually("the others are refused", || server.info().refused.per_ip == 17).await;
    assert_eq!(server.info().curr_connections, 3);
    let socket = TcpSocket::new_v4().unwrap();
    socket
        .bind((IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2)), 0).into())
        .unwrap();
    let stream = socket.connect(server.local_addr()).await.unwrap();
    let mut client = Client::over(handshake(stream, "localhost", setup.authority.client()).await.unwrap());
    client.call("hello\n", "hello\n").await;
    drop((hang, client));
    server.stop().await;
}

#[tokio::test]
async fn plain_text_to_a_tls_port_is_named_in_the_log() {
    let setup = Setup::new();
    let log = Log::new();
    let server = serve(&setup, Echo::OPTIONS).await;
    for (sent, said) in [
        ("pass s3same\n", "the client speaks plain text to a TLS port"),
        ("x", "the client speaks plain text to a TLS port"),
        (
            "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "the client speaks HTTP in plain text to a TLS port: `http://` instead of `https://`",
        ),
        ("\u{1b}[2J\n", "the client speaks plain text to a TLS port"),
    ] {
        let mut client = Client::connect(server.local_addr()).await;
        client.send(sent).await;
        client.expect_eof().await;
        drop(client);
        let text = log.take();
        let line = text.lines().find(|line| line.contains("plain text")).expect(&text);
        assert!(line.contains("INFO") && line.contains(said), "{line}");
        // The text may be a secret.
        for word in ["s3same", "localhost", "2J"] {
            assert!(!text.contains(word), "{text}");
        }
    }
    assert_eq!(server.info().failed_handshakes, 4);
    // A peer can't fill the log.
    for _ in 0..30 {
        let mut client = Client::connect(server.local_addr()).await;
        client.send("hello\n").await;
        client.expect_eof().await;
    }
    assert!(log.take().matches("plain text").count() < 30);
    server.stop().await;
}

/// Also plain text is answered by an end, not by a reset, as far as it goes.
#[tokio::test]
async fn behind_a_handshake_that_failed_some_bytes_are_thrown_away_and_then_it_is_closed() {
    let setup = Setup::new();
    let server = serve(&setup, Echo::OPTIONS).await;
    let mut client = Client::connect(server.local_addr()).await;
    client.send("plain text ".repeat(1_000)).await;
    client.expect_eof().await;
    let options = Echo::OPTIONS.in_memory();
    let in_memory = start(with(Echo, options).tls(setup.tls())).await.unwrap();
    let mut client = in_memory.connect().await.unwrap();
    let mut taken = 0;
    while let Ok(n) = client.write(&[b'x'; 1_000]).await {
        taken += n;
        assert!(taken < 1_000_000, "it reads on and on");
    }
    drop(client);
    in_memory.stop().await;
    server.stop().await;
}

/// A reset, which unread bytes cause, would eat what was said of it.
#[tokio::test]
async fn whose_certificate_is_refused_reads_why_whatever_was_sent_behind_it() {
    let setup = Setup::new();
    let ca = setup.folder.write("ca.pem", &Authority::new().pem);
    let server = serve(&setup, Echo::OPTIONS.tls_client_ca(ca)).await;
    let client = ByHand::connect(&setup, server.local_addr()).await;
    client.reads_that_it_shows_no_certificate().await;
    assert_eq!(server.info().failed_handshakes, 1);
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_handshake_takes_no_longer_than_a_first_frame_may() {
    let setup = Setup::new();
    let options = Echo::OPTIONS.in_memory().recv_timeout(Duration::from_secs(2));
    let server = start(with(Echo, options).tls(setup.tls())).await.unwrap();
    let begun = Instant::now();
    let mut client = Client::in_memory(&server).await;
    client.expect_gone().await;
    let took = begun.elapsed();
    assert!(
        took >= Duration::from_secs(2) && took < Duration::from_secs(5),
        "{took:?}"
    );
    server.stop().await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn ten_thousand_malformed_records_close_their_connections_and_nothing_else() {
    let setup = Setup::new();
    let log = Log::new();
    let server = serve(&setup, Echo::OPTIONS.max_processes(16)).await;
    let addr = server.local_addr();
    let mut beside = setup.connect(addr).await;
    let hello = ByHand::connect(&setup, addr).await.output();
    let mut random = Random(13);
    let mut warm = 0;
    for n in 0..10_000 {
        let mut client = TcpStream::connect(addr).await.unwrap();
        let bytes = malformed_handshake(&mut random, &hello);
        // It may have closed already.
        let _ = client.write_all(&bytes).await;
        let _ = client.shutdown().await;
        let mut rest = Vec::new();
        let read = timeout(Duration::from_secs(20), client.read_to_end(&mut rest)).await;
        assert!(read.is_ok(), "{n}: it stays open after {bytes:?}");
        if n == 2_000 {
            warm = resident(std::process::id());
        }
        if n % 1000 == 0 {
            beside.call("hello\n", "hello\n").await;
        }
    }
    let grown = resident(std::process::id()).saturating_sub(warm);
    assert!(grown < 8 * 1024 * 1024, "{grown} bytes more");
    eventually("all have ended", || server.info().curr_connections == 1).await;
    let failed = server.info().failed_handshakes;
    // One that only connected to make the greeting is among them; a changed byte may change
    // nothing, so that the client's end comes instead.
    assert_eq!(failed, 10_001);
    assert_eq!(server.info().restarts, 0);
    let text = log.text();
    assert!(!text.contains("WARN") && !text.contains("ERROR"), "{text}");
    beside.call("hello\n", "hello\n").await;
    drop(beside);
    server.stop().await;
}

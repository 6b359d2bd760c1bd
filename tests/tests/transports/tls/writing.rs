//! Writing by TLS: all bytes leave, whatever the pace of the reader.

use std::time::Duration;

use kai_tcp_server::{Action, CloseReason, Server, start, tcp_server, with};
use kai_tcp_server_tests::{Client, eventually, next};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep};
use tokio_rustls::client::TlsStream;

use super::{Setup, handshake};

/// As much as rustls keeps beside what the pipe takes.
const LARGE: usize = 100_000;

struct Replies(UnboundedSender<CloseReason>);

#[tcp_server(port = 0, packet = line(lf), send_timeout = "5s")]
impl Replies {
    fn handle_call(&self, data: &str) -> Action {
        let length: usize = data.parse().unwrap_or(0);
        reply("x".repeat(length))
    }

    fn closed(&self, reason: CloseReason) {
        let _ = self.0.send(reason);
    }
}

async fn in_memory(setup: &Setup) -> (Server, TlsStream<DuplexStream>, UnboundedReceiver<CloseReason>) {
    let (ends, ended) = unbounded_channel();
    let server = with(Replies(ends), Replies::OPTIONS.in_memory()).tls(setup.tls());
    let server = start(server).await.unwrap();
    let stream = server.connect().await.unwrap();
    let client = handshake(stream, "localhost", setup.authority.client()).await.unwrap();
    (server, client, ended)
}

/// Waits until TLS has taken so many bytes, of which it can't have sent all.
async fn are_taken(server: &Server, bytes: usize) {
    eventually("TLS takes all", || server.info().bytes_out >= bytes as u64).await;
}

#[tokio::test]
async fn the_tail_of_a_large_reply_reaches_a_reader_that_begins_late() {
    let setup = Setup::new();
    let (server, mut client, _ended) = in_memory(&setup).await;
    for length in [LARGE, LARGE - 1, 70_000] {
        let before = usize::try_from(server.info().bytes_out).unwrap();
        client.write_all(format!("{length}\n").as_bytes()).await.unwrap();
        are_taken(&server, before + length + 1).await;
        Client::over(&mut client).expect("x".repeat(length) + "\n").await;
    }
    drop(client);
    server.stop().await;
}

/// As much as the pipe takes, as much again as TLS keeps, and what the client has decrypted.
const AHEAD: u64 = 3 * 64 * 1024;

#[tokio::test(start_paused = true)]
async fn of_a_large_reply_tls_takes_no_more_than_it_keeps_until_the_peer_reads() {
    let setup = Setup::new();
    let (server, mut client, _ended) = in_memory(&setup).await;
    let length = 8_000_000;
    client.write_all(format!("{length}\n").as_bytes()).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    let taken = server.info().bytes_out;
    assert!((1..AHEAD).contains(&taken), "{taken}");
    let mut got = 0;
    let mut buffer = vec![0; 50_000];
    while got < length + 1 {
        let n = client.read(&mut buffer).await.unwrap();
        assert!(n > 0, "cut after {got} bytes");
        assert!(buffer[..n].iter().all(|&byte| byte == b'x' || byte == b'\n'));
        got += n;
        sleep(Duration::from_millis(1)).await;
        let taken = server.info().bytes_out;
        assert!(taken < got as u64 + AHEAD, "{taken} of {got}");
    }
    assert_eq!(got, length + 1);
    Client::over(&mut client).call("3\n", "xxx\n").await;
    drop(client);
    server.stop().await;
}

#[tokio::test]
async fn a_reply_that_fills_all_buffers_reaches_a_slow_reader_whole_over_tcp() {
    let setup = Setup::new();
    let (ends, _ended) = unbounded_channel();
    let server = start(with(Replies(ends), setup.options(Replies::OPTIONS)))
        .await
        .unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let stream: TcpStream = socket.connect(server.local_addr()).await.unwrap();
    let mut client = handshake(stream, "localhost", setup.authority.client()).await.unwrap();
    let length = 3_000_000;
    client.write_all(format!("{length}\n").as_bytes()).await.unwrap();
    let mut got = 0;
    let mut buffer = [0; 1000];
    while got < length + 1 {
        got += client.read(&mut buffer).await.unwrap();
        // The server is ahead, so its buffers are full.
        tokio::task::yield_now().await;
    }
    Client::over(&mut client).call("3\n", "xxx\n").await;
    drop(client);
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn who_reads_slowly_what_tls_keeps_is_not_cut() {
    let setup = Setup::new();
    let (server, mut client, mut ended) = in_memory(&setup).await;
    client.write_all(format!("{LARGE}\n").as_bytes()).await.unwrap();
    are_taken(&server, LARGE + 1).await;
    // All of it lies in the pipe and in rustls by now. A read frees a little of the pipe.
    let begun = Instant::now();
    let (raw, _) = client.get_mut();
    let mut got = 0;
    let mut buffer = [0; 2000];
    while got < LARGE {
        sleep(Duration::from_secs(1)).await;
        let n = raw.read(&mut buffer).await.unwrap();
        assert!(
            n > 0,
            "cut after {got} bytes and {:?}: {:?}",
            begun.elapsed(),
            ended.try_recv()
        );
        got += n;
    }
    assert!(begun.elapsed() > Duration::from_secs(20));
    drop(client);
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn who_reads_nothing_of_what_tls_keeps_is_cut_after_send_timeout() {
    let setup = Setup::new();
    let (server, mut client, mut ended) = in_memory(&setup).await;
    client.write_all(format!("{LARGE}\n").as_bytes()).await.unwrap();
    let begun = Instant::now();
    assert_eq!(next(&mut ended).await, Some(CloseReason::Timeout));
    let took = begun.elapsed();
    assert!(
        took >= Duration::from_secs(5) && took < Duration::from_mins(1),
        "{took:?}"
    );
    drop(client);
    server.stop().await;
}

//! `health` and `stop_delay`: the answers to load balancers, and their time to react.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::net::SocketAddr;
use std::time::Duration;

use kai_tcp_server::{
    Action, ErrorKind, INFINITY, Options, Server, ServerState, Socket, SuspendedPort, start, tcp_server, with,
};
use kai_tcp_server_tests::{Client, eventually};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

struct Checked;

#[tcp_server(port = 0, max_processes = 1, health = "127.0.0.1:0", packet = line(lf))]
impl Checked {
    fn handle_call(&self, data: &[u8], socket: &mut Socket) -> Action {
        if data == b"stop" {
            drop(socket.server().stop());
        }
        reply(data.to_vec())
    }
}

async fn checked(options: Options) -> (Server, SocketAddr) {
    let server = start(with(Checked, options)).await.unwrap();
    let health = server.health_addr().unwrap();
    (server, health)
}

/// Returns the status and the body.
async fn ask(health: SocketAddr) -> (String, String) {
    let mut client = Client::connect(health).await;
    client
        .send("GET /healthz HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
        .await;
    let answer = String::from_utf8(client.rest().await).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("\r\nConnection: close"), "{head}");
    assert!(head.contains(&format!("\r\nContent-Length: {}", body.len())), "{head}");
    let status = head.lines().next().unwrap().strip_prefix("HTTP/1.1 ").unwrap();
    (status.to_owned(), body.to_owned())
}

async fn says(health: SocketAddr, status: &str, word: &str) {
    let (said, body) = ask(health).await;
    assert!(said.starts_with(status), "{said}");
    assert_eq!(body.lines().next(), Some(word));
}

#[tokio::test]
async fn it_names_every_address_on_which_the_server_listens() {
    let (server, health) = checked(Checked::OPTIONS.listen(&["127.0.0.1:0", "127.0.0.1:0"])).await;
    let addrs: Vec<String> = server.local_addrs().iter().map(ToString::to_string).collect();
    assert_eq!(addrs.len(), 3);
    let listed = format!("ready\n{}\n", addrs.join("\n"));
    assert_eq!(ask(health).await, ("200 OK".to_owned(), listed.clone()));
    // The port may be released meanwhile, and will be the same.
    server.suspend(SuspendedPort::Released).unwrap();
    assert_eq!(ask(health).await.1, listed.replace("ready", "suspended"));
    server.stop().await;
}

#[tokio::test]
async fn it_says_ready_busy_or_not_and_suspended_and_stopping() {
    let (server, health) = checked(Checked::OPTIONS.shutdown(INFINITY).stop_delay(INFINITY)).await;
    says(health, "200 OK", "ready").await;
    let mut client = Client::connect(server.local_addr()).await;
    client.call("a\n", "a\n").await;
    says(health, "200 OK", "ready").await;
    server.suspend(SuspendedPort::Kept).unwrap();
    says(health, "503 ", "suspended").await;
    server.suspend(SuspendedPort::Released).unwrap();
    says(health, "503 ", "suspended").await;
    server.resume().await.unwrap();
    says(health, "200 OK", "ready").await;
    let stopping = server.stop();
    says(health, "503 ", "stopping").await;
    drop((client, server.stop()));
    stopping.await;
    TcpStream::connect(health).await.unwrap_err();
}

#[tokio::test]
async fn a_stop_tells_first_and_serves_on_until_its_delay_is_over() {
    let delay = Duration::from_millis(300);
    let (server, health) = checked(Checked::OPTIONS.stop_delay(delay)).await;
    let begin = Instant::now();
    let mut client = Client::connect(server.local_addr()).await;
    client.call("stop\nand on\n", "stop\nand on\n").await;
    says(health, "503 ", "stopping").await;
    assert_eq!(server.info().state, ServerState::Stopping);
    drop(client);
    // It still accepts.
    let mut another = Client::connect(server.local_addr()).await;
    another.call("a\n", "a\n").await;
    another.expect_eof().await;
    assert!(begin.elapsed() >= delay, "{:?}", begin.elapsed());
    drop(another);
    server.wait().await.unwrap();
    assert_eq!(server.info().accepted, 2);
}

#[tokio::test]
async fn a_second_stop_skips_the_delay() {
    let (server, _) = checked(Checked::OPTIONS.stop_delay(INFINITY)).await;
    let mut client = Client::connect(server.local_addr()).await;
    client.call("a\n", "a\n").await;
    let first = server.stop();
    client.call("b\n", "b\n").await;
    let second = server.stop();
    client.expect_eof().await;
    drop(client);
    assert_eq!((first.await.finished, second.await.finished), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_delay_takes_exactly_its_time_and_none_by_default() {
    let options = Checked::OPTIONS.in_memory();
    for (options, seconds) in [(options, 0), (options.stop_delay(Duration::from_secs(7)), 7)] {
        let (server, _) = checked(options).await;
        let begin = Instant::now();
        server.stop().await;
        assert_eq!(begin.elapsed().as_secs(), seconds);
    }
}

#[tokio::test]
async fn who_asks_badly_hurts_nobody() {
    let (server, health) = checked(Checked::OPTIONS).await;
    // Far more than are kept at a time, and none of them asks: the first are closed long before
    // their two seconds are over.
    let begin = Instant::now();
    let mut silent = Vec::new();
    for _ in 0..400 {
        silent.push(Client::connect(health).await);
    }
    silent[0].expect_gone().await;
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
    says(health, "200 OK", "ready").await;
    let mut endless = Client::connect(health).await;
    let flood = "x".repeat(100_000);
    endless.send(&flood).await;
    endless.expect_gone().await;
    for client in &mut silent {
        client.expect_gone().await;
    }
    let mut bare = Client::connect(health).await;
    bare.send("HEAD / HTTP/1.0\n").await;
    let answer = String::from_utf8(bare.rest().await).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\n"),
        "{answer}"
    );
    let mut client = Client::connect(server.local_addr()).await;
    client.call("a\n", "a\n").await;
    assert_eq!(server.info().restarts, 0);
}

#[tokio::test]
async fn it_is_a_child_of_the_server_and_is_restarted_with_its_port() {
    let (server, health) = checked(Checked::OPTIONS).await;
    assert!(server.tree().to_string().contains("\n├── health"), "{}", server.tree());
    assert!(kai_tcp_server::__private::kill_child(&server, "health"));
    eventually("it is restarted", || server.info().restarts == 1).await;
    says(health, "200 OK", "ready").await;
}

#[tokio::test]
async fn an_address_that_is_taken_is_an_error_of_the_start_and_nothing_listens() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let options = Checked::OPTIONS.port(port).health(taken.local_addr().unwrap());
    let error = start(with(Checked, options)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Listen);
    assert!(error.to_string().contains("is taken"), "{error}");
    TcpStream::connect(("127.0.0.1", port)).await.unwrap_err();
}

/// Asks while other connections wait first, and returns an error if no answer comes.
async fn ask_or_fail(health: SocketAddr) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(health).await?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer:?}");
    Ok(())
}

#[tokio::test]
async fn all_of_two_hundred_checks_at_once_are_answered() {
    let (_server, health) = checked(Checked::OPTIONS).await;
    for _ in 0..3 {
        // All are connected before the first one asks.
        let mut streams = Vec::new();
        for _ in 0..200 {
            streams.push(TcpStream::connect(health).await.unwrap());
        }
        for stream in &mut streams {
            stream.write_all(b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
        }
        for stream in &mut streams {
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn who_asks_is_answered_while_a_thousand_a_second_are_silent() {
    #[cfg(unix)]
    kai_tcp_server_tests::allow_all_descriptors();
    let (server, health) = checked(Checked::OPTIONS).await;
    let flood = tokio::spawn(async move {
        let mut silent = std::collections::VecDeque::new();
        loop {
            for _ in 0..10 {
                silent.extend(TcpStream::connect(health).await.ok());
            }
            silent.drain(..silent.len().saturating_sub(2000));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    // A client that asks as soon as there are many more than are kept, one that needs a moment to
    // ask, and many at once.
    let begin = Instant::now();
    let mut asked = 0;
    while begin.elapsed() < Duration::from_secs(2) {
        ask_or_fail(health).await.unwrap();
        let mut stream = TcpStream::connect(health).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        stream.write_all(b"HEAD / HTTP/1.0\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer:?}");
        let many: Vec<_> = (0..50).map(|_| tokio::spawn(ask_or_fail(health))).collect();
        for one in many {
            one.await.unwrap().unwrap();
        }
        asked += 52;
    }
    flood.abort();
    assert!(asked >= 52);
    assert_eq!(server.info().restarts, 0);
}

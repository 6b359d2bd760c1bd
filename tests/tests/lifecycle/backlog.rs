//! Clients that wait in the backlog when the port closes: each gets an orderly end, not a reset.

#![allow(clippy::unused_self)] // a callback's signature is given

#[cfg(target_os = "linux")]
mod handshake;

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

#[cfg(target_os = "linux")]
use handshake::HalfOpen;
use kai_tcp_server::{
    Action, BRUTAL_KILL, INFINITY, Options, Overload, Server, SuspendedPort, start, tcp_server, with,
};
use kai_tcp_server_tests::{Client, eventually};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::sleep;

struct One(Arc<AtomicU64>);

#[tcp_server(port = 0, max_processes = 1, packet = line(lf))]
impl One {
    fn handle_call(&self, data: &[u8]) -> Action {
        self.0.fetch_add(1, SeqCst);
        reply(data)
    }
}

/// Starts a server, and a client that occupies its only process.
async fn busy(options: Options) -> (Server, Client) {
    let server = start(with(One(Arc::default()), options)).await.unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    client.call("a\n", "a\n").await;
    (server, client)
}

#[tokio::test]
async fn all_who_wait_when_a_stop_begins_see_an_end_in_good_order_whatever_they_have_sent() {
    let (server, mut first) = busy(One::OPTIONS).await;
    let mut waiting = Vec::new();
    for n in 0..100 {
        let mut client = Client::connect(server.local_addr()).await;
        client.send("x".repeat(n * 100)).await;
        waiting.push(client);
    }
    let stopping = server.stop();
    first.expect_eof().await;
    for client in &mut waiting {
        client.expect_eof().await;
    }
    drop((first, waiting));
    let stopped = stopping.await;
    assert_eq!((stopped.finished, stopped.cut, stopped.unserved), (1, 0, 100));
    assert_eq!((server.info().accepted, server.info().calls), (1, 1));
}

#[tokio::test]
async fn those_who_never_leave_hold_up_a_stop_no_longer_than_any_close() {
    for options in [One::OPTIONS, One::OPTIONS.shutdown(BRUTAL_KILL)] {
        let (server, mut first) = busy(options).await;
        let mut waiting = Vec::new();
        for _ in 0..50 {
            waiting.push(Client::connect(server.local_addr()).await);
        }
        let begin = Instant::now();
        let stopping = server.stop();
        first.expect_gone().await;
        drop(first);
        assert_eq!(stopping.await.unserved, 50);
        assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
        for client in &mut waiting {
            client.expect_eof().await;
        }
    }
}

/// Connects, sends something and waits: over TCP or in memory.
macro_rules! waits {
    ($connect:expr) => {{
        let mut client = $connect.await;
        client.send("a\n").await;
        client
    }};
}

#[tokio::test]
async fn who_waits_for_a_suspended_port_when_a_stop_begins_is_told_what_overload_says() {
    for (overload, words) in [
        (Overload::Backlog, ""),
        (Overload::Refuse, ""),
        (Overload::RefuseWith(b"come back\n"), "come back\n"),
    ] {
        let options = One::OPTIONS.overload(overload);
        let server = start(with(One(Arc::default()), options)).await.unwrap();
        server.suspend(SuspendedPort::Kept).unwrap();
        let mut waiting = Vec::new();
        for _ in 0..3 {
            waiting.push(waits!(Client::connect(server.local_addr())));
        }
        let stopping = server.stop();
        for client in &mut waiting {
            client.expect(words).await;
            client.expect_eof().await;
        }
        drop(waiting);
        assert_eq!(stopping.await.unserved, 3);
        assert_eq!((server.info().accepted, server.info().refused.overloaded), (0, 0));

        let in_memory = start(with(One(Arc::default()), options.in_memory())).await.unwrap();
        in_memory.suspend(SuspendedPort::Kept).unwrap();
        let mut waiting = Vec::new();
        for _ in 0..3 {
            waiting.push(waits!(Client::in_memory(&in_memory)));
        }
        let stopping = in_memory.stop();
        for client in &mut waiting {
            client.expect(words).await;
            client.expect_eof().await;
        }
        drop(waiting);
        assert_eq!(stopping.await.unserved, 3);
    }
}

/// Time is paused: it moves only while a stop waits for a client.
#[tokio::test(start_paused = true)]
async fn brutal_kill_waits_for_nobody_who_waited() {
    let options = One::OPTIONS.in_memory().shutdown(BRUTAL_KILL);
    let server = start(with(One(Arc::default()), options)).await.unwrap();
    server.suspend(SuspendedPort::Kept).unwrap();
    let stays = Client::in_memory(&server).await;
    let begin = tokio::time::Instant::now();
    assert_eq!(server.stop().await.unserved, 1);
    assert!(begin.elapsed() < Duration::from_millis(500), "{:?}", begin.elapsed());
    drop(stays);
}

/// Connects and calls until the port is closed; returns the number of answers.
async fn call_until_refused(server: Server) -> u64 {
    let mut answers = 0;
    loop {
        let mut stream = match TcpStream::connect(server.local_addr()).await {
            Ok(stream) => stream,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::ConnectionRefused, "{error}");
                return answers;
            }
        };
        stream.write_all(b"a\n").await.expect("the connection is open");
        stream.shutdown().await.expect("the connection is open");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.expect("no reset");
        assert!([&b"a\n"[..], b""].contains(&&answer[..]), "{answer:?}");
        answers += u64::from(!answer.is_empty());
    }
}

/// Stops a server while clients call it.
async fn stop_while_clients_connect() {
    let calls = Arc::new(AtomicU64::new(0));
    let server = start(with(One(Arc::clone(&calls)), One::OPTIONS)).await.unwrap();
    let clients: Vec<_> = (0..16)
        .map(|_| tokio::spawn(call_until_refused(server.clone())))
        .collect();
    eventually("some were served", || server.info().calls > 100).await;
    drop(server.stop());
    let mut answers = 0;
    for client in clients {
        answers += client.await.unwrap();
    }
    server.wait().await.unwrap();
    assert_eq!((answers, server.info().calls), (calls.load(SeqCst), calls.load(SeqCst)));
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_connects_while_the_port_closes_is_answered_or_closed_in_good_order_or_refused() {
    // All at once, because the kernel lets the last clients wait for a second before they try
    // again.
    let mut servers: JoinSet<()> = (0..20).map(|_| stop_while_clients_connect()).collect();
    while let Some(stopped) = servers.join_next().await {
        stopped.unwrap();
    }
}

/// Over a network a handshake takes time. A client that has the server's part of it counts itself
/// as connected.
#[cfg(target_os = "linux")]
#[tokio::test(start_paused = true)]
async fn who_is_in_the_last_round_trip_of_its_handshake_sees_an_end_in_good_order() {
    for releases in [false, true] {
        let server = start(with(One(Arc::default()), One::OPTIONS)).await.unwrap();
        let Some(client) = HalfOpen::begin(server.local_addr()) else {
            return;
        };
        if releases {
            server.suspend(SuspendedPort::Released).unwrap();
        } else {
            drop(server.stop());
        }
        // (Time is paused: the server does its work of that time, and no more.)
        sleep(Duration::from_millis(20)).await;
        client.complete();
        let end = loop {
            if let Some(end) = client.end() {
                break end;
            }
            sleep(Duration::from_millis(1)).await;
        };
        assert!(end, "it was reset");
    }
}

/// Each handshake would delay the end a little: 75 times 40 ms.
#[cfg(target_os = "linux")]
#[tokio::test(start_paused = true)]
async fn handshakes_that_are_completed_one_by_one_hold_up_a_stop_no_longer_than_any_close() {
    for options in [
        One::OPTIONS,
        One::OPTIONS.shutdown(INFINITY),
        One::OPTIONS.shutdown(BRUTAL_KILL),
    ] {
        let server = start(with(One(Arc::default()), options)).await.unwrap();
        let clients: Option<Vec<_>> = (0..75).map(|_| HalfOpen::begin(server.local_addr())).collect();
        let Some(clients) = clients else { return };
        let begin = tokio::time::Instant::now();
        let stopping = tokio::spawn(server.stop().into_future());
        for client in &clients {
            sleep(Duration::from_millis(40)).await;
            client.complete();
            if stopping.is_finished() {
                break;
            }
        }
        stopping.await.unwrap();
        assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
    }
}

/// The backlog is full, and other handshakes are still incomplete.
#[cfg(target_os = "linux")]
#[tokio::test(start_paused = true)]
async fn behind_a_full_backlog_the_last_round_trip_of_a_handshake_is_waited_for_too() {
    let options = One::OPTIONS.backlog(1);
    let server = start(with(One(Arc::default()), options)).await.unwrap();
    server.suspend(SuspendedPort::Kept).unwrap();
    let Some(client) = HalfOpen::begin(server.local_addr()) else {
        return;
    };
    let waiting = [(); 2].map(|()| std::net::TcpStream::connect(server.local_addr()).unwrap());
    let stopping = server.stop();
    sleep(Duration::from_millis(20)).await;
    client.complete();
    let end = loop {
        if let Some(end) = client.end() {
            break end;
        }
        sleep(Duration::from_millis(1)).await;
    };
    assert!(end, "it was reset");
    for mut client in waiting {
        let rest = std::io::Read::read(&mut client, &mut [0]);
        assert!(matches!(rest, Ok(0)), "{rest:?}");
    }
    assert_eq!(stopping.await.unserved, 3);
}

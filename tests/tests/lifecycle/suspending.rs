//! `suspend` and `resume`: meanwhile the server accepts no connection, and serves the established
//! ones.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use kai_tcp_server::__private::kill_acceptor;
use kai_tcp_server::{
    Action, ErrorKind, Options, Result, Server, ServerState, Socket, SuspendedPort, start, tcp_server, with,
};
use kai_tcp_server_tests::{Client, eventually};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

struct Echo(Arc<AtomicU64>);

#[tcp_server(port = 0, max_processes = 4, max_restarts = 1_000_000, packet = line(lf))]
impl Echo {
    async fn handle_call(&self, data: &[u8], socket: &mut Socket) -> Result<Action> {
        self.0.fetch_add(1, SeqCst);
        match data {
            b"suspend" => socket.server().suspend(SuspendedPort::Kept)?,
            b"release" => socket.server().suspend(SuspendedPort::Released)?,
            b"resume" => socket.server().resume().await?,
            _ => {}
        }
        Ok(reply(data.to_vec()))
    }
}

async fn echo(options: Options) -> Server {
    start(with(Echo(Arc::default()), options)).await.unwrap()
}

/// Waits until the keeper of the port has closed it.
async fn refused(server: &Server) {
    while TcpStream::connect(server.local_addr()).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn root(server: &Server) -> String {
    server.tree().label
}

#[tokio::test]
async fn a_port_that_is_kept_lets_everybody_wait_and_be_served_after_the_resume() {
    let server = echo(Echo::OPTIONS).await;
    let addr = server.local_addr();
    let mut before = Client::connect(addr).await;
    before.call("a\n", "a\n").await;
    server.suspend(SuspendedPort::Kept).unwrap();
    server.suspend(SuspendedPort::Kept).unwrap();
    assert_eq!(server.info().state, ServerState::Suspended(SuspendedPort::Kept));
    assert_eq!(root(&server), format!("Echo on {addr}, suspended"));
    let mut waiting = Vec::new();
    for n in 0..3 {
        let mut client = Client::connect(addr).await;
        client.send(format!("{n}\n")).await;
        waiting.push(client);
    }
    for _ in 0..100 {
        before.call("b\n", "b\n").await;
    }
    assert_eq!(server.info().accepted, 1, "nobody is accepted");
    server.resume().await.unwrap();
    server.resume().await.unwrap();
    for (n, client) in waiting.iter_mut().enumerate() {
        client.expect(format!("{n}\n")).await;
    }
    assert_eq!(server.info().state, ServerState::Listening);
    assert_eq!(root(&server), format!("Echo on {addr}"));
}

#[tokio::test]
async fn a_port_that_is_released_is_anybodys_until_the_resume() {
    let server = echo(Echo::OPTIONS.max_processes(1)).await;
    let addr = server.local_addr();
    let mut first = Client::connect(addr).await;
    first.call("a\n", "a\n").await;
    let mut waiting = Client::connect(addr).await;
    waiting.send("b\n").await;
    server.suspend(SuspendedPort::Released).unwrap();
    waiting.expect_eof().await;
    refused(&server).await;
    assert_eq!(server.info().state, ServerState::Suspended(SuspendedPort::Released));
    assert_eq!(root(&server), format!("Echo on {addr}, suspended, port released"));
    // This doesn't open it.
    server.suspend(SuspendedPort::Kept).unwrap();
    assert_eq!(server.info().state, ServerState::Suspended(SuspendedPort::Released));
    first.call("c\n", "c\n").await;

    let other = TcpListener::bind(addr).await.unwrap();
    let error = server.resume().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Listen);
    assert!(error.to_string().contains("is taken"), "{error}");
    assert_eq!(server.info().state, ServerState::Suspended(SuspendedPort::Released));
    drop(other);

    server.resume().await.unwrap();
    drop((first, waiting));
    let mut after = Client::connect(addr).await;
    after.call("d\n", "d\n").await;
    assert_eq!(server.info().accepted, 2);
}

#[tokio::test]
async fn a_suspended_port_can_be_released_and_a_release_can_be_taken_back_at_once() {
    let server = echo(Echo::OPTIONS).await;
    let addr = server.local_addr();
    for _ in 0..100 {
        server.suspend(SuspendedPort::Kept).unwrap();
        let mut waiting = Client::connect(addr).await;
        waiting.send("a\n").await;
        server.suspend(SuspendedPort::Released).unwrap();
        waiting.half_close().await;
        // Whether the port was released in between or not, the same address listens afterwards.
        server.resume().await.unwrap();
        let answer = waiting.rest().await;
        assert!(answer.is_empty() || answer == b"a\n", "{answer:?}");
    }
    let mut client = Client::connect(addr).await;
    client.call("a\n", "a\n").await;
}

#[tokio::test]
async fn a_callback_can_suspend_and_resume_its_own_server() {
    let server = echo(Echo::OPTIONS).await;
    let mut client = Client::connect(server.local_addr()).await;
    client.call("suspend\n", "suspend\n").await;
    assert_eq!(server.info().state, ServerState::Suspended(SuspendedPort::Kept));
    client.call("resume\n", "resume\n").await;
    assert_eq!(server.info().state, ServerState::Listening);
    client.call("release\n", "release\n").await;
    refused(&server).await;
    client.call("resume\nresume\n", "resume\nresume\n").await;
    let mut another = Client::connect(server.local_addr()).await;
    another.call("a\n", "a\n").await;
}

#[tokio::test]
async fn a_suspended_server_stops_and_does_not_resume_any_more() {
    for port in [SuspendedPort::Kept, SuspendedPort::Released] {
        let server = echo(Echo::OPTIONS).await;
        let addr = server.local_addr();
        let mut client = Client::connect(addr).await;
        client.call("a\n", "a\n").await;
        server.suspend(SuspendedPort::Kept).unwrap();
        let mut waiting = Client::connect(addr).await;
        server.suspend(port).unwrap();
        let stopping = server.stop();
        client.expect_eof().await;
        waiting.expect_eof().await;
        drop((client, waiting));
        let stopped = stopping.await;
        assert_eq!((stopped.finished, stopped.cut), (1, 0));
        assert_eq!(server.info().state, ServerState::Stopped);
        assert_eq!(
            server.suspend(SuspendedPort::Kept).unwrap_err().kind(),
            ErrorKind::NotRunning
        );
        assert_eq!(server.info().state, ServerState::Stopped);
        assert_eq!(server.resume().await.unwrap_err().kind(), ErrorKind::NotRunning);
        TcpStream::connect(addr).await.unwrap_err();
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_without_a_port_is_suspended_too() {
    let server = echo(Echo::OPTIONS.in_memory()).await;
    let mut first = Client::in_memory(&server).await;
    first.call("a\n", "a\n").await;
    server.suspend(SuspendedPort::Kept).unwrap();
    let mut waiting = Client::in_memory(&server).await;
    waiting.send("b\n").await;
    first.call("c\n", "c\n").await;
    assert_eq!(server.info().accepted, 1);
    server.resume().await.unwrap();
    waiting.expect("b\n").await;

    server.suspend(SuspendedPort::Kept).unwrap();
    let mut waiting = Client::in_memory(&server).await;
    server.suspend(SuspendedPort::Released).unwrap();
    waiting.expect_eof().await;
    assert_eq!(server.connect().await.unwrap_err().kind(), ErrorKind::NotRunning);
    server.resume().await.unwrap();
    let mut after = Client::in_memory(&server).await;
    after.call("d\n", "d\n").await;
}

/// Connects and calls until `until` is set; returns the number of answers. A client whose acceptor
/// is killed, or that waits for a released port, gets no answer.
async fn call(server: Server, until: Arc<AtomicU64>) -> u64 {
    let mut answers = 0;
    while until.load(SeqCst) == 0 {
        let Ok(mut stream) = TcpStream::connect(server.local_addr()).await else {
            tokio::task::yield_now().await;
            continue;
        };
        let mut answer = [0; 2];
        // At least once: a client that waits in the backlog stays, and is accepted later.
        while stream.write_all(b"a\n").await.is_ok() && stream.read_exact(&mut answer).await.is_ok() {
            assert_eq!(&answer, b"a\n");
            answers += 1;
            if until.load(SeqCst) != 0 {
                break;
            }
        }
    }
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn under_load_with_acceptors_killed_nobody_is_lost_and_nothing_is_answered_that_was_not_called() {
    let calls = Arc::new(AtomicU64::new(0));
    let server = start(with(Echo(Arc::clone(&calls)), Echo::OPTIONS)).await.unwrap();
    let until = Arc::new(AtomicU64::new(0));
    let clients: Vec<_> = (0..4)
        .map(|_| tokio::spawn(call(server.clone(), Arc::clone(&until))))
        .collect();
    for round in 0..60 {
        let port = if round % 3 == 0 {
            SuspendedPort::Released
        } else {
            SuspendedPort::Kept
        };
        server.suspend(port).unwrap();
        kill_acceptor(&server, 1 + round % 4);
        server.resume().await.unwrap();
        let before = calls.load(SeqCst);
        eventually("it is served on", || calls.load(SeqCst) > before + 20).await;
    }
    until.store(1, SeqCst);
    let mut answers = 0;
    for client in clients {
        answers += client.await.unwrap();
    }
    eventually("all are gone", || server.info().curr_connections == 0).await;
    let info = server.info();
    // A call whose acceptor is killed between its end and its answer has no answer: at most one per
    // kill.
    assert_eq!(info.calls, calls.load(SeqCst));
    assert!(
        (answers..=answers + 60).contains(&info.calls),
        "{answers} answers, {} calls",
        info.calls
    );
    let stopped = server.stop().await;
    assert_eq!((stopped.finished, stopped.cut), (0, 0));
}

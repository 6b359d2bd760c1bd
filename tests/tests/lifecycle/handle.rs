//! The handle of a running server: its answers, and the connections that it closes.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::time::SystemTime;

use kai_tcp_server::{Action, CloseReason, ErrorKind, Server, ServerInfo, Socket, start, tcp_server, whereis, with};
use kai_tcp_server_tests::{Client, eventually, next};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

struct Watched(UnboundedSender<CloseReason>);

#[tcp_server(port = 0, packet = line(lf), max_processes = 4)]
impl Watched {
    fn connected(&self) {}

    async fn handle_call(&self, data: &str, socket: &mut Socket) -> Action {
        match data {
            "id" => reply(format!("{}", socket.id())),
            "wait" => std::future::pending().await,
            data => reply(data.to_owned()),
        }
    }

    fn closed(&self, reason: CloseReason) {
        let _ = self.0.send(reason);
    }
}

async fn watched() -> (Server, tokio::sync::mpsc::UnboundedReceiver<CloseReason>) {
    let (ends, told) = unbounded_channel();
    (start(Watched(ends)).await.unwrap(), told)
}

#[tokio::test]
async fn info_counts_connections_calls_and_bytes_of_those_who_are_and_who_were() {
    let (server, mut told) = watched().await;
    let mut first = Client::connect(server.local_addr()).await;
    first.call("abc\nde\n", "abc\nde\n").await;
    drop(first);
    next(&mut told).await.unwrap();
    eventually("it has left", || server.info().curr_connections == 0).await;
    let mut second = Client::connect(server.local_addr()).await;
    second.call("x\n", "x\n").await;
    let ServerInfo {
        name,
        local_addr,
        curr_connections,
        max_processes,
        accepted,
        calls,
        bytes_in,
        bytes_out,
        restarts,
        ..
    } = server.info();
    assert_eq!(name, None);
    assert_eq!(local_addr, server.local_addr());
    assert_eq!((curr_connections, max_processes, accepted, restarts), (1, 4, 2, 0));
    assert_eq!((calls, bytes_in, bytes_out), (3, 9, 9));
    assert_ne!(local_addr.port(), Some(0));
}

#[tokio::test]
async fn info_of_a_server_that_has_ended_still_counts() {
    let (server, _told) = watched().await;
    let mut client = Client::connect(server.local_addr()).await;
    client.call("x\n", "x\n").await;
    drop(client);
    server.stop().await;
    let info = server.info();
    assert_eq!(
        (info.curr_connections, info.accepted, info.calls, info.bytes_in),
        (0, 1, 1, 2)
    );
    assert!(server.connections().is_empty());
}

#[tokio::test]
async fn connections_says_who_they_are_longest_first() {
    let (server, _told) = watched().await;
    let before = SystemTime::now();
    let mut clients = Vec::new();
    for n in 1..=3 {
        let mut client = Client::connect(server.local_addr()).await;
        for _ in 0..n {
            client.call("abc\n", "abc\n").await;
        }
        clients.push(client);
    }
    let connections = server.connections();
    assert_eq!(connections.len(), 3);
    for (n, (connection, client)) in (1..).zip(connections.iter().zip(&mut clients)) {
        assert_eq!(connection.peer_addr, client.local_addr());
        assert_eq!(
            (connection.calls, connection.bytes_in, connection.bytes_out),
            (n, 4 * n, 4 * n)
        );
        assert!(connection.since >= before && connection.since <= SystemTime::now());
        client.call("id\n", format!("{}\n", connection.id)).await;
    }
}

#[tokio::test]
async fn close_ends_the_one_that_is_meant_in_the_middle_of_its_call_and_nobody_else() {
    let (server, mut told) = watched().await;
    let mut first = Client::connect(server.local_addr()).await;
    first.call("a\n", "a\n").await;
    let mut second = Client::connect(server.local_addr()).await;
    second.call("b\nwait\n", "b\n").await;
    eventually("it waits", || server.info().calls == 3).await;
    let id = server.connections()[1].id;
    assert!(server.close(id));
    second.expect_eof().await;
    assert_eq!(next(&mut told).await, Some(CloseReason::Kicked));
    drop(second);
    first.call("c\n", "c\n").await;
    eventually("one is left", || server.connections().len() == 1).await;
    assert!(!server.close(id), "there is none of this number any more");
    assert_ne!(server.connections()[0].id, id);
}

#[tokio::test]
async fn ids_are_never_used_twice() {
    let (first, _told) = watched().await;
    let (second, _told) = watched().await;
    let mut ids = Vec::new();
    for server in [&first, &second, &first, &second] {
        let mut client = Client::connect(server.local_addr()).await;
        client.send("id\n").await;
        ids.push(client.line().await);
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4);
}

#[tokio::test]
async fn the_tree_shows_who_serves_whom() {
    let (server, _told) = watched().await;
    let mut client = Client::connect(server.local_addr()).await;
    client.call("a\n", "a\n").await;
    let id = server.connections()[0].id;
    assert_eq!(
        server.tree().to_string(),
        format!(
            "Watched on {}\n├── monitor: 1 connected\n├── acceptor_1 serves {id} from {}\n└── 1 idle acceptor",
            server.local_addr(),
            client.local_addr()
        )
    );
}

#[tokio::test]
async fn many_may_wait_for_the_end() {
    let (server, _told) = watched().await;
    let waiting: Vec<_> = (0..10)
        .map(|_| {
            let server = server.clone();
            tokio::spawn(async move { server.wait().await })
        })
        .collect();
    drop(server.stop());
    for waiting in waiting {
        waiting.await.unwrap().unwrap();
    }
    server.wait().await.unwrap();
}

#[tokio::test]
async fn connect_is_for_servers_without_a_port() {
    let (server, _told) = watched().await;
    assert_eq!(server.connect().await.unwrap_err().kind(), ErrorKind::Options);
}

// ---- names

#[tokio::test]
async fn a_name_finds_its_server_is_taken_while_it_runs_and_free_afterwards() {
    let (ends, _told) = unbounded_channel();
    let options = Watched::OPTIONS.name("handle");
    assert!(whereis("handle").is_none());
    let first = start(with(Watched(ends.clone()), options)).await.unwrap();
    assert_eq!(first.info().name, Some("handle"));
    assert_eq!(whereis("handle").unwrap().local_addr(), first.local_addr());

    let taken = start(with(Watched(ends.clone()), options)).await.unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::AlreadyStarted);
    assert!(taken.to_string().contains("\"handle\""), "{taken}");
    // The running server is unaffected, and others run beside it.
    let other = start(with(Watched(ends.clone()), options.name("handle too")))
        .await
        .unwrap();
    let mut client = Client::connect(whereis("handle").unwrap().local_addr()).await;
    client.call("a\n", "a\n").await;
    drop(client);

    whereis("handle").unwrap().stop().await;
    assert!(whereis("handle").is_none());
    assert!(whereis("handle too").is_some());
    let again = start(with(Watched(ends), options)).await.unwrap();
    assert_eq!(whereis("handle").unwrap().local_addr(), again.local_addr());
    again.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn servers_without_a_name_run_side_by_side() {
    let (first, _told) = watched().await;
    let (second, _told) = watched().await;
    assert_ne!(first.local_addr(), second.local_addr());
    for server in [first, second] {
        let mut client = Client::connect(server.local_addr()).await;
        client.call("a\n", "a\n").await;
    }
}

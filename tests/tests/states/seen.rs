//! The view that others have of a state: lists, counts, events.

use kai_tcp_server::{Action, ProtocolState, Result, StateInfo, start, tcp_server};
use kai_tcp_server_tests::{Client, Log};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    Ready,
    #[initial]
    Hello,
}

struct Seen;

#[tcp_server(port = 0, packet = line(lf), state = Phase)]
impl Seen {
    fn handle_call(&self, data: &[u8], state: Phase) -> Result<Action> {
        Ok(match (state, data) {
            (Phase::Hello, b"hello") => reply("ok").next(Phase::Ready),
            (_, b"fail") => return Err("on purpose".into()),
            _ => reply("?"),
        })
    }
}

#[tokio::test]
async fn connections_are_listed_and_counted_by_state() {
    let server = start(Seen).await.unwrap();
    let mut clients = Vec::new();
    for _ in 0..3 {
        let mut client = Client::connect(server.local_addr()).await;
        client.call(b"x\n", b"?\n").await;
        clients.push(client);
    }
    clients[1].call(b"hello\n", b"ok\n").await;
    let states: Vec<_> = server.connections().iter().map(|connection| connection.state).collect();
    assert_eq!(states, [Some("Hello"), Some("Ready"), Some("Hello")]);
    let counts = |server: &kai_tcp_server::Server| -> Vec<_> {
        let states = server.info().states;
        states
            .iter()
            .map(|StateInfo { name, connections, .. }| (*name, *connections))
            .collect()
    };
    assert_eq!(counts(&server), [("Hello", 2), ("Ready", 1)]);
    drop(clients.remove(1));
    while server.info().curr_connections > 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(counts(&server), [("Hello", 2), ("Ready", 0)]);
}

#[tokio::test]
async fn events_of_a_connection_name_its_state() {
    let log = Log::new();
    let server = start(Seen).await.unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    client.call(b"hello\n", b"ok\n").await;
    client.send(b"fail\n").await;
    client.expect_eof().await;
    server.stop().await;
    let said = log.text();
    let line = said.lines().find(|line| line.contains("handle_call failed")).unwrap();
    assert!(line.contains("state=\"Ready\""), "{said}");
}

struct Plain;

#[tcp_server(port = 0)]
impl Plain {
    fn handle_call(&self, data: &[u8]) -> Result<Action> {
        if data == b"fail\n" {
            Err("on purpose".into())
        } else {
            Ok(reply(data))
        }
    }
}

#[tokio::test]
async fn without_states_there_is_nothing_of_them() {
    let log = Log::new();
    let server = start(Plain).await.unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    client.call(b"x\n", b"x\n").await;
    assert_eq!(server.connections()[0].state, None);
    assert_eq!(server.info().states, []);
    client.send(b"fail\n").await;
    client.expect_eof().await;
    assert!(!log.text().contains("state="), "{}", log.text());
}

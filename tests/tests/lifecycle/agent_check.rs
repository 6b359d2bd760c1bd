//! `agent_check`: the line for HAProxy.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::io::Write as _;
use std::net::SocketAddr;

use kai_tcp_server::{Action, ErrorKind, INFINITY, Options, Server, SuspendedPort, start, tcp_server, with};
use kai_tcp_server_tests::{Client, eventually};
use tokio::net::{TcpListener, TcpStream};

struct Checked;

#[tcp_server(port = 0, max_processes = 4, agent_check = "127.0.0.1:0", packet = line(lf))]
impl Checked {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

async fn checked(options: Options) -> (Server, SocketAddr) {
    let server = start(with(Checked, options)).await.unwrap();
    let agent = server.agent_check_addr().unwrap();
    (server, agent)
}

/// Returns all that the agent says to a client that says nothing.
async fn ask(agent: SocketAddr) -> String {
    String::from_utf8(Client::connect(agent).await.rest().await).unwrap()
}

#[tokio::test]
async fn who_connects_receives_the_share_of_free_processes_at_once() {
    let (server, agent) = checked(Checked::OPTIONS).await;
    let mut clients = Vec::new();
    for line in [
        "ready 100%\n",
        "ready 75%\n",
        "ready 50%\n",
        "ready 25%\n",
        "ready 1%\n",
    ] {
        assert_eq!(ask(agent).await, line);
        if clients.len() < 4 {
            let mut client = Client::connect(server.local_addr()).await;
            client.call("a\n", "a\n").await;
            clients.push(client);
        }
    }
    server.set_max_processes(8).unwrap();
    assert_eq!(ask(agent).await, "ready 50%\n");
    server.set_max_processes(1).unwrap();
    assert_eq!(ask(agent).await, "ready 1%\n");
    clients.clear();
    eventually("they have left", || server.info().curr_connections == 0).await;
    assert_eq!(ask(agent).await, "ready 100%\n");
    server.stop().await;
}

#[tokio::test]
async fn a_server_that_is_suspended_or_stops_says_drain_until_it_has_ended() {
    let (server, agent) = checked(Checked::OPTIONS.shutdown(INFINITY).stop_delay(INFINITY)).await;
    let mut client = Client::connect(server.local_addr()).await;
    client.call("a\n", "a\n").await;
    for port in [SuspendedPort::Kept, SuspendedPort::Released] {
        server.suspend(port).unwrap();
        assert_eq!(ask(agent).await, "drain\n");
    }
    server.resume().await.unwrap();
    // Only the agent takes back what it has said.
    assert_eq!(ask(agent).await, "ready 75%\n");
    let stopping = server.stop();
    assert_eq!(ask(agent).await, "drain\n");
    // It still serves.
    client.call("b\n", "b\n").await;
    drop((client, server.stop()));
    stopping.await;
    TcpStream::connect(agent).await.unwrap_err();
}

#[tokio::test]
async fn what_a_client_sends_resets_nothing() {
    let (server, agent) = checked(Checked::OPTIONS).await;
    // As `agent-send` does, and more than that.
    for sent in ["node1\n", "x", &"x".repeat(5_000)] {
        let mut client = Client::connect(agent).await;
        client.send(sent).await;
        assert_eq!(client.rest().await, b"ready 100%\n");
        // The connection isn't closed yet, which would be a reset for what comes now. Nothing else
        // runs on this thread meanwhile.
        let mut stream = client.into_inner().into_std().unwrap();
        for _ in 0..2 {
            stream.write_all(sent.as_bytes()).unwrap();
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn clients_that_stay_are_replaced_and_hurt_nobody() {
    let (server, agent) = checked(Checked::OPTIONS).await;
    let mut staying = Vec::new();
    for _ in 0..400 {
        let mut client = Client::connect(agent).await;
        client.expect("ready 100%\n").await;
        staying.push(client);
    }
    // More than are kept at a time, and none of them leaves.
    staying[0].expect_gone().await;
    assert_eq!(ask(agent).await, "ready 100%\n");
    for client in &mut staying {
        client.expect_gone().await;
    }
    assert_eq!(server.info().restarts, 0);
}

#[tokio::test]
async fn it_is_a_child_of_its_own_and_is_restarted_with_its_port() {
    let options = Checked::OPTIONS.health(([127, 0, 0, 1], 0).into());
    let (server, agent) = checked(options).await;
    assert_ne!(server.health_addr(), Some(agent));
    let tree = server.tree().to_string();
    assert!(tree.contains("── health") && tree.contains("── agent_check"), "{tree}");
    assert!(kai_tcp_server::__private::kill_child(&server, "agent_check"));
    eventually("it is restarted", || server.info().restarts == 1).await;
    assert_eq!(ask(agent).await, "ready 100%\n");
    server.stop().await;
}

#[tokio::test]
async fn an_address_that_is_taken_is_an_error_of_the_start_and_nothing_listens() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let health = free.local_addr().unwrap();
    drop(free);
    let options = Checked::OPTIONS.health(health).agent_check(taken.local_addr().unwrap());
    let error = start(with(Checked, options)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Listen);
    assert!(error.to_string().contains("is taken"), "{error}");
    TcpStream::connect(health).await.unwrap_err();
}

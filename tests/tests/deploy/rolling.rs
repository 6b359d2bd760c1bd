//! Nodes that restart and die, behind HAProxy with the configuration that is shipped.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use kai_tcp_server_tests::{Client, Example, eventually};
use tokio::net::TcpStream;

use super::front::{Front, Net, Seen, is_there};

/// Starts a node, which serves on for 4 s after it was told to stop: HAProxy notices within one.
fn start(net: Net, node: u8) -> Example {
    let addr = net.node(node);
    let example = Example::run(
        Command::new(env!("CARGO_BIN_EXE_node"))
            .env("BEHIND_IP", addr.ip().to_string())
            .env("BEHIND_PORT", addr.port().to_string())
            .env("BEHIND_HEALTH", net.health(node).to_string())
            .env("BEHIND_AGENT_CHECK", net.agent(node).to_string())
            .env("BEHIND_STOP_DELAY", "4s"),
    );
    example.addr();
    example
}

/// Returns the next line without its LF, or nothing at the end.
async fn line(client: &mut Client<TcpStream>) -> Option<String> {
    let mut line = String::new();
    while !line.ends_with('\n') {
        let mut byte = [0];
        let stream = client.stream();
        let read = tokio::io::AsyncReadExt::read(stream, &mut byte);
        let read = tokio::time::timeout(std::time::Duration::from_secs(30), read).await;
        if read.expect("something comes").ok()? == 0 {
            return None;
        }
        line.push(char::from(byte[0]));
    }
    line.pop();
    Some(line)
}

#[derive(Default)]
struct Load {
    ends: AtomicBool,
    attempts: AtomicUsize,
    kept: AtomicUsize,
    goodbyes: AtomicUsize,
}

impl Load {
    /// Connects again and again, and calls on each connection until the node says goodbye, or for
    /// some calls.
    async fn run(self: Arc<Self>, net: Net, client: u8, front: std::net::SocketAddr) {
        while !self.ends.load(Relaxed) {
            let mut connection = net.connect_from(client, front).await.expect("HAProxy listens");
            let own = connection.local_addr();
            let greeting = line(&mut connection).await;
            assert_eq!(greeting, Some(format!("peer {own}")), "an attempt failed");
            self.attempts.fetch_add(1, Relaxed);
            for _ in 0..10 {
                if tokio::io::AsyncWriteExt::write_all(connection.stream(), b"work\n")
                    .await
                    .is_err()
                {
                    break;
                }
                match line(&mut connection).await.as_deref() {
                    Some("promised") => {
                        assert_eq!(
                            line(&mut connection).await.as_deref(),
                            Some("kept"),
                            "a promise was broken"
                        );
                        self.kept.fetch_add(1, Relaxed);
                    }
                    Some("bye") => {
                        self.goodbyes.fetch_add(1, Relaxed);
                        break;
                    }
                    other => panic!("neither a promise nor a goodbye: {other:?}"),
                }
            }
        }
    }
}

#[tokio::test]
async fn a_rolling_restart_fails_no_attempt_and_breaks_no_promise() {
    if !is_there() {
        return;
    }
    let net = Net::new();
    let mut nodes = [1, 2, 3].map(|node| start(net, node));
    let front = Front::start(net);
    for node in [1, 2, 3] {
        front.sees_soon(node, "is up", Seen::takes_connections).await;
    }
    let load = Arc::new(Load::default());
    let clients: Vec<_> = (0..12)
        .map(|client| tokio::spawn(Arc::clone(&load).run(net, client, front.addr())))
        .collect();
    for node in [1, 2, 3] {
        let before = load.kept.load(Relaxed);
        eventually("calls are answered", || load.kept.load(Relaxed) > before + 100).await;
        let index = usize::from(node) - 1;
        nodes[index].signal("TERM");
        let ended = std::mem::replace(&mut nodes[index], Example::run(&mut Command::new("true")));
        let (success, log) = tokio::task::spawn_blocking(|| ended.wait()).await.unwrap();
        assert!(success, "{log:?}");
        nodes[index] = start(net, node);
        front.sees_soon(node, "is back", Seen::takes_connections).await;
    }
    load.ends.store(true, Relaxed);
    for client in clients {
        client.await.expect("no attempt fails and no promise is broken");
    }
    println!(
        "{} attempts, {} promises kept, {} goodbyes",
        load.attempts.load(Relaxed),
        load.kept.load(Relaxed),
        load.goodbyes.load(Relaxed),
    );
}

#[tokio::test]
async fn a_node_that_is_dead_and_not_yet_down_fails_no_attempt() {
    if !is_there() {
        return;
    }
    let net = Net::new();
    let mut nodes = [1, 2, 3].map(|node| Some(start(net, node)));
    let front = Front::start(net);
    for node in [1, 2, 3] {
        front.sees_soon(node, "is up", Seen::takes_connections).await;
    }
    let mut there = Vec::new();
    for round in 0..2 {
        // Kills and waits for the end.
        nodes[round] = None;
        for client in 0..30 {
            let mut connection = net.connect_from(client, front.addr()).await.unwrap();
            let own = connection.local_addr();
            assert_eq!(line(&mut connection).await, Some(format!("peer {own}")));
            there.push(connection);
        }
    }
}

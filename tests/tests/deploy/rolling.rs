//! Nodes that restart and die, behind HAProxy with the configuration that is shipped.

use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use kai_tcp_server_tests::{Client, Example, eventually};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::front::{Front, Net, Seen, is_there};
use super::nodes::{self, NODES};

/// Nothing takes so long on a working machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Starts a node that serves on after it was told to stop, until it is told again.
fn start(net: Net, node: u8) -> Example {
    let addr = net.node(node);
    let example = Example::run(
        Command::new(env!("CARGO_BIN_EXE_node"))
            .env("BEHIND_IP", addr.ip().to_string())
            .env("BEHIND_PORT", addr.port().to_string())
            .env("BEHIND_HEALTH", net.health(node).to_string())
            .env("BEHIND_AGENT_CHECK", net.agent(node).to_string())
            .env("BEHIND_STOP_DELAY", "infinity"),
    );
    example.addr();
    example
}

/// Returns the next line without its end, or `None` at the end of the connection.
async fn line(client: &mut Client<TcpStream>) -> Option<String> {
    let mut line = String::new();
    while !line.ends_with('\n') {
        let mut byte = [0];
        let read = timeout(PATIENCE, client.stream().read(&mut byte)).await;
        if read.expect("a line comes, or the end").ok()? == 0 {
            return None;
        }
        line.push(char::from(byte[0]));
    }
    Some(line.trim_end().to_owned())
}

/// The clients that connect anew after some calls.
const PASSING: usize = 8;
/// The clients that stay until the node says goodbye.
const STAYING: usize = 4;

/// A protocol that clients speak to nodes.
trait Protocol: Copy + Send + Sync + 'static {
    /// Checks that the node greets its client, whose number is `client`.
    fn greeted(self, connection: &mut Client<TcpStream>, client: usize) -> impl Future<Output = ()> + Send;

    /// Calls; returns false if the node has said goodbye instead.
    fn call(self, connection: &mut Client<TcpStream>, client: usize) -> impl Future<Output = bool> + Send;
}

/// The protocol of the program `node`.
#[derive(Clone, Copy)]
struct Promises;

impl Protocol for Promises {
    async fn greeted(self, connection: &mut Client<TcpStream>, _: usize) {
        let greeting = format!("peer {}", connection.local_addr());
        assert_eq!(line(connection).await, Some(greeting), "an attempt failed");
    }

    async fn call(self, connection: &mut Client<TcpStream>, _: usize) -> bool {
        // The goodbye may have come already.
        drop(connection.stream().write_all(b"work\n").await);
        match line(connection).await.as_deref() {
            Some("promised") => {
                let answer = line(connection).await;
                assert_eq!(answer.as_deref(), Some("kept"), "a promise was broken");
                true
            }
            Some("bye") => false,
            other => panic!("neither a promise nor a goodbye: {other:?}"),
        }
    }
}

/// The protocol of the example `chat_nats`.
#[derive(Clone, Copy)]
struct Chat;

impl Protocol for Chat {
    async fn greeted(self, connection: &mut Client<TcpStream>, client: usize) {
        let greeting = line(connection).await;
        assert_eq!(
            greeting.as_deref(),
            Some("* Welcome! What is your name?"),
            "an attempt failed"
        );
        // The port tells this member from the one that this client was before.
        let name = format!("m{client}-{}", connection.local_addr().port());
        connection.send(format!("{name}\r\n")).await;
        let hello = format!("* Hello {name}, this is the lobby on ");
        while !line(connection).await.expect("the node answers").starts_with(&hello) {}
    }

    async fn call(self, connection: &mut Client<TcpStream>, client: usize) -> bool {
        drop(connection.stream().write_all(b"/who\r\n").await);
        let own = format!("m{client}-");
        loop {
            let said = line(connection).await.expect("an answer or a goodbye");
            let listed = said.strip_prefix("* ").unwrap_or_default();
            if listed
                .split(", ")
                .any(|name| name.starts_with(&own) && !name.contains(' '))
            {
                return true;
            }
            if said == "* The server is closing: bye!" {
                return false;
            }
        }
    }
}

#[derive(Default)]
struct Load {
    ends: AtomicBool,
    /// The greetings that each client has had.
    greeted: [AtomicUsize; PASSING + STAYING],
    answered: AtomicUsize,
    goodbyes: AtomicUsize,
}

impl Load {
    /// Connects again and again, and calls on each connection.
    async fn run(self: Arc<Self>, protocol: impl Protocol, net: Net, client: usize, front: SocketAddr) {
        let calls = if client < PASSING { 5 } else { usize::MAX };
        let address = u8::try_from(client).expect("there are few");
        while !self.ends.load(Relaxed) {
            let mut connection = net.connect_from(address, front).await.expect("HAProxy listens");
            protocol.greeted(&mut connection, client).await;
            self.greeted[client].fetch_add(1, Relaxed);
            for _ in 0..calls {
                if self.ends.load(Relaxed) {
                    break;
                }
                if !protocol.call(&mut connection, client).await {
                    self.goodbyes.fetch_add(1, Relaxed);
                    break;
                }
                self.answered.fetch_add(1, Relaxed);
            }
        }
    }

    /// Waits until each client that passes has connected once more.
    async fn passes(&self) {
        let count = |client: usize| self.greeted[client].load(Relaxed);
        let before: Vec<_> = (0..PASSING).map(count).collect();
        eventually("all connect anew", || {
            (0..PASSING).all(|client| count(client) > before[client])
        })
        .await;
    }
}

/// Restarts one node after the other while clients call.
async fn roll(
    net: Net,
    front: &Front,
    nodes: &mut [Example; 3],
    start: impl Fn(u8) -> Example,
    protocol: impl Protocol,
) {
    for node in NODES {
        front.sees_soon(node, "is up", Seen::takes_connections).await;
    }
    let load = Arc::new(Load::default());
    let clients: Vec<_> = (0..PASSING + STAYING)
        .map(|client| tokio::spawn(Arc::clone(&load).run(protocol, net, client, front.addr())))
        .collect();
    for (node, running) in NODES.into_iter().zip(nodes) {
        load.passes().await;
        running.signal("TERM");
        front.sees_soon(node, "drains", |node| !node.takes_connections()).await;
        // The connections that HAProxy sent before it noticed have been served then.
        load.passes().await;
        running.signal("TERM");
        eventually("it ends", || running.success().is_some()).await;
        assert_eq!(running.success(), Some(true));
        *running = start(node);
        front.sees_soon(node, "is back", Seen::takes_connections).await;
    }
    load.passes().await;
    load.ends.store(true, Relaxed);
    for client in clients {
        client.await.expect("no attempt fails and no promise is broken");
    }
    assert!(load.goodbyes.load(Relaxed) >= STAYING, "each node has said goodbye");
    println!("{:?} calls answered, {:?} goodbyes", load.answered, load.goodbyes);
}

#[tokio::test]
async fn a_rolling_restart_fails_no_attempt_and_breaks_no_promise() {
    if !is_there() {
        return;
    }
    let net = Net::new();
    let mut nodes = NODES.map(|node| start(net, node));
    let front = Front::start(net);
    roll(net, &front, &mut nodes, |node| start(net, node), Promises).await;
}

#[tokio::test]
async fn a_rolling_restart_of_the_chat_fails_no_attempt_and_says_goodbye() {
    let Some(nats) = nodes::nats() else { return };
    let net = Net::new();
    let start = |node| nodes::start(net, &nats, node);
    let mut running = NODES.map(start);
    let front = Front::start(net);
    roll(net, &front, &mut running, start, Chat).await;
}

#[tokio::test]
async fn a_node_that_is_dead_and_not_yet_down_fails_no_attempt() {
    if !is_there() {
        return;
    }
    let net = Net::new();
    let mut nodes = NODES.map(|node| Some(start(net, node)));
    let front = Front::start(net);
    for node in NODES {
        front.sees_soon(node, "is up", Seen::takes_connections).await;
    }
    let mut there = Vec::new();
    for node in nodes.iter_mut().take(2) {
        // This kills it, and waits for its end.
        *node = None;
        for client in 0..30 {
            let mut connection = net.connect_from(client, front.addr()).await.unwrap();
            let own = connection.local_addr();
            assert_eq!(line(&mut connection).await, Some(format!("peer {own}")));
            there.push(connection);
        }
    }
}

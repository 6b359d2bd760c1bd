//! Nodes of `chat_nats` behind HAProxy, with the configurations that are shipped.

use std::ffi::OsString;
use std::process::Command;
use std::sync::OnceLock;

use kai_tcp_server_tests::{Client, Example};

use super::cluster::{Member, Nats};
use super::front::{self, Front, Net, Seen};

pub(crate) const NODES: [u8; 3] = [1, 2, 3];

/// Three nodes, HAProxy in front of them, and a nats-server between them.
pub(crate) struct Site {
    pub(crate) net: Net,
    pub(crate) nats: Nats,
    nodes: [Option<Example>; 3],
    pub(crate) front: Front,
}

/// Returns the command that runs `chat_nats`.
pub(crate) fn program() -> Command {
    static PATH: OnceLock<OsString> = OnceLock::new();
    let build = || Example::with_its_feature("chat_nats").get_program().to_owned();
    Command::new(PATH.get_or_init(build))
}

/// Starts a nats-server; `None` if it isn't installed, or HAProxy isn't.
pub(crate) fn nats() -> Option<Nats> {
    if front::is_there() { Nats::start() } else { None }
}

impl Site {
    /// Starts all; `None` if a program isn't installed.
    pub(crate) async fn start() -> Option<Self> {
        let nats = nats()?;
        let net = Net::new();
        let nodes = NODES.map(|node| Some(start(net, &nats, node)));
        let front = Front::start(net);
        let site = Site {
            net,
            nats,
            nodes,
            front,
        };
        for node in NODES {
            site.front.sees_soon(node, "is up", Seen::takes_connections).await;
        }
        Some(site)
    }

    pub(crate) fn node(&mut self, node: u8) -> &mut Example {
        self.nodes[usize::from(node) - 1].as_mut().expect("it was started")
    }

    /// Kills a node, and waits for its end.
    pub(crate) fn kill(&mut self, node: u8) {
        self.nodes[usize::from(node) - 1] = None;
    }

    /// Starts a node again that has ended.
    pub(crate) fn start_again(&mut self, node: u8) {
        self.nodes[usize::from(node) - 1] = Some(start(self.net, &self.nats, node));
    }

    /// Connects by HAProxy, from an address of the client's own.
    pub(crate) async fn connect(&self, client: u8) -> Client {
        let client = self.net.connect_from(client, self.front.addr()).await;
        client.expect("HAProxy listens")
    }

    /// Connects members by HAProxy, which gives each node as many as the others.
    pub(crate) async fn members(&self, names: &[&str]) -> Vec<Guest> {
        let mut guests = Vec::new();
        for (client, name) in (0..).zip(names) {
            let member = Member::welcomed(self.connect(client).await).await.named(name).await;
            let home = home(&member);
            guests.push(Guest { member, home });
        }
        for guest in &mut guests {
            guest.member.sees_all(names).await;
        }
        guests
    }
}

/// A member, and the name of its node.
pub(crate) struct Guest {
    pub(crate) member: Member,
    pub(crate) home: String,
}

fn home(member: &Member) -> String {
    let greeting = member.heard.last().expect("the greeting");
    let (_, node) = greeting.split_once(" on ").expect("it names the node");
    node.split('.').next().unwrap_or_default().to_owned()
}

/// Starts a node that serves on after it was told to stop, until it is told again.
pub(crate) fn start(net: Net, nats: &Nats, node: u8) -> Example {
    let addr = net.node(node);
    let mut command = program();
    command
        .env("NODE_NAME", format!("n{node}"))
        .env("NATS_URL", nats.url())
        .env("CHAT_IP", addr.ip().to_string())
        .env("CHAT_PORT", addr.port().to_string())
        .env("CHAT_HEALTH", net.health(node).to_string())
        .env("CHAT_AGENT_CHECK", net.agent(node).to_string())
        .env("CHAT_PROXY_PROTOCOL", "required")
        .env("CHAT_TRUSTED_PROXIES", "127.0.0.1")
        .env("CHAT_STOP_DELAY", "infinity")
        .env("RUST_LOG", "warn,kai_tcp_server=debug");
    let example = Example::run(&mut command);
    example.addr();
    example
}

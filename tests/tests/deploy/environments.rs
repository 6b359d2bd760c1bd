//! The environments of the unit and of the manifest, taken by `chat_nats` itself.

use std::process::Command;

use kai_tcp_server_tests::{Client, Example, available, eventually};
use tokio::net::TcpStream;

use super::files::shipped;
use super::front::Net;
use super::nodes::program;

type Variables = Vec<(String, String)>;

/// No nats-server is there: the node waits a moment for it, and serves without.
const NATS: (&str, &str) = ("NATS_URL", "nats://127.0.0.1:1");

/// Returns what stands between a line's beginning and its end, split.
fn variables(content: &str, begin: &str, between: &str, end: &str) -> Variables {
    let lines = content.lines().filter_map(|line| line.trim().strip_prefix(begin));
    let pairs = lines.filter_map(|line| line.strip_suffix(end)?.split_once(between));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Replaces the values of these variables, which must be set.
fn changed(mut variables: Variables, changes: &[(&str, &str)]) -> Variables {
    for (name, value) in changes {
        let set = variables.iter_mut().find(|(set, _)| set == name);
        let (_, set) = set.unwrap_or_else(|| panic!("{name} isn't set"));
        *set = (*value).to_owned();
    }
    variables
}

#[tokio::test]
async fn the_node_of_the_unit_listens_at_its_socket_alone_behind_a_proxy() {
    if !available("systemd-socket-activate", &["--version"], "the Debian package systemd") {
        return;
    }
    let unit = shipped("chat_nats.service")
        .replace("Environment=\"", "Environment=")
        .replace("proxy_protocol\"", "proxy_protocol");
    let socket = shipped("chat_nats.socket");
    let (_, name) = socket.split_once("\nFileDescriptorName=").expect("it has a name");
    let net = Net::new();
    let (health, agent) = (net.health(1).to_string(), net.agent(1).to_string());
    let changes = [
        NATS,
        ("CHAT_HEALTH", &health),
        ("CHAT_AGENT_CHECK", &agent),
        ("CHAT_TRUSTED_PROXIES", "127.0.0.1"),
    ];
    let variables = changed(variables(&unit, "Environment=", "=", ""), &changes);
    let addr = net.node(1);
    let mut command = Command::new("systemd-socket-activate");
    command.args(["-l", &addr.to_string()]);
    command.arg(format!("--fdname={}", name.lines().next().expect("a line")));
    command.args(variables.iter().map(|(name, value)| format!("--setenv={name}={value}")));
    let node = Example::run(command.arg(program().get_program()));
    eventually("the tool listens", || std::net::TcpStream::connect(addr).is_ok()).await;
    assert_eq!(node.addr(), addr);
    let mut client = Client::over(TcpStream::connect(addr).await.expect("it listens"));
    client.send("PROXY TCP4 192.0.2.1 203.0.113.7 49152 443\r\n").await;
    client.expect("* Welcome! What is your name?\r\n").await;
    Client::connect(net.agent(1)).await.expect("ready ").await;
    let mut health = Client::connect(net.health(1)).await;
    health.send("GET / HTTP/1.0\r\n\r\n").await;
    let answer = String::from_utf8(health.rest().await).expect("text");
    let body = answer.split("\r\n\r\n").nth(1).expect("a body");
    assert_eq!(body, format!("ready\n{addr}\n"), "it opens no port of its own");
}

#[tokio::test]
async fn the_node_of_the_manifest_serves() {
    let net = Net::new();
    let ip = net.node(1).ip().to_string();
    let health = net.health(1).to_string();
    let variables = variables(&shipped("kubernetes.yaml"), "- {name: ", ", value: \"", "\"}");
    let variables = changed(variables, &[NATS, ("CHAT_IP", &ip), ("CHAT_HEALTH", &health)]);
    let node = Example::run(program().arg("0").envs(variables));
    let mut client = Client::connect(node.addr()).await;
    client.expect("* Welcome! What is your name?\r\n").await;
}

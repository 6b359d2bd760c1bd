//! `/metrics` on the port of `health`: what Prometheus reads.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use kai_tcp_server::metrics::{Format, Metrics};
use kai_tcp_server::{Action, ProtocolState, Server, start, tcp_server, with};
use kai_tcp_server_tests::{Client, available, eventually};

#[derive(Clone, Copy, ProtocolState)]
pub(crate) enum Phase {
    #[initial]
    Hello,
    Ready,
}

pub(crate) struct Door;

#[tcp_server(
    port = 0,
    max_processes = 3,
    max_per_ip = 2,
    health = "127.0.0.1:0",
    packet = line(lf),
    state = Phase,
)]
impl Door {
    fn handle_call(&self, state: Phase, line: &[u8]) -> Action {
        match (state, line) {
            (Phase::Hello, "hello {name}") => reply(("welcome ", name)).next(Phase::Ready),
            #[name = "say"]
            (Phase::Ready, "say {what}") => reply(what),
            (_, b"bye") => close("bye"),
            (_, _) => reply("what?"),
        }
    }
}

/// Sends a request for `path`; returns the head and the body of the answer.
async fn get(health: SocketAddr, path: &str) -> (String, String) {
    let mut client = Client::connect(health).await;
    client.send(format!("GET {path} HTTP/1.1\r\nHost: here\r\n\r\n")).await;
    let answer = String::from_utf8(client.rest().await).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(&format!("\r\nContent-Length: {}", body.len())), "{head}");
    (head.to_owned(), body.to_owned())
}

/// Returns the samples of a server, by name and labels.
async fn scrape(server: &Server) -> BTreeMap<String, u64> {
    let (head, body) = get(server.health_addr().unwrap(), "/metrics").await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains("\r\nContent-Type: text/plain; version=0.0.4"), "{head}");
    samples(&body)
}

pub(crate) fn samples(text: &str) -> BTreeMap<String, u64> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let samples = lines.map(|line| {
        let (name, value) = line.rsplit_once(' ').unwrap();
        (name.to_owned(), value.parse().unwrap())
    });
    samples.collect()
}

#[tokio::test]
async fn it_shows_what_clients_did() {
    let server = start(Door).await.unwrap();
    let mut first = Client::connect(server.local_addr()).await;
    first.call("hello anna\n", "welcome anna\n").await;
    first.call("say a\nsay b\nnonsense\n", "a\nb\nwhat?\n").await;
    let mut second = Client::connect(server.local_addr()).await;
    second.call("x\n", "what?\n").await;
    // One more than the address may have.
    Client::connect(server.local_addr()).await.expect_eof_or_reset().await;
    second.call("bye\n", "bye\n").await;
    second.expect_eof().await;
    drop(second);
    eventually("it has ended", || server.info().curr_connections == 1).await;

    let shown = scrape(&server).await;
    let is = |name: &str, labels: &str, value: u64| {
        let name = format!("tcp_server_{name}{{server=\"Door\"{labels}}}");
        assert_eq!(shown.get(&name), Some(&value), "{name}: {shown:#?}");
    };
    is("listening", "", 1);
    is("connections", "", 1);
    is("state_connections", ",state=\"Hello\"", 0);
    is("state_connections", ",state=\"Ready\"", 1);
    is("max_processes", "", 3);
    is("accepted_connections_total", "", 2);
    is("refused_connections_total", ",reason=\"per_ip\"", 1);
    is("refused_connections_total", ",reason=\"denied\"", 0);
    is("closed_connections_total", ",reason=\"handler\"", 1);
    is("closed_connections_total", ",reason=\"peer\"", 0);
    is("calls_total", "", 6);
    is("arm_calls_total", ",arm=\"say\"", 2);
    is("received_bytes_total", "", 11 + 6 + 6 + 9 + 2 + 4);
    is("sent_bytes_total", "", 13 + 2 + 2 + 6 + 6 + 4);
    is("timeouts_total", ",limit=\"recv\"", 0);
    is("restarts_total", "", 0);
    is("full_mailboxes_total", "", 0);
    let waiting = "tcp_server_waiting_acceptors{server=\"Door\"}";
    assert!((1..=2).contains(&shown[waiting]), "{shown:#?}");
    assert!(shown["process_open_fds"] > 3 && shown["process_max_fds"] >= shown["process_open_fds"]);
    server.stop().await;
}

#[tokio::test]
async fn only_its_path_is_answered_so_and_no_label_has_what_a_peer_sent() {
    let server = start(Door).await.unwrap();
    let health = server.health_addr().unwrap();
    let mut peer = Client::connect(server.local_addr()).await;
    peer.call("hello \"}\\1\n", "welcome \"}\\1\n").await;
    for path in ["/", "/metricsx", "/health", "/x?/metrics", "metrics", "//metrics"] {
        let (_, body) = get(health, path).await;
        assert!(body.starts_with("ready\n"), "{path}: {body}");
    }
    for path in ["/metrics", "/metrics?name=%22"] {
        let (_, body) = get(health, path).await;
        assert!(
            body.contains("tcp_server_calls_total") && !body.contains("}\\1"),
            "{path}: {body}"
        );
    }
    // Also while the server is not ready.
    server.suspend(kai_tcp_server::SuspendedPort::Kept).unwrap();
    assert_eq!(scrape(&server).await["tcp_server_listening{server=\"Door\"}"], 0);
    server.stop().await;
}

#[tokio::test]
async fn it_is_openmetrics_to_whom_accepts_that() {
    let server = start(Door).await.unwrap();
    let health = server.health_addr().unwrap();
    for accept in [
        "Accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5",
        "accept:application/openmetrics-text",
    ] {
        let mut client = Client::connect(health).await;
        // The header comes by itself.
        client.send("GET /metrics HTTP/1.1\r\nHost: here\r\n").await;
        tokio::task::yield_now().await;
        client.send(format!("{accept}\r\n\r\n")).await;
        let answer = String::from_utf8(client.rest().await).unwrap();
        assert!(
            answer.contains("\r\nContent-Type: application/openmetrics-text; version=1.0.0"),
            "{answer}"
        );
        assert!(answer.ends_with("# EOF\n"), "{answer}");
    }
    // A request without end: of 8 KiB no more is read, and it has its answer.
    let mut client = Client::connect(health).await;
    client
        .send(format!("GET /metrics HTTP/1.1\r\nX: {}", "x".repeat(8 * 1024)))
        .await;
    assert!(client.rest().await.starts_with(b"HTTP/1.1 200 OK"));
    server.stop().await;
}

#[tokio::test]
async fn one_collector_shows_several_servers_and_each_name_once() {
    let servers = [
        start(with(Door, Door::OPTIONS.name("front"))).await.unwrap(),
        start(with(Door, Door::OPTIONS.name("back"))).await.unwrap(),
    ];
    let text = Metrics::new(servers.clone()).to_text(Format::OpenMetrics);
    let shown = samples(&text);
    for server in ["front", "back"] {
        assert!(
            shown.contains_key(&format!("tcp_server_calls_total{{server=\"{server}\"}}")),
            "{text}"
        );
    }
    let mut types: Vec<&str> = text.lines().filter(|line| line.starts_with("# TYPE")).collect();
    let all = types.len();
    types.dedup();
    assert!(all > 15 && types.len() == all, "{text}");
    for server in servers {
        server.stop().await;
    }
}

#[tokio::test]
async fn figures_of_servers_with_one_name_are_summed_up() {
    let mut servers = Vec::new();
    for calls in 1..=2 {
        let server = start(with(Door, Door::OPTIONS.in_memory())).await.unwrap();
        let mut client = Client::in_memory(&server).await;
        for _ in 0..calls {
            client.call("x\n", "what?\n").await;
        }
        server.stop().await;
        servers.push(server);
    }
    let text = Metrics::new(servers).to_text(Format::Prometheus);
    let lines = text.lines().filter(|line| line.starts_with("tcp_server_calls_total{"));
    assert_eq!(
        lines.collect::<Vec<_>>(),
        ["tcp_server_calls_total{server=\"Door\"} 3"],
        "{text}"
    );
}

/// The table of `Metrics` lists all names with their types.
#[tokio::test]
async fn the_documentation_lists_each_name_with_its_type() {
    let document = include_str!("../../../runtime/src/metrics.rs");
    let server = start(with(Door, Door::OPTIONS.in_memory().latency(true)))
        .await
        .unwrap();
    let text = Metrics::new([server.clone()]).to_text(Format::OpenMetrics);
    let mut shown = Vec::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = line.split_once(' ').unwrap();
        let total = if kind == "counter" { "_total" } else { "" };
        shown.push(format!("/// | `{name}{total}` | {kind}"));
    }
    let listed = document.lines().filter(|line| line.starts_with("/// | `"));
    assert_eq!(listed.count(), shown.len(), "{shown:#?}");
    for row in shown {
        assert!(document.contains(&row), "{row}");
    }
    server.stop().await;
}

#[tokio::test]
async fn promtool_finds_nothing_to_say() {
    if !available("promtool", &["--version"], "apt-get install prometheus") {
        return;
    }
    let server = start(with(Door, Door::OPTIONS.latency(true))).await.unwrap();
    Client::connect(server.local_addr())
        .await
        .call("hello anna\n", "welcome anna\n")
        .await;
    let (_, text) = get(server.health_addr().unwrap(), "/metrics").await;
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    promtool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let said = promtool.wait_with_output().unwrap();
    let words = [said.stdout, said.stderr]
        .map(|words| String::from_utf8(words).unwrap())
        .concat();
    assert!(said.status.success() && words.is_empty(), "{words}\n{text}");
    server.stop().await;
}

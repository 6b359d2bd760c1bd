//! Prometheus itself scrapes, stores and sums.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};

use kai_tcp_server::{start, with};
use kai_tcp_server_tests::{Client, Folder, available, eventually};
use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use crate::scraped::Door;

/// The time that a figure may take to be scraped.
const PATIENCE: Duration = Duration::from_mins(1);

const CLIENTS: u64 = 6;

/// A Prometheus, which ends when this is dropped.
struct Prometheus {
    addr: SocketAddr,
    _child: Child,
    _folder: Folder,
}

impl Prometheus {
    fn scrapes(target: SocketAddr) -> Self {
        let folder = Folder::new();
        let config = format!(
            "global:\n  scrape_interval: 100ms\nscrape_configs:\n  - job_name: door\n    static_configs:\n      - targets: [\"{target}\"]\n"
        );
        std::fs::write(folder.path("prometheus.yml"), config).unwrap();
        // A port that was free a moment ago.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = free.local_addr().unwrap();
        drop(free);
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", folder.path("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", folder.path("data").display()))
            .arg(format!("--web.listen-address={addr}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Prometheus {
            addr,
            _child: child,
            _folder: folder,
        }
    }

    /// Returns what a query finds, by name and the label `reason`, `arm` or `state`; nothing while
    /// Prometheus starts.
    async fn query(&self, query: &str) -> BTreeMap<String, u64> {
        if std::net::TcpStream::connect(self.addr).is_err() {
            return BTreeMap::new();
        }
        let mut client = Client::connect(self.addr).await;
        let request = format!("GET /api/v1/query?query={query} HTTP/1.0\r\nHost: here\r\n\r\n");
        client.send(request).await;
        let answer = String::from_utf8(client.rest().await).unwrap();
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        let Ok(body) = serde_json::from_str::<Value>(body) else {
            return BTreeMap::new();
        };
        let found = body["data"]["result"].as_array().into_iter().flatten();
        let figures = found.map(|found| {
            let label = |name: &str| found["metric"][name].as_str().unwrap_or_default().to_owned();
            let name = [label("__name__"), label("reason"), label("arm"), label("state")];
            let value = found["value"][1].as_str().unwrap().parse().unwrap();
            let name = name.into_iter().filter(|part| !part.is_empty());
            (name.collect::<Vec<_>>().join(" "), value)
        });
        figures.collect()
    }

    /// Returns the latest figures of the server: as soon as they are these, or as they are after
    /// `PATIENCE`.
    async fn figures(&self, are_these: impl Fn(&BTreeMap<String, u64>) -> bool) -> BTreeMap<String, u64> {
        let begin = Instant::now();
        loop {
            let figures = self.query("%7Bserver=%22Door%22%7D").await;
            if are_these(&figures) || begin.elapsed() > PATIENCE {
                return figures;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until more calls than these are scraped, and returns how many.
    async fn more_calls_than(&self, before: u64) -> u64 {
        let calls = |figures: &BTreeMap<_, _>| figures.get("tcp_server_calls_total").copied().unwrap_or_default();
        let figures = self.figures(|figures| calls(figures) > before).await;
        assert!(calls(&figures) > before, "no more than {before}: {figures:?}");
        calls(&figures)
    }
}

/// The figures that a client knows.
#[derive(Default)]
struct Known {
    calls: u64,
    sent: u64,
    received: u64,
}

impl Known {
    async fn call(&mut self, client: &mut Client, line: &str, reply: &str) {
        client.call(line, reply).await;
        self.calls += 1;
        self.sent += line.len() as u64;
        self.received += reply.len() as u64;
    }
}

/// Calls until it is told to stop.
async fn calls(mut client: Client, number: u64, stop: Arc<AtomicBool>) -> Known {
    let mut known = Known::default();
    let word = "x".repeat(usize::try_from(number).unwrap());
    known
        .call(&mut client, &format!("hello {word}\n"), &format!("welcome {word}\n"))
        .await;
    while !stop.load(SeqCst) {
        known
            .call(&mut client, &format!("say {word}\n"), &format!("{word}\n"))
            .await;
    }
    known
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prometheus_follows_the_load_and_has_what_clients_know_at_its_end() {
    if !available("prometheus", &["--version"], "apt-get install prometheus") {
        return;
    }
    let limit = usize::try_from(CLIENTS).unwrap();
    let options = Door::OPTIONS.max_processes(50).max_per_ip(limit);
    let server = start(with(Door, options)).await.unwrap();
    let prometheus = Prometheus::scrapes(server.health_addr().unwrap());
    let stop = Arc::new(AtomicBool::new(false));
    let mut clients = JoinSet::new();
    for number in 1..=CLIENTS {
        let client = Client::connect(server.local_addr()).await;
        clients.spawn(calls(client, number, Arc::clone(&stop)));
    }
    eventually("each has its place", || server.info().curr_connections == limit).await;
    let mut scraped = 0;
    for _ in 0..3 {
        Client::connect(server.local_addr()).await.expect_eof_or_reset().await;
        scraped = prometheus.more_calls_than(scraped).await;
    }
    stop.store(true, SeqCst);
    let mut known = Known::default();
    while let Some(client) = clients.join_next().await {
        let Known { calls, sent, received } = client.unwrap();
        known.calls += calls;
        known.sent += sent;
        known.received += received;
    }
    assert!(known.calls > scraped);

    let all = [
        ("tcp_server_connections", 0),
        ("tcp_server_accepted_connections_total", CLIENTS),
        ("tcp_server_refused_connections_total per_ip", 3),
        ("tcp_server_refused_connections_total overloaded", 0),
        ("tcp_server_closed_connections_total peer", CLIENTS),
        ("tcp_server_closed_connections_total handler", 0),
        ("tcp_server_calls_total", known.calls),
        ("tcp_server_arm_calls_total hello", CLIENTS),
        ("tcp_server_arm_calls_total say", known.calls - CLIENTS),
        ("tcp_server_received_bytes_total", known.sent),
        ("tcp_server_sent_bytes_total", known.received),
    ];
    let are_all = |figures: &BTreeMap<_, _>| all.iter().all(|(name, value)| figures.get(*name) == Some(value));
    let figures = prometheus.figures(are_all).await;
    for (name, value) in all {
        assert_eq!(figures.get(name), Some(&value), "{name}: {figures:#?}");
    }
    let resets = prometheus.query("sum(resets(tcp_server_calls_total%5B5m%5D))").await;
    assert_eq!(resets.values().collect::<Vec<_>>(), [&0], "no figure went back");
    server.stop().await;
}

//! A nats-server, nodes and their members.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kai_tcp_server_tests::{Client, Example, available, eventually};
use serde_json::Value;
use tokio::io::BufReader;
use tokio::net::TcpStream as TokioStream;

/// A nats-server with ports of its own. Dropping it kills it.
pub(crate) struct Nats {
    port: u16,
    monitoring: u16,
    server: Option<Child>,
}

impl Nats {
    /// Starts a nats-server; `None` if there is none on this machine.
    pub(crate) fn start() -> Option<Self> {
        let mut nats = Nats::absent()?;
        nats.start_again();
        Some(nats)
    }

    /// Returns a nats-server that isn't started yet.
    pub(crate) fn absent() -> Option<Self> {
        if !available("nats-server", &["--version"], "apt install nats-server") {
            return None;
        }
        // Both at a time, so that they differ.
        let free = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let [port, monitoring] = free.map(|listener| listener.local_addr().unwrap().port());
        Some(Nats {
            port,
            monitoring,
            server: None,
        })
    }

    /// Starts it, on the same ports as before.
    pub(crate) fn start_again(&mut self) {
        let child = Command::new("nats-server")
            .args(["--addr", "127.0.0.1", "--port", &self.port.to_string()])
            .args(["--http_port", &self.monitoring.to_string()])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.server = Some(child);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let ended = self.server.as_mut().unwrap().try_wait().unwrap();
            assert!(ended.is_none(), "nats-server ended: {ended:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub(crate) fn signal(&self, signal: &str) {
        let id = self.server.as_ref().unwrap().id().to_string();
        let status = Command::new("kill").args([format!("-{signal}"), id]).status();
        assert!(status.unwrap().success());
    }

    pub(crate) fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = server.kill();
            let _ = server.wait();
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Returns the subjects that a node is subscribed to, as nats-server's monitoring lists them.
    pub(crate) fn followed_by(&self, node: &str) -> Vec<String> {
        let mut http = TcpStream::connect(("127.0.0.1", self.monitoring)).unwrap();
        http.write_all(b"GET /connz?subs=1 HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = String::new();
        http.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let listed: Value = serde_json::from_str(body).unwrap();
        let connections = listed["connections"].as_array().unwrap();
        let followed = connections.iter().filter(|connection| connection["name"] == node);
        let subjects = followed.filter_map(|connection| connection["subscriptions_list"].as_array());
        let mut subjects: Vec<String> = subjects
            .flatten()
            .map(|subject| subject.as_str().unwrap().to_owned())
            .collect();
        subjects.sort();
        subjects
    }

    pub(crate) async fn eventually_follows(&self, node: &str, subjects: &[&str]) {
        let what = format!("{node} follows {subjects:?}");
        eventually(&what, || self.followed_by(node) == subjects).await;
    }

    /// Connects as any program may, and publishes.
    pub(crate) fn publisher(&self) -> Publisher {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(b"CONNECT {\"verbose\":false}\r\n").unwrap();
        Publisher(stream)
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        self.kill();
    }
}

pub(crate) struct Publisher(TcpStream);

impl Publisher {
    pub(crate) fn publish(&mut self, subject: &str, message: impl AsRef<[u8]>) {
        let message = message.as_ref();
        let head = format!("PUB {subject} {}\r\n", message.len());
        self.0.write_all(&[head.as_bytes(), message, b"\r\n"].concat()).unwrap();
    }

    /// Waits until nats-server has taken all.
    pub(crate) fn flush(&mut self) {
        self.0.write_all(b"PING\r\n").unwrap();
        let mut seen = Vec::new();
        while !seen.ends_with(b"PONG\r\n") {
            let mut some = [0; 4096];
            let read = self.0.read(&mut some).unwrap();
            assert!(read > 0, "nats-server has closed");
            seen.extend_from_slice(&some[..read]);
        }
    }
}

pub(crate) struct Node {
    pub(crate) example: Example,
    pub(crate) addr: SocketAddr,
}

impl Node {
    pub(crate) fn start(name: &str, nats: &Nats) -> Self {
        let mut command = Example::with_its_feature("chat_nats");
        command
            .arg("0")
            .env("NODE_NAME", name)
            .env("NATS_URL", nats.url())
            .env("RUST_LOG", "warn,kai_tcp_server=info");
        let example = Example::run(&mut command);
        let addr = example.addr();
        Node { example, addr }
    }

    /// Connects a member with this name.
    pub(crate) async fn member(&self, name: &str) -> Member {
        Member::connect(self).await.named(name).await
    }
}

/// A member, and all that it has heard.
pub(crate) struct Member {
    name: String,
    client: Client<BufReader<TokioStream>>,
    pub(crate) heard: Vec<String>,
}

impl Member {
    pub(crate) async fn connect(node: &Node) -> Self {
        Member::welcomed(Client::connect(node.addr).await).await
    }

    /// Waits for the first line of a connection.
    pub(crate) async fn welcomed(client: Client) -> Self {
        let mut client = Client::over(BufReader::new(client.into_inner()));
        client.expect("* Welcome! What is your name?\r\n").await;
        let (name, heard) = (String::new(), Vec::new());
        Member { name, client, heard }
    }

    /// Says its name.
    pub(crate) async fn named(mut self, name: &str) -> Self {
        self.says(name).await;
        self.hears_a_line_with(&format!("* Hello {name}, this is the lobby on "))
            .await;
        self.name = name.to_owned();
        self
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) async fn says(&mut self, line: &str) {
        self.client.send(format!("{line}\r\n")).await;
    }

    pub(crate) async fn line(&mut self) -> String {
        let line = self.client.line().await.trim_end().to_owned();
        self.heard.push(line.clone());
        line
    }

    pub(crate) async fn hears(&mut self, line: &str) {
        while self.line().await != line {}
    }

    pub(crate) async fn hears_a_line_with(&mut self, text: &str) {
        while !self.line().await.contains(text) {}
    }

    /// Waits until the connection has ended.
    pub(crate) async fn expect_gone(&mut self) {
        self.client.expect_gone().await;
    }

    /// Returns how often a member, shown so or as one of another node, was heard to say this.
    pub(crate) fn heard(&self, said: &str) -> usize {
        let said = format!("> {said}");
        self.heard.iter().filter(|line| line.ends_with(&said)).count()
    }

    pub(crate) fn never_heard(&self, text: &str) {
        let heard = self.heard.iter().find(|line| line.contains(text));
        assert!(heard.is_none(), "{}: {heard:?}", self.name);
    }

    /// Waits until `/who` lists these alone, on whichever nodes.
    pub(crate) async fn sees_all(&mut self, names: &[&str]) {
        let plain = |name: &str| name.split('@').next().unwrap().to_owned();
        let mut expected: Vec<_> = names.iter().map(|name| plain(name)).collect();
        expected.sort_unstable();
        let begin = Instant::now();
        loop {
            self.client.send("/who\r\n").await;
            // No other line begins so and has a name alone, or commas.
            let line = loop {
                let line = self.client.line().await.trim_end().to_owned();
                match line.strip_prefix("* ") {
                    Some(list) if list.contains(", ") || !list.contains(' ') => break list.to_owned(),
                    _ => self.heard.push(line),
                }
            };
            let mut seen: Vec<_> = line.split(", ").map(plain).collect();
            seen.sort_unstable();
            if seen == expected {
                return;
            }
            assert!(begin.elapsed() < Duration::from_secs(30), "{} sees {line}", self.name);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// Lets each member say this many lines, and checks that each other one hears each of them once, in
/// order.
pub(crate) async fn say_and_hear_all(members: &mut [Member], lines: usize) {
    for number in 0..lines {
        for member in &mut *members {
            let line = format!("line {number} of {}", member.name);
            member.says(&line).await;
        }
    }
    let speakers = members.len();
    for member in members {
        let mut heard = BTreeMap::<String, usize>::new();
        let mut missing = (speakers - 1) * lines;
        while missing > 0 {
            let line = member.line().await;
            let Some((_, said)) = line.split_once("> line ") else {
                continue;
            };
            let (number, speaker) = said.split_once(" of ").unwrap();
            let next = heard.entry(speaker.to_owned()).or_default();
            assert_eq!(number, next.to_string(), "{}: {line}", member.name);
            *next += 1;
            missing -= 1;
        }
        assert!(!heard.contains_key(&member.name));
    }
}

//! mosquitto's clients.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};

use kai_tcp_server_tests::{Example, available};

use super::PATIENCE;

/// Starts the broker. Returns `None` where mosquitto's clients aren't installed.
fn start() -> Option<(Example, SocketAddr)> {
    let how = "apt-get install mosquitto-clients";
    // They have no argument that makes them say their version, and nothing else.
    let are_here = ["mosquitto_pub", "mosquitto_sub"].into_iter().all(|program| {
        let script = format!("command -v {program}");
        available("sh", &["-c", &script], how)
    });
    are_here.then(super::start)
}

fn command(program: &str, addr: SocketAddr, args: &[&str]) -> Command {
    let port = addr.port().to_string();
    // Line by line, also into a pipe.
    let mut command = Command::new("stdbuf");
    command
        .args(["-oL", program, "-V", "311", "-h", "127.0.0.1", "-p", &port])
        .args(args);
    command
}

fn run(program: &str, addr: SocketAddr, args: &[&str]) -> Output {
    let command = command(program, addr, args);
    // It would wait for an acknowledgement for ever.
    let mut bounded = Command::new("timeout");
    bounded.arg("60").arg(command.get_program()).args(command.get_args());
    bounded.output().expect("mosquitto's client runs")
}

/// Publishes. Only with `-q 1` or `-q 2` it waits until the broker has taken the message.
fn publish(addr: SocketAddr, args: &[&str]) {
    let output = run("mosquitto_pub", addr, args);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.is_empty(), "{args:?}: {said}");
}

/// A running process. Dropping it kills it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A running `mosquitto_sub`.
struct Subscriber {
    running: Running,
    lines: Receiver<String>,
}

impl Subscriber {
    /// Starts a subscriber, and waits until the broker has granted what it asks for.
    fn start(addr: SocketAddr, args: &[&str]) -> (Self, String) {
        let subscriber = Subscriber::begin(addr, args);
        let granted = subscriber.line_with("Subscribed (mid: 1): ");
        (subscriber, granted)
    }

    fn begin(addr: SocketAddr, args: &[&str]) -> Self {
        // Topic, quality of service, whether it was retained, payload.
        let mut child = command("mosquitto_sub", addr, &["-d", "-F", "GOT %t %q %r %p"])
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("mosquitto_sub runs");
        let stdout = BufReader::new(child.stdout.take().expect("standard output is piped"));
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let running = Running(child);
        Subscriber { running, lines }
    }

    /// Returns the rest of the next line that contains `begin`.
    fn line_with(&self, begin: &str) -> String {
        loop {
            let line = self
                .lines
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|_| panic!("no line says {begin:?}"));
            if let Some((_, rest)) = line.split_once(begin) {
                return rest.to_owned();
            }
        }
    }

    /// Returns the next message.
    fn gets(&self) -> String {
        self.line_with("GOT ")
    }
}

#[test]
fn each_quality_of_service_is_granted_and_kept() {
    let Some((_example, addr)) = start() else { return };
    for granted in 0..=2_u8 {
        let qos = granted.to_string();
        let topic = format!("topic/{qos}");
        let (subscriber, said) = Subscriber::start(addr, &["-t", &topic, "-q", &qos]);
        assert_eq!(said, qos);
        for published in 0..=2_u8 {
            publish(addr, &["-t", &topic, "-q", &published.to_string(), "-m", "hello"]);
            let delivered = granted.min(published);
            assert_eq!(subscriber.gets(), format!("{topic} {delivered} 0 hello"));
        }
    }
}

#[test]
fn wildcards_select_topics_and_several_subscriptions_are_granted_in_order() {
    let Some((_example, addr)) = start() else { return };
    let filters = ["-t", "house/+/lamp", "-t", "house/cellar/#", "-t", "#", "-q", "1"];
    let (all, granted) = Subscriber::start(addr, &filters);
    assert_eq!(granted, "1, 1, 1");
    let (lamps, _) = Subscriber::start(addr, &["-t", "house/+/lamp"]);
    let (cellar, _) = Subscriber::start(addr, &["-t", "house/cellar/#"]);
    for topic in [
        "house/kitchen/lamp",
        "house/cellar",
        "house/cellar/lamp",
        "house/x/y/lamp",
    ] {
        publish(addr, &["-t", topic, "-m", topic, "-q", "1"]);
    }
    publish(addr, &["-t", "house/cellar/end", "-m", "end", "-q", "1"]);
    publish(addr, &["-t", "house/end/lamp", "-m", "end", "-q", "1"]);
    let got = |subscriber: &Subscriber, number: usize| -> Vec<String> {
        let topic = |message: String| message.split(' ').next().unwrap_or_default().to_owned();
        (0..number).map(|_| topic(subscriber.gets())).collect()
    };
    assert_eq!(
        got(&lamps, 3),
        ["house/kitchen/lamp", "house/cellar/lamp", "house/end/lamp"]
    );
    assert_eq!(
        got(&cellar, 3),
        ["house/cellar", "house/cellar/lamp", "house/cellar/end"]
    );
    // A copy for each subscription that selects it.
    let all = got(&all, 12);
    let copies = |topic: &str| all.iter().filter(|name| *name == topic).count();
    assert_eq!(copies("house/cellar/lamp"), 3);
    assert_eq!(copies("house/x/y/lamp"), 1);
}

#[test]
fn the_last_retained_message_of_each_topic_waits_for_subscribers() {
    let Some((_example, addr)) = start() else { return };
    for (topic, payload) in [("a/1", "old"), ("a/1", "new"), ("a/2", "two"), ("a/3", "three")] {
        publish(addr, &["-t", topic, "-m", payload, "-r", "-q", "1"]);
    }
    publish(addr, &["-t", "a/4", "-m", "not retained", "-q", "1"]);
    // An empty one removes.
    publish(addr, &["-t", "a/2", "-n", "-r", "-q", "1"]);
    let (subscriber, _) = Subscriber::start(addr, &["-t", "a/+", "-q", "2"]);
    assert_eq!(subscriber.gets(), "a/1 1 1 new");
    assert_eq!(subscriber.gets(), "a/3 1 1 three");
    // A subscriber that is there already gets it as any other message.
    publish(addr, &["-t", "a/3", "-m", "again", "-r", "-q", "1"]);
    assert_eq!(subscriber.gets(), "a/3 1 0 again");
    let (late, _) = Subscriber::start(addr, &["-t", "a/3"]);
    assert_eq!(late.gets(), "a/3 0 1 again");
}

#[test]
fn the_brokers_own_topics_are_for_those_who_ask_for_them() {
    let Some((_example, addr)) = start() else { return };
    let (asks, _) = Subscriber::start(addr, &["-t", "$SYS/#"]);
    assert!(asks.gets().starts_with("$SYS/broker/version 0 1 kai-tcp-server "));
    let (all, _) = Subscriber::start(addr, &["-t", "#", "-t", "+/#", "-t", "+/broker/version"]);
    // Clients can't publish there.
    publish(addr, &["-t", "$SYS/broker/version", "-m", "false", "-q", "1", "-r"]);
    publish(addr, &["-t", "$other", "-m", "false", "-q", "2"]);
    publish(addr, &["-t", "x", "-m", "true", "-q", "1"]);
    assert_eq!(all.gets(), "x 0 0 true");
    let (asks_later, _) = Subscriber::start(addr, &["-t", "$SYS/#", "-t", "x"]);
    assert!(asks_later.gets().contains("kai-tcp-server"));
}

#[test]
fn a_will_is_published_if_its_client_is_gone_and_not_if_it_says_goodbye() {
    let Some((_example, addr)) = start() else { return };
    let (heirs, _) = Subscriber::start(addr, &["-t", "will/#", "-q", "2"]);
    let will = |topic| {
        let filter = ["-t", "nothing", "--will-topic", topic, "--will-payload", "gone"];
        [&filter[..], &["--will-qos", "1", "--will-retain"]].concat()
    };
    // SIGTERM makes mosquitto_sub say DISCONNECT.
    let (mut polite, _) = Subscriber::start(addr, &will("will/polite"));
    let status = Command::new("kill").arg(polite.running.0.id().to_string()).status();
    assert!(status.expect("kill runs").success());
    polite.line_with("sending DISCONNECT");
    polite.running.0.wait().expect("it ends");

    let (killed, _) = Subscriber::start(addr, &will("will/killed"));
    drop(killed);
    assert_eq!(heirs.gets(), "will/killed 1 0 gone");
    // It was retained, and the other one wasn't published.
    let (late, _) = Subscriber::start(addr, &["-t", "will/#"]);
    publish(addr, &["-t", "will/end", "-m", "end", "-q", "1"]);
    assert_eq!(late.gets(), "will/killed 0 1 gone");
    assert_eq!(late.gets(), "will/end 0 0 end");
}

#[test]
fn a_second_client_with_the_same_id_takes_over() {
    let Some((_example, addr)) = start() else { return };
    let (heirs, _) = Subscriber::start(addr, &["-t", "will", "-q", "1"]);
    let will = ["--will-topic", "will", "--will-payload", "first", "--will-qos", "1"];
    let (first, _) = Subscriber::start(addr, &[&["-i", "same", "-t", "x"], &will[..]].concat());
    let (second, _) = Subscriber::start(addr, &["-i", "same", "-t", "x"]);
    // Its will is published, as it didn't say goodbye.
    assert_eq!(heirs.gets(), "will 1 0 first");
    // It would come back after a second.
    drop(first);
    publish(addr, &["-t", "x", "-m", "for one", "-q", "1"]);
    assert_eq!(second.gets(), "x 0 0 for one");
}

#[test]
fn other_versions_are_refused_in_words_that_their_clients_understand() {
    let Some((_example, addr)) = start() else { return };
    let port = addr.port().to_string();
    let output = Command::new("mosquitto_pub")
        .args(["-V", "5", "-h", "127.0.0.1", "-p", &port, "-t", "a", "-m", "b"])
        .output()
        .expect("mosquitto_pub runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("Unsupported Protocol Version"), "{said}");
}

#[test]
fn twenty_thousand_lines_at_least_once_are_all_delivered_in_order() {
    let Some((_example, addr)) = start() else { return };
    let (subscriber, _) = Subscriber::start(addr, &["-t", "lines", "-q", "1"]);
    let publisher = command("mosquitto_pub", addr, &["-t", "lines", "-q", "1", "-l"])
        .stdin(Stdio::piped())
        .spawn();
    let mut publisher = Running(publisher.expect("mosquitto_pub runs"));
    let mut lines = publisher.0.stdin.take().expect("standard input is piped");
    let writer = std::thread::spawn(move || {
        for n in 0..20_000 {
            writeln!(lines, "{n}").expect("it reads");
        }
    });
    for n in 0..20_000 {
        assert_eq!(subscriber.gets(), format!("lines 1 0 {n}"));
    }
    writer.join().expect("all is written");
    assert!(publisher.0.wait().expect("it ends").success());
}

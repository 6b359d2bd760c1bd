//! A process that runs out of descriptors warns before that, logs it once when it happens,
//! recovers, and logs the recovery.

#![cfg(target_os = "linux")]

use std::collections::VecDeque;
use std::num::NonZero;
use std::process::Command;
use std::time::{Duration, Instant};

use kai_tcp_server_tests::{Client, Example, available};
use tokio::time::sleep;

/// The number of connections that the probe serves at a time.
const PROCESSES: usize = 200;

/// The default of `accept_error_sleep_time`.
const PAUSE: Duration = Duration::from_millis(100);

fn probe(descriptors: usize) -> Example {
    let mut command = Command::new("prlimit");
    command.arg(format!("--nofile={descriptors}"));
    Example::run(command.args(["--", env!("CARGO_BIN_EXE_run_probe"), "echo"]))
}

/// Returns the number of descriptors that a probe with too few asks for; `None` if no limit can be
/// set.
fn asked_for() -> Option<usize> {
    available("prlimit", &["--version"], "apt install util-linux").then(|| {
        let line = probe(PROCESSES).line_with("descriptors");
        assert!(
            line.contains("WARN") && line.contains("may open 200: allow it more"),
            "{line}"
        );
        let (_, need) = line.split_once("`ulimit -n ").unwrap();
        need.split('`').next().unwrap().parse().unwrap()
    })
}

#[tokio::test]
async fn want_of_descriptors_is_told_once_and_its_end_too() {
    let Some(need) = asked_for() else { return };
    let probe = probe(need - PROCESSES + 10);
    let addr = probe.addr();
    let begin = Instant::now();
    let mut clients = Vec::new();
    for _ in 0..30 {
        let mut client = Client::connect(addr).await;
        client.send("hello\n").await;
        clients.push(client);
    }
    let line = probe.line_with("accepting");
    let told = "accepting pauses, and is tried again each 100ms: Too many open files";
    assert!(line.contains(told), "{line}");
    // Each end admits one connection, and then accepting fails again.
    let mut stay = VecDeque::new();
    for mut client in clients {
        if stay.len() == 10 {
            stay.pop_front();
        }
        client.expect("hello\n").await;
        stay.push_back(client);
    }
    // The same holds if no connection waits for a moment: the shortage isn't over.
    for _ in 0..5 {
        let mut next = [Client::connect(addr).await, Client::connect(addr).await];
        for client in &mut next {
            client.send("hello\n").await;
        }
        sleep(Duration::from_millis(20)).await;
        stay.drain(..2);
        for mut client in next {
            client.expect("hello\n").await;
            stay.push_back(client);
        }
        sleep(Duration::from_millis(20)).await;
    }
    drop(stay);
    let line = probe.line_with("accepting");
    let told = "accepting works again, after ";
    let (_, after) = line.split_once(told).unwrap_or_else(|| panic!("{line}"));
    let failures: u128 = after.split(' ').next().unwrap().parse().unwrap();
    assert!(failures > 1, "{line}");
    // Each core tries once after each pause, and sleeps meanwhile.
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let pauses = begin.elapsed().as_millis() / PAUSE.as_millis();
    let tries = cores as u128 * (pauses + 1);
    assert!(failures <= tries, "{line}");
    let mut client = Client::connect(addr).await;
    client.call("hello\n", "hello\n").await;
    drop(client);
    probe.signal("TERM");
    let (success, log) = probe.wait();
    assert!(success && !log.iter().any(|line| line.contains("accepting")), "{log:?}");
}

/// A call that ends frees a descriptor for a waiting connection, which then gets an orderly end,
/// even if this is later than the lingering close takes.
#[tokio::test]
async fn who_waits_for_a_descriptor_when_the_server_stops_sees_an_end_in_good_order() {
    let Some(need) = asked_for() else { return };
    let probe = probe(need - PROCESSES + 10);
    let addr = probe.addr();
    let mut clients = Vec::new();
    for _ in 0..30 {
        let mut client = Client::connect(addr).await;
        client.send("take your time\n").await;
        clients.push(client);
    }
    probe.line_with("accepting pauses");
    probe.signal("TERM");
    let mut answers = 0;
    for client in &mut clients {
        answers += usize::from(client.rest().await == b"take your time\n");
    }
    assert!((8..=12).contains(&answers), "{answers}");
    drop(clients);
    let (success, log) = probe.wait();
    assert!(success, "{log:?}");
}

/// `shutdown` is infinity, and the rest of the program frees no descriptor.
#[tokio::test]
async fn where_nobody_is_left_who_could_make_room_a_stop_waits_for_no_descriptor() {
    let Some(need) = asked_for() else { return };
    let probe = probe(need - PROCESSES + 10);
    let addr = probe.addr();
    let mut first = Client::connect(addr).await;
    first.call("take all descriptors\n", "take all descriptors\n").await;
    let _waits = [Client::connect(addr).await, Client::connect(addr).await];
    probe.line_with("accepting pauses");
    drop(first);
    probe.line_with("closed");
    probe.signal("TERM");
    let (success, log) = probe.wait();
    assert!(success, "{log:?}");
}

#[tokio::test]
async fn at_start_a_process_asks_for_as_many_descriptors_as_are_enough() {
    let Some(need) = asked_for() else { return };
    let probe = probe(need);
    let line = probe.line_with("Echo");
    assert!(line.contains("Echo listens on"), "it asks for nothing: {line}");
    let (_, reach) = line.split_once(" listens on ").unwrap();
    let addr: std::net::SocketAddr = reach.split(',').next().unwrap().parse().unwrap();
    let mut clients = Vec::new();
    for _ in 0..PROCESSES {
        let mut client = Client::connect(addr).await;
        client.call("hello\n", "hello\n").await;
        clients.push(client);
    }
    drop(clients);
    probe.signal("TERM");
    let (success, log) = probe.wait();
    assert!(success && !log.iter().any(|line| line.contains("accepting")), "{log:?}");
}

//! A process that runs out of descriptors says so before and once when it happens, recovers, and says that too.

#![cfg(target_os = "linux")]

use std::process::Command;

use kai_tcp_server_tests::{Client, Example, available};

/// How many connections the probe serves at a time.
const PROCESSES: usize = 200;

fn probe(descriptors: usize) -> Example {
    let mut command = Command::new("prlimit");
    command.arg(format!("--nofile={descriptors}"));
    Example::run(command.args(["--", env!("CARGO_BIN_EXE_run_probe"), "echo"]))
}

/// How many descriptors a probe asks for that has too few; None where no limit can be set.
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
    let mut clients = Vec::new();
    for _ in 0..30 {
        let mut client = Client::connect(addr).await;
        client.send("hello\n").await;
        clients.push(client);
    }
    let line = probe.line_with("accepting");
    let told = "accepting pauses, and is tried again each 100ms: Too many open files";
    assert!(line.contains(told), "{line}");
    // Each that leaves lets one in, and then it fails again.
    for mut client in clients {
        client.expect("hello\n").await;
    }
    let line = probe.line_with("accepting");
    assert!(line.contains("accepting works again, after "), "{line}");
    let mut client = Client::connect(addr).await;
    client.call("hello\n", "hello\n").await;
    drop(client);
    probe.signal("TERM");
    let (success, log) = probe.wait();
    assert!(success && !log.iter().any(|line| line.contains("accepting")), "{log:?}");
}

#[tokio::test]
async fn at_start_a_process_asks_for_as_many_descriptors_as_are_enough() {
    let Some(need) = asked_for() else { return };
    let probe = probe(need);
    let line = probe.line_with("Echo");
    assert!(line.contains("Echo listens on"), "it asks for nothing: {line}");
    let (_, reach) = line.split_once(" listens on ").unwrap();
    let addr = reach.split(',').next().unwrap().parse().unwrap();
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

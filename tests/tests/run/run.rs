//! `run` as a process: its log, signals, ends, exit statuses.

use std::num::NonZero;
use std::process::Command;

use kai_tcp_server_tests::{Client, Example, available, next};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::unbounded_channel;

fn probe(args: &[&str]) -> Example {
    Example::run(Command::new(env!("CARGO_BIN_EXE_run_probe")).args(args))
}

#[tokio::test]
async fn it_says_where_it_listens_how_many_it_serves_and_how_to_reach_it() {
    let probe = probe(&["echo"]);
    let line = probe.line_with("listens on");
    assert!(line.contains("Echo listens on 127.0.0.1:"), "{line}");
    assert!(line.contains("200 connections at a time"), "{line}");
    let reach = probe.line_with("reach Echo by");
    let (_, port) = reach.split_once("`nc 127.0.0.1 ").unwrap();
    let port: u16 = port.split('`').next().unwrap().parse().unwrap();
    let mut client = Client::connect(([127, 0, 0, 1], port)).await;
    client.call("hello\n", "hello\n").await;
}

#[tokio::test]
async fn the_first_signal_stops_gracefully_and_a_second_one_at_once() {
    for signal in ["INT", "TERM"] {
        let probe = probe(&["echo"]);
        let addr = probe.addr();
        let mut idle = Client::connect(addr).await;
        idle.call("a\n", "a\n").await;
        let mut busy = Client::connect(addr).await;
        busy.send("wait\n").await;
        probe.line_with("a call waits");
        probe.signal(signal);
        probe.line_with("a second signal stops at once");
        idle.expect_eof().await;
        // `shutdown` is infinity: only the second signal ends it.
        probe.signal(signal);
        let (success, said) = probe.wait();
        assert!(success, "stopping is no failure");
        let said = said.join("\n");
        assert_eq!(said.matches("closed: Stopped").count(), 2, "{said}");
        assert!(said.contains("terminated"), "{said}");
        assert!(said.contains("1 were cut"), "{said}");
        busy.expect_gone().await;
    }
}

#[tokio::test]
async fn a_graceful_stop_is_a_success_and_tells_terminate() {
    let probe = probe(&["two"]);
    let (first, second) = (probe.addr(), probe.addr());
    let mut clients = Vec::new();
    for addr in [first, second] {
        let mut client = Client::connect(addr).await;
        client.call("a\n", "a\n").await;
        clients.push(client);
    }
    probe.signal("TERM");
    for mut client in clients {
        client.expect_eof().await;
    }
    let (success, log) = probe.wait();
    assert!(success);
    for line in ["terminated", "the second terminated"] {
        assert!(log.iter().any(|said| said == line), "{log:?}");
    }
    let finished = log
        .iter()
        .filter(|line| line.contains("1 connections finished, 0 were cut"));
    assert_eq!(finished.count(), 2, "{log:?}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_a_failure_that_names_it() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (success, log) = probe(&["echo", &port]).wait();
    assert!(!success);
    let error = log.last().unwrap();
    assert!(error.contains(&format!("port {port} of 127.0.0.1 is taken")), "{log:?}");
}

#[tokio::test]
async fn a_server_that_cannot_start_stops_those_that_did() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (success, log) = probe(&["two", &port]).wait();
    assert!(!success);
    assert!(log.iter().any(|line| line == "the second terminated"), "{log:?}");
}

#[tokio::test]
async fn a_server_that_ends_by_itself_stops_the_others_and_is_a_failure_that_says_why() {
    let probe = probe(&["dying beside"]);
    let addr = probe.addr();
    let (success, log) = probe.wait();
    assert!(!success);
    assert!(log.iter().any(|line| line == "the second terminated"), "{log:?}");
    let error = log.last().unwrap();
    assert!(
        error.contains("Dying ended because its restart intensity was exceeded"),
        "{log:?}"
    );
    TcpStream::connect(addr).await.unwrap_err();
}

#[test]
fn inside_a_runtime_it_is_an_error_that_gives_the_line_to_write() {
    let (success, log) = probe(&["inside a runtime"]).wait();
    assert!(!success);
    assert!(log[0].contains("start(server).await?.wait().await"), "{log:?}");
}

#[test]
fn a_signal_ends_a_program_whose_init_waits() {
    let probe = probe(&["starting"]);
    probe.line_with("init waits");
    probe.signal("TERM");
    let (success, _) = probe.wait();
    assert!(success);
}

#[tokio::test]
async fn what_a_call_fails_or_panics_with_is_one_line_and_escaped() {
    let probe = probe(&["echo"]);
    let mut client = Client::connect(probe.addr()).await;
    client.send("fail\n").await;
    let line = probe.line_with("handle_call failed: a failure");
    assert!(line.contains("a failure\\nwith a line end"), "{line}");
    client.expect("failed\n").await;
    client.send("panic\n").await;
    let line = probe.line_with("panicked at");
    assert!(line.contains("a panic\\nwith a line end: \\u{1b}"), "{line}");
    probe.line_with("handle_call failed: it panicked");
    client.expect_eof().await;
}

#[tokio::test]
async fn want_of_descriptors_pauses_accepting_and_who_waits_is_served_later() {
    if !available("prlimit", &["--version"], "apt install util-linux") {
        return;
    }
    // Each core has some descriptors of its own, among them a duplicate of the port's.
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let mut command = Command::new("prlimit");
    command.arg(format!("--nofile={}", 17 + 5 * cores));
    command.args(["--", env!("CARGO_BIN_EXE_run_probe"), "echo"]);
    let probe = Example::run(&mut command);
    let addr = probe.addr();
    let mut clients = Vec::new();
    for _ in 0..30 {
        let mut client = Client::connect(addr).await;
        client.send("hello\n").await;
        clients.push(client);
    }
    let line = probe.line_with("accepting pauses");
    assert!(line.contains("Too many open files"), "{line}");
    // Each is served when others have disconnected.
    for mut client in clients {
        client.expect("hello\n").await;
    }
}

#[tokio::test]
async fn a_call_that_blocks_its_thread_holds_up_nobody_on_another_one() {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    if cores == 1 {
        // With a single core there is no other one to delay.
        return;
    }
    let probe = probe(&["echo"]);
    let addr = probe.addr();
    let mut clients = Vec::new();
    for _ in 0..8 * cores {
        let mut client = Client::connect(addr).await;
        client.call("a\n", "a\n").await;
        clients.push(client);
    }
    let mut blocking = clients.swap_remove(0);
    blocking.send("block\n").await;
    probe.line_with("a call blocks");
    let (answered, mut answers) = unbounded_channel();
    for mut client in clients {
        let answered = answered.clone();
        tokio::spawn(async move {
            client.call("b\n", "b\n").await;
            let _ = answered.send(client);
        });
    }
    // The cores serve about as many each; the core of these clients isn't known.
    let mut served = vec![next(&mut answers).await.unwrap()];
    // A blocked core accepts nothing, so other cores serve all clients that come now.
    let (answered, mut answers) = unbounded_channel();
    for _ in 0..20 {
        let answered = answered.clone();
        tokio::spawn(async move {
            let mut client = Client::connect(addr).await;
            client.call("c\n", "c\n").await;
            let _ = answered.send(client);
        });
    }
    for _ in 0..20 {
        served.push(next(&mut answers).await.unwrap());
    }
}

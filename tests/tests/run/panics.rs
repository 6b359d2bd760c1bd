//! Panics of the user's code under `run`: each is logged, and ends only its own task.

use std::process::Command;

use kai_tcp_server_tests::{Client, Example};

fn probe(args: &[&str], variables: &[(&str, &str)]) -> Example {
    let mut command = Command::new(env!("CARGO_BIN_EXE_panic_probe"));
    command.args(args).envs(variables.iter().copied());
    if !variables.iter().any(|(name, _)| *name == "RUST_BACKTRACE") {
        command.env_remove("RUST_BACKTRACE");
    }
    Example::run(&mut command)
}

/// Checks that the program still serves and stops well; returns the rest of its log.
async fn goes_on_and_stops(probe: Example, addr: std::net::SocketAddr) -> Vec<String> {
    Client::connect(addr).await.call("a\n", "a\n").await;
    probe.signal("TERM");
    let (success, log) = probe.wait();
    assert!(success, "{log:?}");
    assert!(log.iter().any(|line| line == "terminated"), "{log:?}");
    assert!(log.iter().any(|line| line.contains("stopped: ")), "{log:?}");
    log
}

#[tokio::test]
async fn the_hook_that_was_there_is_called_for_each_panic() {
    let probe = probe(&["hook"], &[]);
    let addr = probe.addr();
    let mut client = Client::connect(addr).await;
    for (call, panic) in [
        ("thread", "a thread's panic"),
        ("task", "a task's panic"),
        ("caught", "a caught panic"),
    ] {
        client.call(format!("{call}\n"), "true\n").await;
        assert_eq!(probe.line_with("panic"), format!("the program's hook: {panic}"));
    }
    // A panic within a callback is in the log as well.
    probe.line_with("panicked at ");
    client.send("panic\n").await;
    assert_eq!(probe.line_with("panic"), "the program's hook: a call's panic");
    let line = probe.line_with("panicked at ");
    assert!(
        line.contains(" WARN ") && line.contains("a call's panic\\nof two lines"),
        "{line}"
    );
    probe.line_with("handle_call failed: it panicked");
}

/// The filter that logs only the server's address.
const HARDLY: (&str, &str) = ("RUST_LOG", "kai_tcp_server::start=info");

#[tokio::test]
async fn a_panic_is_told_where_nobody_takes_events() {
    let probe = probe(&[], &[HARDLY]);
    let mut client = Client::connect(probe.addr()).await;
    // The standard library's hook prints this: no part of it came from a peer.
    client.call("thread\n", "true\n").await;
    assert!(probe.line_with("thread '").contains("panicked at "));
    assert_eq!(probe.line_with("a thread's"), "a thread's panic");
    for (call, panic) in [
        ("task", "a task's panic\\nof two lines"),
        ("caught", "a caught panic"),
        ("panic", "a call's panic\\nof two lines"),
    ] {
        client.send(format!("{call}\n")).await;
        let line = probe.line_with("panicked at ");
        assert!(line.starts_with("panicked at ") && line.ends_with(panic), "{line}");
    }
}

#[test]
fn a_panic_of_main_is_told_whatever_is_logged() {
    for filter in ["info", "off"] {
        let (success, log) = probe(&["after it"], &[("RUST_LOG", filter)]).wait();
        assert!(!success);
        let told = log.iter().filter(|line| line.starts_with("main's panic: "));
        assert_eq!(told.count(), 1, "{log:?}");
    }
}

#[tokio::test]
async fn a_second_run_tells_each_panic_once() {
    let probe = probe(&["twice"], &[]);
    let addr = probe.addr();
    Client::connect(addr).await.call("caught\n", "true\n").await;
    probe.line_with("a caught panic");
    let log = goes_on_and_stops(probe, addr).await;
    assert!(!log.iter().any(|line| line.contains("a caught panic")), "{log:?}");
}

#[tokio::test]
async fn rust_backtrace_gives_the_way_to_each_panic() {
    let asked = [("RUST_BACKTRACE", "1"), ("RUST_LIB_BACKTRACE", "0")];
    for variables in [&asked[..], &[asked[0], HARDLY]] {
        let probe = probe(&[], variables);
        let mut client = Client::connect(probe.addr()).await;
        for call in ["thread", "task", "panic"] {
            client.send(format!("{call}\n")).await;
            probe.line_with("panicked at ");
            probe.line_with("stack backtrace:");
            probe.line_with("panic_probe::");
        }
    }
    let probe = probe(&[], &[]);
    let addr = probe.addr();
    Client::connect(addr).await.send("panic\n").await;
    probe.line_with("panicked at ");
    let log = goes_on_and_stops(probe, addr).await;
    assert!(!log.iter().any(|line| line.contains("backtrace")), "{log:?}");
}

#[tokio::test]
async fn what_a_panic_is_raised_with_may_panic_as_well() {
    let probe = probe(&[], &[]);
    let addr = probe.addr();
    let mut client = Client::connect(addr).await;
    client.send("payload\n").await;
    client.expect_eof().await;
    goes_on_and_stops(probe, addr).await;
}

/// Errors whose `Display`, `source` or `Drop` panics or fails, and the log of each.
const HOSTILE: [(&str, &str); 5] = [
    ("display", "(its Display panicked)"),
    ("failing display", "(its Display failed)"),
    ("source", "hostile"),
    ("endless source", "hostile: hostile: "),
    ("drop", "hostile"),
];

#[tokio::test]
async fn an_error_that_cannot_be_looked_at_ends_its_connection_and_no_more() {
    let probe = probe(&[], &[]);
    let addr = probe.addr();
    for (hostile, said) in HOSTILE {
        let mut client = Client::connect(addr).await;
        client.send(format!("{hostile}\n")).await;
        let line = probe.line_with("handle_call failed: ");
        assert!(line.contains(said), "{hostile}: {line}");
        client.expect_eof().await;
    }
    goes_on_and_stops(probe, addr).await;
}

#[tokio::test]
async fn an_error_of_reload_or_terminate_that_cannot_be_looked_at_is_told_and_nothing_ends() {
    for (hostile, said) in HOSTILE {
        let probe = probe(&[hostile], &[]);
        let addr = probe.addr();
        for _ in 0..2 {
            probe.signal("HUP");
            let line = probe.line_with("its reload failed: ");
            assert!(line.contains(said), "{hostile}: {line}");
        }
        let log = goes_on_and_stops(probe, addr).await;
        let told = log.iter().find(|line| line.contains("terminate failed: "));
        assert!(told.is_some_and(|line| line.contains(said)), "{hostile}: {log:?}");
    }
}

#[tokio::test]
async fn a_reload_that_waits_and_cannot_be_dropped_does_not_hinder_a_stop() {
    let probe = probe(&["reload waits"], &[]);
    let addr = probe.addr();
    probe.signal("HUP");
    probe.line_with("it waits");
    goes_on_and_stops(probe, addr).await;
}

#[test]
fn a_server_that_panics_as_it_starts_is_a_failure_that_is_told_and_stops_the_others_in_good_order() {
    for (how, said) in [
        ("panic", "init of Starting failed"),
        ("display", "(its Display panicked)"),
    ] {
        let (success, log) = probe(&["starting", how], &[]).wait();
        assert!(!success);
        assert!(log.iter().any(|line| line == "terminated"), "{how}: {log:?}");
        // The last line is the error that main returns: that of `init`, or of a server that can't
        // be dropped.
        let error = log.last().unwrap();
        assert!(
            error.contains(said) || error.contains("a server panicked before it listened"),
            "{how}: {log:?}"
        );
    }
    let waiting = probe(&["starting", "wait"], &[]);
    waiting.line_with("it waits");
    waiting.signal("TERM");
    let (success, log) = waiting.wait();
    assert!(success, "{log:?}");
    assert!(log.iter().any(|line| line == "terminated"), "{log:?}");
}

#[test]
fn a_child_whose_error_cannot_be_displayed_is_restarted_as_often_as_it_may_be() {
    let (success, log) = probe(&["parent"], &[]).wait();
    assert!(!success);
    let told = log.iter().filter(|line| line.contains("(its Display panicked)"));
    assert!(told.count() >= 2, "{log:?}");
    assert!(log.last().unwrap().contains("restart intensity"), "{log:?}");
}

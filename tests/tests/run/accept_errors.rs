//! Errors of accept(2), injected by strace. The server waits after an unknown error, and logs it.

#![cfg(target_os = "linux")]

use std::process::Command;

use kai_tcp_server_tests::{Client, Example, available};

/// Starts a server, each of whose threads gets this error this many times from accept(2), when a
/// connection comes.
fn probe(error: &str, times: &str) -> Option<Example> {
    if !available("strace", &["--version"], "apt install strace") {
        return None;
    }
    let mut command = Command::new("strace");
    // As a grandchild, so that the server is the child that ends with the test.
    command.args([
        "--daemonize",
        "--follow-forks",
        "--quiet=all",
        "--trace=accept4",
        "--output=/dev/null",
    ]);
    command.arg(format!("--inject=accept4:error={error}:when={times}"));
    command.args(["--", env!("CARGO_BIN_EXE_env_probe")]);
    command.env("PROBE_ACCEPT_ERROR_SLEEP_TIME", "10ms");
    Some(Example::run(&mut command))
}

#[tokio::test]
async fn an_error_that_nothing_is_known_of_pauses_accepting_and_is_told() {
    for (error, said) in [
        // A security module forbids it: the connection stays in the backlog.
        ("EPERM", "Operation not permitted"),
        ("EACCES", "Permission denied"),
        // The user's number of descriptors in epoll is at its maximum.
        ("ENOSPC", "No space left on device"),
        ("ENFILE", "Too many open files in system"),
        ("ENOSYS", "Function not implemented"),
    ] {
        let Some(probe) = probe(error, "1..2") else { return };
        let addr = probe.addr();
        let mut client = Client::connect(addr).await;
        client.send("a\n").await;
        let line = probe.line_with("accepting pauses");
        assert!(line.contains("10ms") && line.contains(said), "{error}: {line}");
        client.expect("a\n").await;
    }
}

#[tokio::test]
async fn an_error_that_is_about_one_connection_is_passed_over() {
    for error in ["ECONNABORTED", "EPROTO", "ETIMEDOUT", "EINTR"] {
        let Some(probe) = probe(error, "1..3") else { return };
        let addr = probe.addr();
        Client::connect(addr).await.call("a\n", "a\n").await;
        // Here the connection stays in the backlog, so it is accepted later.
    }
}

#[tokio::test]
async fn a_listener_that_is_gone_is_the_end_that_is_told() {
    for error in ["EBADF", "EINVAL", "ENOTSOCK"] {
        let Some(probe) = probe(error, "1+") else { return };
        let addr = probe.addr();
        let _client = Client::connect(addr).await;
        let (success, log) = probe.wait();
        assert!(!success, "{error}: {log:?}");
        assert!(log.last().unwrap().contains("restart intensity"), "{error}: {log:?}");
    }
}

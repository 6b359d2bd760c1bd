//! `RUST_LOG` under `run`: levels, targets, and the message for a filter that isn't understood.

use std::ffi::OsStr;
use std::process::Command;

use kai_tcp_server_tests::{Client, Example};

fn probe(filter: impl AsRef<OsStr>) -> Example {
    let mut command = Command::new(env!("CARGO_BIN_EXE_run_probe"));
    Example::run(command.arg("echo").env("RUST_LOG", filter))
}

/// Returns the whole log of a program that serves one connection.
async fn said(filter: &str) -> Vec<String> {
    // The filter may hide the server's address, so the test chooses the port.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = free.local_addr().unwrap();
    drop(free);
    let mut command = Command::new(env!("CARGO_BIN_EXE_run_probe"));
    let probe = Example::run(command.args(["echo", &addr.port().to_string()]).env("RUST_LOG", filter));
    let stream = loop {
        match tokio::net::TcpStream::connect(addr).await {
            Ok(stream) => break stream,
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(5)).await,
        }
    };
    let mut client = Client::over(stream);
    client.call("a\n", "a\n").await;
    client.send("fail\n").await;
    client.expect("failed\n").await;
    probe.signal("TERM");
    client.expect_eof().await;
    drop(client);
    let (success, log) = probe.wait();
    assert!(success, "{log:?}");
    log.into_iter()
        .filter(|line| line.contains("RUST_LOG") || line.contains(" server="))
        .collect()
}

fn has(log: &[String], level: &str) -> bool {
    log.iter().any(|line| line.contains(&format!(" {level} ")))
}

#[tokio::test]
async fn a_target_has_its_own_level_and_the_others_the_level_for_all() {
    for (filter, debug, info, warn) in [
        ("", false, true, true),
        ("debug", true, true, true),
        ("warn", false, false, true),
        ("off", false, false, false),
        ("kai_tcp_server=debug", true, true, true),
        ("kai_tcp_server", true, true, true),
        ("error,my_app=debug", false, false, false),
        ("error,kai_tcp_server=warn", false, false, true),
        ("my_app=debug", false, false, false),
        ("debug,kai_tcp_server::connection::close=off", true, true, true),
    ] {
        let log = said(filter).await;
        assert!(!log.iter().any(|line| line.contains("RUST_LOG")), "{filter}: {log:?}");
        let written = (has(&log, "DEBUG"), has(&log, "INFO"), has(&log, "WARN"));
        assert_eq!(written, (debug, info, warn), "{filter}: {log:?}");
    }
}

#[tokio::test]
async fn what_is_not_understood_is_told_once_and_passed_over() {
    for (filter, told, info) in [
        ("wran", "RUST_LOG: `wran` is not a level: did you mean warn?", true),
        (
            "off,my_app=debgu",
            "RUST_LOG: `my_app=debgu` names no level: did you mean debug?",
            false,
        ),
        (
            "error,[span]=info",
            "RUST_LOG: `[span]=info` is not of the form target=level",
            false,
        ),
    ] {
        let log = said(filter).await;
        let lines: Vec<_> = log.iter().filter(|line| line.contains("RUST_LOG")).collect();
        assert!(lines.len() == 1 && lines[0].contains(told), "{filter}: {log:?}");
        assert_eq!(has(&log, "INFO"), info, "{filter}: {log:?}");
    }
}

#[cfg(unix)]
#[test]
fn what_is_no_text_is_told() {
    use std::os::unix::ffi::OsStrExt as _;
    probe(OsStr::from_bytes(b"debug\xff")).line_with("RUST_LOG: it is not UTF-8");
}

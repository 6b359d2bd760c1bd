//! The `configured` example: options from a file and from the environment.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use kai_tcp_server_tests::{Client, Example, available};

/// A file that is deleted after the test.
struct File(PathBuf);

impl File {
    fn new(name: &str, content: &str) -> Self {
        let path = std::env::temp_dir().join(format!("kai-configured-{}-{name}.toml", std::process::id()));
        fs::write(&path, content).unwrap();
        File(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn configured(variables: &[(&str, &str)]) -> Command {
    let mut command = Example::with_its_feature("configured");
    command.envs(variables.iter().copied());
    command
}

/// Returns the error of a program that doesn't start.
fn mistake(command: &mut Command) -> String {
    let (success, log) = Example::run(command).wait();
    assert!(!success, "it started: {log:?}");
    log.last().cloned().unwrap_or_default()
}

#[tokio::test]
async fn the_file_that_comes_with_it_prevails_over_the_attribute_and_the_environment_over_the_file() {
    let example = Example::run(&mut configured(&[("CONFIGURED_PORT", "0")]));
    let line = example.line_with(" listens on 127.0.0.1:");
    assert!(line.contains("100 connections at a time"), "{line}");

    let example = Example::run(&mut configured(&[
        ("CONFIGURED_PORT", "0"),
        ("CONFIGURED_MAX_PROCESSES", "5"),
    ]));
    let line = example.line_with(" listens on 127.0.0.1:");
    assert!(line.contains("5 connections at a time"), "{line}");
}

#[test]
fn what_the_log_says_of_how_to_reach_it_works() {
    if !available("nc", &["-h"], "Debian's netcat-openbsd") {
        return;
    }
    let example = Example::run(&mut configured(&[("CONFIGURED_PORT", "0")]));
    let line = example.line_with(" reach Configured by ");
    let command = line.split('`').nth(1).expect("a command stands between backticks");
    // Without CR LF the server would echo, and netcat wait for more.
    let typed = format!("echo bye | timeout 20 {command}");
    let output = Command::new("sh").args(["-c", &typed]).output().expect("sh runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "cya\r\n", "{line}");
}

#[tokio::test]
async fn what_the_file_says_acts() {
    let file = File::new(
        "acts",
        "port = 0\nip = \"127.0.0.2\"\nrecv_timeout = \"50ms\"\nname = \"renamed\"\n",
    );
    let example = Example::run(configured(&[]).arg(&file.0));
    let addr = example.addr();
    assert_eq!(addr.ip().to_string(), "127.0.0.2");
    let mut client = Client::connect(addr).await;
    client.send("half a line").await;
    client.expect_eof().await;
}

#[tokio::test]
async fn a_hup_reads_the_file_anew_and_says_what_changed_and_what_needs_a_restart() {
    let file = File::new("hup", "port = 0\nrecv_timeout = \"5m\"\n");
    let example = Example::run(configured(&[]).arg(&file.0));
    let addr = example.addr();
    let mut before = Client::connect(addr).await;
    before.call("a\n", "a\n").await;

    fs::write(&file.0, "port = 1\nrecv_timeout = \"50ms\"\nmax_processes = 3\n").unwrap();
    example.signal("HUP");
    let line = example.line_with("needs a restart");
    assert!(
        line.contains("WARN") && line.contains("port stays 0: 1 needs a restart"),
        "{line}"
    );
    example.line_with("max_processes = 3 (was 2)");
    example.line_with("recv_timeout = 50ms (was 5m)");
    let mut after = Client::connect(addr).await;
    after.send("half a line").await;
    after.expect_eof().await;
    before.call("b\n", "b\n").await;

    fs::write(&file.0, "max_processes = 0\n").unwrap();
    example.signal("HUP");
    let line = example.line_with("goes on as it is");
    assert!(line.contains("max_processes must be at least 1"), "{line}");
    before.call("c\n", "c\n").await;

    fs::write(&file.0, "port = 0\nrecv_timeout = \"50ms\"\nmax_processes = 3\n").unwrap();
    example.signal("HUP");
    example.line_with("nothing has changed");
    example.signal("TERM");
    drop(before);
    let (success, _) = example.wait();
    assert!(success);
}

#[test]
fn a_mistake_is_an_error_that_names_its_source() {
    for (content, problem) in [
        (
            "max_processes = 0",
            "max_processes must be at least 1: with 0 nobody would be served",
        ),
        (
            "max_procesess = 1",
            "there is no option max_procesess: did you mean max_processes?",
        ),
        (
            "recv_timeout = 30",
            "recv_timeout takes a number with its unit, not \"30\": 30s is seconds",
        ),
        (
            "packet = 4",
            "packet belongs to the protocol: the attribute alone sets it",
        ),
    ] {
        let file = File::new("mistake", content);
        let error = mistake(configured(&[]).arg(&file.0));
        assert!(error.contains(problem), "{error}");
        assert!(error.contains("-mistake.toml"), "{error}");
    }
    let error = mistake(&mut configured(&[("CONFIGURED_MAX_PROCESSES", "0")]));
    assert!(
        error.contains("max_processes must be at least 1") && error.contains("environment variable"),
        "{error}"
    );
    let error = mistake(configured(&[]).arg("not there.toml"));
    assert!(error.contains("not there.toml"), "{error}");
}

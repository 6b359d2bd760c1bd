//! The environment as a layer over a server's options: the effect of each variable, their
//! precedence, and error messages.
//!
//! Longer than other files, as it has a case for each option and each mistake.

#![cfg(target_os = "linux")]

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::os::unix::ffi::OsStrExt as _;
use std::process::Command;
use std::time::{Duration, Instant};

use kai_tcp_server_tests::{Client, Example, available, eventually};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

fn command(variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_env_probe"));
    command.envs(variables.iter().copied());
    command
}

fn probe(variables: &[(&str, &str)]) -> Example {
    Example::run(&mut command(variables))
}

/// Returns the errors of a server that doesn't start.
fn mistakes(variables: &[(&str, &str)]) -> String {
    refused(&mut command(variables))
}

fn refused(command: &mut Command) -> String {
    let (success, log) = Example::run(command).wait();
    assert!(!success, "it started: {log:?}");
    assert_eq!(log.len(), 1, "nothing but the error: {log:?}");
    log.into_iter().next().unwrap_or_default()
}

/// Returns the lines of a server's list of options.
async fn options(probe: &Example) -> Vec<String> {
    let mut client = Client::connect(probe.addr()).await;
    client.send("options\n").await;
    let listed = String::from_utf8(client.rest().await).unwrap();
    listed.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn port_and_ip_are_where_it_listens() {
    let free = std::net::TcpListener::bind("127.0.0.2:0").unwrap();
    let addr = free.local_addr().unwrap();
    drop(free);
    let probe = probe(&[("PROBE_PORT", &addr.port().to_string()), ("PROBE_IP", "127.0.0.2")]);
    assert_eq!(probe.addr(), addr);
    Client::connect(addr).await.call("a\n", "a\n").await;
}

#[tokio::test]
async fn none_takes_away_what_the_attribute_has_set() {
    let probe = probe(&[
        ("PROBE_PORT", "none"),
        ("PROBE_LISTEN", "127.0.0.1:0"),
        ("PROBE_HEALTH", "none"),
        ("PROBE_NAME", "none"),
    ]);
    let listening = probe.line_with(" listens on ");
    assert!(!listening.contains(" and "), "{listening}");
    let addr = listening
        .split(" listens on ")
        .nth(1)
        .unwrap()
        .split(',')
        .next()
        .unwrap();
    let mut client = Client::connect(addr.parse::<SocketAddr>().unwrap()).await;
    client.send("options\n").await;
    let listed = String::from_utf8(client.rest().await).unwrap();
    for option in [
        "port = none (environment PROBE_PORT)",
        "health = none (environment PROBE_HEALTH)",
        "name = none (environment PROBE_NAME)",
    ] {
        assert!(listed.lines().any(|line| line == option), "{option}: {listed}");
    }
    assert!(listening.contains(" Probe listens on "), "{listening}");
}

#[tokio::test]
async fn max_processes_is_how_many_are_served() {
    let probe = probe(&[("PROBE_MAX_PROCESSES", "1")]);
    let line = probe.line_with(" listens on ");
    assert!(line.contains("1 connections at a time"), "{line}");
    let addr: SocketAddr = line
        .split_once(" listens on ")
        .unwrap()
        .1
        .split(',')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let mut first = Client::connect(addr).await;
    first.call("a\n", "a\n").await;
    let mut second = Client::connect(addr).await;
    second.send("b\n").await;
    probe.line_with("busy");
    drop(first);
    second.expect("b\n").await;
}

#[tokio::test]
async fn overload_is_what_becomes_of_the_next() {
    let probe = probe(&[
        ("PROBE_MAX_PROCESSES", "1"),
        ("PROBE_OVERLOAD", r#"refuse(b"\x62usy\r\n")"#),
    ]);
    let addr = probe.addr();
    let mut first = Client::connect(addr).await;
    first.call("a\n", "a\n").await;
    for _ in 0..10 {
        let mut second = Client::connect(addr).await;
        second.send("b\n").await;
        assert_eq!(second.rest().await, b"busy\r\n");
    }
    let line = probe.line_with("all 1 processes are busy");
    assert!(line.contains("further connections are refused"), "{line}");
    let line = probe.line_with("refused 127.0.0.1:");
    assert!(line.contains("all processes are busy"), "{line}");
    // Its slot is free, at the latest, when it has seen the end.
    first.call("bye\n", "cya\n").await;
    first.expect_eof().await;
    drop(first);
    loop {
        let mut third = Client::connect(addr).await;
        third.send("bye\n").await;
        if third.rest().await == b"cya\n" {
            break;
        }
    }
    probe.signal("TERM");
    assert!(probe.wait().0);
}

#[tokio::test]
async fn allow_deny_and_max_per_ip_are_who_is_let_in() {
    let probe = probe(&[
        ("PROBE_ALLOW", "127.0.0.0/30, ::1"),
        ("PROBE_DENY", "127.0.0.2"),
        ("PROBE_MAX_PER_IP", "1"),
    ]);
    let addr = probe.addr();
    let mut first = Client::connect(addr).await;
    first.call("a\n", "a\n").await;
    for (from, line) in [(1, "max_per_ip"), (2, "allow and deny"), (4, "")] {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, from], 0).into()).unwrap();
        Client::over(socket.connect(addr).await.unwrap()).expect_gone().await;
        if !line.is_empty() {
            probe.line_with(line);
        }
    }
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 3], 0).into()).unwrap();
    Client::over(socket.connect(addr).await.unwrap())
        .call("a\n", "a\n")
        .await;
}

#[tokio::test]
async fn accept_rate_is_how_many_are_let_in_a_second() {
    let probe = probe(&[("PROBE_ACCEPT_RATE", "1")]);
    let addr = probe.addr();
    let begin = Instant::now();
    for _ in 0..2 {
        let mut client = Client::connect(addr).await;
        client.call("bye\n", "cya\n").await;
    }
    assert!(begin.elapsed() >= Duration::from_millis(900), "{:?}", begin.elapsed());
}

#[test]
fn max_restarts_and_restart_period_are_the_intensity() {
    let mut command = command(&[("PROBE_MAX_RESTARTS", "0"), ("PROBE_RESTART_PERIOD", "7s")]);
    let (success, log) = Example::run(command.arg("dying")).wait();
    assert!(!success);
    let error = log.last().unwrap();
    assert!(error.contains("more than 0 restarts within 7s"), "{error}");
}

#[tokio::test]
async fn shutdown_is_how_long_a_stop_waits() {
    let probe = probe(&[("PROBE_SHUTDOWN", "brutal_kill")]);
    let mut client = Client::connect(probe.addr()).await;
    client.send("wait\n").await;
    probe.line_with("a call waits");
    let begin = Instant::now();
    probe.signal("TERM");
    let (success, log) = probe.wait();
    assert!(success);
    assert!(log.iter().any(|line| line.contains("1 were cut")), "{log:?}");
    assert!(
        begin.elapsed() < Duration::from_secs(10),
        "by default it waits for 15 s"
    );
}

#[tokio::test]
async fn accept_error_sleep_time_is_the_pause() {
    if !available("prlimit", &["--version"], "apt install util-linux") {
        return;
    }
    let mut command = Command::new("prlimit");
    command.args(["--nofile=24", "--", env!("CARGO_BIN_EXE_env_probe")]);
    command.envs([
        ("PROBE_ACCEPT_ERROR_SLEEP_TIME", "123ms"),
        ("PROBE_MAX_PROCESSES", "200"),
    ]);
    let probe = Example::run(&mut command);
    let addr = probe.addr();
    let mut clients = Vec::new();
    for _ in 0..30 {
        clients.push(Client::connect(addr).await);
    }
    let line = probe.line_with("accepting pauses");
    assert!(line.contains("123ms"), "{line}");
}

#[tokio::test]
async fn recv_timeout_is_how_long_a_frame_may_take() {
    let probe = probe(&[("PROBE_RECV_TIMEOUT", "50ms")]);
    let mut client = Client::connect(probe.addr()).await;
    client.send("half a line").await;
    client.expect_eof().await;
}

#[tokio::test]
async fn recv_limit_is_what_recv_exact_may_ask_for() {
    let probe = probe(&[("PROBE_RECV_LIMIT", "3")]);
    let mut client = Client::connect(probe.addr()).await;
    client.call("recv 3\nabc", "abc\n").await;
    client.send("recv 4\n").await;
    assert!(client.line().await.contains("recv_limit"));
}

#[tokio::test]
async fn send_timeout_and_packet_size_are_what_a_peer_that_reads_nothing_meets() {
    let probe = probe(&[("PROBE_SEND_TIMEOUT", "200ms"), ("PROBE_PACKET_SIZE", "33554432")]);
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut client = Client::over(socket.connect(probe.addr()).await.unwrap());
    let mut line = vec![b'x'; 16 * 1024 * 1024];
    *line.last_mut().unwrap() = b'\n';
    client.send(line).await;
    let line = probe.line_with("peer");
    assert!(line.contains("WARN"), "{line}");
    client.expect_gone().await;
}

#[tokio::test]
async fn packet_size_is_the_longest_line() {
    let probe = probe(&[("PROBE_PACKET_SIZE", "8")]);
    let mut client = Client::connect(probe.addr()).await;
    client.call("1234567\n", "1234567\n").await;
    client.send("123456789\n").await;
    client.expect_eof().await;
}

#[tokio::test]
async fn mailbox_is_how_many_messages_wait() {
    let probe = probe(&[("PROBE_MAILBOX", "7")]);
    Client::connect(probe.addr()).await.call("mailbox\n", "7\n").await;
}

#[tokio::test]
async fn backlog_is_how_many_wait() {
    let probe = probe(&[("PROBE_BACKLOG", "1"), ("PROBE_MAX_PROCESSES", "1")]);
    let addr = probe.addr();
    let mut served = Client::connect(addr).await;
    served.call("a\n", "a\n").await;
    let mut waiting = Vec::new();
    while let Ok(stream) = timeout(Duration::from_millis(300), TcpStream::connect(addr)).await {
        waiting.push(stream.unwrap());
        assert!(waiting.len() < 100, "nobody has to wait outside");
    }
}

#[tokio::test]
async fn reuseaddr_is_whether_a_port_is_taken_that_was_served_a_moment_ago() {
    let first = probe(&[]);
    let addr = first.addr();
    let mut client = Client::connect(addr).await;
    client.call("bye\n", "cya\n").await;
    client.expect_eof().await;
    drop(client);
    first.signal("TERM");
    assert!(first.wait().0);
    let port = addr.port().to_string();
    let error = mistakes(&[("PROBE_PORT", &port), ("PROBE_REUSEADDR", "false")]);
    assert!(error.contains(&format!("port {port} of 127.0.0.1 is taken")), "{error}");
    assert_eq!(probe(&[("PROBE_PORT", &port)]).addr(), addr);
}

#[tokio::test]
async fn nodelay_is_whether_a_small_write_goes_out_behind_another() {
    let probe = probe(&[("PROBE_NODELAY", "false")]);
    let addr = probe.addr();
    let mut shortest = Duration::MAX;
    for _ in 0..5 {
        let mut client = Client::connect(addr).await;
        for _ in 0..20 {
            client.call("a\n", "a\n").await;
        }
        client.call("two\n", "one\n").await;
        let one = Instant::now();
        client.expect("two\n").await;
        shortest = shortest.min(one.elapsed());
    }
    // A delayed acknowledgement takes 40 ms.
    assert!(shortest > Duration::from_millis(30), "{shortest:?}");
}

#[tokio::test]
async fn keepalive_is_whether_the_system_looks_after_silent_peers() {
    let probe = probe(&[("PROBE_KEEPALIVE", "false")]);
    let addr = probe.addr();
    let mut client = Client::connect(addr).await;
    client.call("a\n", "a\n").await;
    let (local, remote) = (
        format!(":{:04X}", addr.port()),
        format!(":{:04X}", client.local_addr().port()),
    );
    eventually("no timer runs", || {
        let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
        let mut lines = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let line = lines.find(|columns| columns[1].ends_with(&local) && columns[2].ends_with(&remote));
        line.is_some_and(|columns| columns[5].starts_with("00:"))
    })
    .await;
}

#[tokio::test]
async fn name_is_what_log_lines_say() {
    let probe = probe(&[("PROBE_NAME", "a name")]);
    let line = probe.line_with(" listens on ");
    assert!(line.contains("INFO a name listens on"), "{line}");
}

#[tokio::test]
async fn a_server_lists_its_options_and_where_each_came_from() {
    let probe = probe(&[
        ("PROBE_MAX_PROCESSES", "4"),
        ("PROBE_SHUTDOWN", "infinity"),
        ("PROBE_IP", "127.0.0.1"),
    ]);
    let expected = [
        "port = 0 (attribute)",
        "ip = 127.0.0.1 (environment PROBE_IP)",
        "listen = none (default)",
        "max_processes = 4 (environment PROBE_MAX_PROCESSES)",
        "overload = backlog (default)",
        "max_per_ip = none (default)",
        "allow = none (default)",
        "deny = none (default)",
        "accept_rate = none (default)",
        "max_restarts = 3 (default)",
        "restart_period = 1m (default)",
        "shutdown = infinity (environment PROBE_SHUTDOWN)",
        "stop_delay = 0s (default)",
        "upgrade = false (default)",
        "upgrade_timeout = 2s (default)",
        "accept_error_sleep_time = 100ms (default)",
        "recv_timeout = 90s (attribute)",
        "recv_limit = 1048576 (default)",
        "send_timeout = 30s (default)",
        "frame_timeout = infinity (default)",
        "call_timeout = infinity (default)",
        "max_age = infinity (default)",
        "close_timeout = 30s (default)",
        "half_close = true (default)",
        "packet = line(lf) (attribute)",
        "delimiter = none (default)",
        "packet_size = 65536 (default)",
        "active = true (default)",
        "mailbox = 64 (default)",
        "backlog = 1024 (default)",
        "reuseaddr = true (default)",
        "nodelay = true (default)",
        "keepalive = true (default)",
        "tls_cert = none (default)",
        "tls_key = none (default)",
        "tls_client_ca = none (default)",
        "tls_client_optional = false (default)",
        "tls_alpn = none (default)",
        "tls_starttls = false (default)",
        "tls_watch = infinity (default)",
        "handshake_timeout = 10s (default)",
        "proxy_protocol = off (default)",
        "trusted_proxies = none (default)",
        "proxy_timeout = 5s (default)",
        "name = none (default)",
        "health = none (default)",
        "agent_check = none (default)",
        "latency = false (default)",
        "record_dir = none (default)",
        "record_file_size = 67108864 (default)",
        "record_files = 8 (default)",
        "record_frame_size = 1048576 (default)",
    ];
    assert_eq!(options(&probe).await, expected);
}

#[tokio::test]
async fn log_config_lists_them_in_the_log_when_the_server_starts() {
    let probe = probe(&[
        ("PROBE_LOG_CONFIG", "1"),
        ("PROBE_NAME", "naïve"),
        ("PROBE_MAX_PROCESSES", "4"),
    ]);
    let first = probe.line_with("port = 0 (attribute)");
    assert!(first.contains("INFO"), "{first}");
    let line = probe.line_with("max_processes = ");
    assert!(
        line.contains("max_processes = 4 (environment PROBE_MAX_PROCESSES)"),
        "{line}"
    );
    let line = probe.line_with("name = ");
    assert!(line.contains("naïve: name = naïve (environment PROBE_NAME)"), "{line}");
    probe.line_with(" listens on ");
}

#[test]
fn without_log_config_nothing_is_listed() {
    for variables in [&[][..], &[("PROBE_LOG_CONFIG", "0")]] {
        let probe = probe(variables);
        probe.line_with("reach Probe");
        probe.signal("TERM");
        let (_, log) = probe.wait();
        assert!(!log.iter().any(|line| line.contains("max_processes = ")), "{log:?}");
    }
}

#[tokio::test]
async fn what_the_program_sets_prevails_and_a_warning_says_so() {
    let mut command = command(&[
        ("PROBE_PORT", "not even a port"),
        ("PROBE_MAX_PROCESSES", "5"),
        ("PROBE_MAILBOX", "6"),
    ]);
    let probe = Example::run(command.arg("with"));
    for variable in ["PROBE_MAX_PROCESSES", "PROBE_PORT"] {
        let line = probe.line_with("is ignored");
        assert!(line.contains("WARN") && line.contains(variable), "{line}");
    }
    let listed = options(&probe).await;
    for line in [
        "port = 0 (program)",
        "max_processes = 2 (program)",
        "recv_timeout = 90s (attribute)",
        "mailbox = 6 (environment PROBE_MAILBOX)",
    ] {
        assert!(listed.iter().any(|listed| listed == line), "{line}: {listed:?}");
    }
}

#[tokio::test]
async fn options_that_are_made_anew_have_no_environment() {
    let mut command = command(&[
        ("PROBE_MAX_PROCESSES", "0"),
        ("PROBE_PROT", "1"),
        ("PROBE_LOG_CONFIG", "1"),
    ]);
    let probe = Example::run(command.arg("anew"));
    let listed = options(&probe).await;
    for line in [
        "max_processes = 8 (default)",
        "port = 0 (program)",
        "packet = line(lf) (attribute)",
    ] {
        assert!(listed.iter().any(|listed| listed == line), "{line}: {listed:?}");
    }
}

#[tokio::test]
async fn by_hand_the_environment_lies_over_what_stands_before_it() {
    let variables = [("PROBE_MAX_PROCESSES", "4"), ("PROBE_MAILBOX", "6")];
    let probe = Example::run(command(&variables).arg("by hand"));
    let mut client = Client::connect(probe.addr()).await;
    let mut listed = Vec::new();
    while listed.last().is_none_or(|line: &String| !line.starts_with("name")) {
        listed.push(client.line().await);
    }
    for line in [
        "port = 0 (program)\n",
        "max_processes = 4 (environment PROBE_MAX_PROCESSES)\n",
        "mailbox = 5 (program)\n",
    ] {
        assert!(listed.iter().any(|listed| listed == line), "{line}: {listed:?}");
    }
}

#[test]
fn a_value_that_cannot_be_used_is_an_error_that_names_its_variable_and_the_way_out() {
    for (option, value, problem) in [
        ("PORT", "65536", "port must not exceed 65535"),
        ("PORT", "http", "port takes a whole number, not \"http\""),
        ("PORT", "-1", "port takes a whole number, not \"-1\""),
        ("PORT", "", "port takes a whole number, not \"\""),
        (
            "IP",
            "localhost",
            "ip takes an IP address, like 127.0.0.1, 0.0.0.0 or ::, not \"localhost\"",
        ),
        (
            "IP",
            "0.0.0.0:80",
            "ip takes an address alone, 0.0.0.0: the port is an option of its own",
        ),
        (
            "MAX_PROCESSES",
            "0",
            "max_processes must be at least 1: with 0 nobody would be served",
        ),
        ("MAX_RESTARTS", "4294967296", "max_restarts must not exceed 4294967295"),
        (
            "RESTART_PERIOD",
            "0s",
            "restart_period must be longer than 0: no restart would ever count",
        ),
        (
            "SHUTDOWN",
            "15",
            "shutdown takes a number with its unit, not \"15\": 15s is seconds, 15ms milliseconds",
        ),
        (
            "ACCEPT_ERROR_SLEEP_TIME",
            "0ms",
            "accept_error_sleep_time must be longer than 0: accepting again at once would fail again",
        ),
        (
            "RECV_TIMEOUT",
            "soon",
            "recv_timeout takes a number with its unit, not \"soon\": 250ms, 30s, 5m, 1h or infinity",
        ),
        (
            "RECV_TIMEOUT",
            "brutal_kill",
            "recv_timeout takes a duration or infinity; brutal_kill is a shutdown",
        ),
        (
            "RECV_TIMEOUT",
            "0s",
            "recv_timeout must be longer than 0: no frame comes in no time; `infinity` waits for ever",
        ),
        (
            "SEND_TIMEOUT",
            "99999999999999999999h",
            "send_timeout can't be so long; infinity is without a limit",
        ),
        (
            "RECV_LIMIT",
            "0",
            "recv_limit must be at least 1: with 0 nothing could be read",
        ),
        (
            "PACKET_SIZE",
            "64 * 1024",
            "packet_size takes a whole number, not \"64 * 1024\"",
        ),
        (
            "PACKET_SIZE",
            "0",
            "packet_size must be at least 1: no frame is shorter",
        ),
        (
            "MAILBOX",
            "0",
            "mailbox must be at least 1: with 0 no message could wait",
        ),
        ("BACKLOG", "2147483648", "backlog must be from 1 to 2147483647"),
        ("REUSEADDR", "1", "reuseaddr takes true or false, not \"1\""),
        ("NODELAY", "yes", "nodelay takes true or false, not \"yes\""),
        ("KEEPALIVE", "", "keepalive takes true or false, not \"\""),
        ("NAME", "", "name must not be empty"),
        (
            "LOG_CONFIG",
            "yes",
            "1 lists the options when the server starts, 0 doesn't",
        ),
    ] {
        let error = mistakes(&[(&format!("PROBE_{option}"), value)]);
        let value = value.replace('\u{1b}', "\\u{1b}");
        assert_eq!(error, format!("Error: PROBE_{option}={value} (environment): {problem}"));
    }
}

#[test]
fn a_value_that_is_long_or_no_text_is_cut_and_escaped() {
    let error = mistakes(&[("PROBE_PORT", &format!("\u{1b}\n{}", "x".repeat(10_000)))]);
    assert!(error.starts_with("Error: PROBE_PORT=\\u{1b}\\nxxx"), "{error}");
    assert!(error.len() < 1000, "{error}");
    let mut command = command(&[]);
    command.env("PROBE_NAME", OsStr::from_bytes(b"a\xff"));
    assert_eq!(
        refused(&mut command),
        "Error: PROBE_NAME=a\u{fffd} (environment): this is no UTF-8"
    );
}

#[test]
fn a_variable_that_no_option_has_is_an_error_that_gives_the_nearest_and_tells_no_secret() {
    for (variable, problem) in [
        ("PROBE_PROT", "there is no option prot: did you mean PROBE_PORT?"),
        (
            "PROBE_MAX_PROCESS",
            "there is no option max_process: did you mean PROBE_MAX_PROCESSES?",
        ),
        (
            "PROBE_LOG_CONFG",
            "there is no option log_confg: did you mean PROBE_LOG_CONFIG?",
        ),
        ("PROBE_port", "it is written in upper case: PROBE_PORT"),
        (
            "PROBE_PACKET",
            "packet belongs to the protocol: the attribute alone sets it",
        ),
        (
            "PROBE_DELIMITER",
            "delimiter belongs to the protocol: the attribute alone sets it",
        ),
        (
            "PROBE_ACTIVE",
            "active belongs to the protocol: the attribute alone sets it",
        ),
        (
            "PROBE_IGNORE_CASE",
            "ignore_case is known to the attribute alone: set it there",
        ),
        ("PROBE_CRATE", "crate is known to the attribute alone: set it there"),
        ("PROBE_ENV", "env is known to the attribute alone: set it there"),
    ] {
        let error = mistakes(&[(variable, "secret")]);
        assert_eq!(error, format!("Error: {variable} (environment): {problem}"));
    }
    let error = mistakes(&[("PROBE_API_KEY", "secret")]);
    let begin = "Error: PROBE_API_KEY (environment): there is no option api_key: there are PROBE_PORT, PROBE_IP, PROBE_LISTEN, ";
    assert!(error.starts_with(begin), "{error}");
    assert!(!error.contains("secret") && !error.contains("PROBE_PACKET,"), "{error}");
}

#[test]
fn all_mistakes_are_told_at_once_and_so_many_at_most() {
    let error = mistakes(&[
        ("PROBE_PORT", "http"),
        ("PROBE_MAX_PROCESSES", "0"),
        ("PROBE_IPP", "x"),
        ("PROBE_MAILBOX", "3"),
    ]);
    for part in ["PROBE_PORT=http (", "PROBE_MAX_PROCESSES=0 (", "PROBE_IPP ("] {
        assert!(error.contains(part), "{error}");
    }
    assert!(!error.contains("PROBE_MAILBOX=3"), "{error}");

    let names: Vec<String> = (0..100).map(|n| format!("PROBE_{n}_X")).collect();
    let variables: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    let error = mistakes(&variables);
    assert!(error.ends_with("; and 80 more"), "{error}");
}

#[tokio::test]
async fn variables_that_begin_otherwise_are_others() {
    for (variable, value) in [
        ("PROBE", "1"),
        ("PROBED_PORT", "x"),
        ("probe_port", "x"),
        ("OTHER_PROBE_PORT", "x"),
    ] {
        probe(&[(variable, value)]).addr();
    }
}

#[tokio::test]
async fn what_kubernetes_says_of_a_service_of_this_name_is_none_of_its_options() {
    let probe = probe(&[
        ("PROBE_SERVICE_HOST", "10.0.0.1"),
        ("PROBE_SERVICE_PORT", "7"),
        ("PROBE_SERVICE_PORT_ECHO", "7"),
        ("PROBE_PORT", "tcp://10.0.0.1:7"),
        ("PROBE_PORT_7_TCP", "tcp://10.0.0.1:7"),
        ("PROBE_PORT_7_TCP_PROTO", "tcp"),
        ("PROBE_PORT_7_TCP_PORT", "7"),
        ("PROBE_PORT_7_TCP_ADDR", "10.0.0.1"),
    ]);
    assert_eq!(options(&probe).await[0], "port = 0 (attribute)");
    let error = mistakes(&[("PROBE_PORT_7", "7"), ("PROBE_PORT_TCP", "7")]);
    assert!(
        error.contains("PROBE_PORT_7 (") && error.contains("PROBE_PORT_TCP ("),
        "{error}"
    );
}

#[tokio::test]
async fn what_kubernetes_says_of_a_service_whose_name_begins_so_is_none_of_its_options() {
    let mut variables = Vec::new();
    // The second name is spelled like an option, the third like a variable for a service.
    for service in ["REDIS", "MAX_PROCESSES", "PORT_7_TCP", "A_SERVICE"] {
        for (name, value) in [
            ("SERVICE_HOST", "10.0.0.1"),
            ("SERVICE_PORT", "6379"),
            ("SERVICE_PORT_REDIS_TLS", "6379"),
            ("PORT", "tcp://10.0.0.1:6379"),
            ("PORT_6379_TCP", "tcp://10.0.0.1:6379"),
            ("PORT_6379_TCP_PROTO", "tcp"),
            ("PORT_6379_TCP_PORT", "6379"),
            ("PORT_6379_TCP_ADDR", "10.0.0.1"),
            ("PORT_53_UDP", "udp://10.0.0.1:53"),
        ] {
            variables.push((format!("PROBE_{service}_{name}"), value));
        }
    }
    let mut variables: Vec<_> = variables.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    variables.push(("PROBE_MAX_PROCESSES", "7"));
    let listed = options(&probe(&variables)).await;
    assert!(
        listed.contains(&"max_processes = 7 (environment PROBE_MAX_PROCESSES)".to_owned()),
        "{listed:?}"
    );
    // A variable that only resembles it is still an error.
    for (variable, value) in [
        ("PROBE_REDIS_PORT", "6379"),
        ("PROBE_REDIS_PORT_X_TCP", "tcp://10.0.0.1:6379"),
        ("PROBE_REDIS_PORT_6379", "tcp://10.0.0.1:6379"),
        ("PROBE_REDIS_SERVICE_HOSTS", "10.0.0.1"),
    ] {
        let error = mistakes(&[(variable, value)]);
        assert!(error.contains(&format!("{variable} (")), "{error}");
    }
}

#[test]
fn which_options_there_are_is_told_once() {
    let error = mistakes(&[
        ("PROBE_A", "1"),
        ("PROBE_B_C_D", "2"),
        ("PROBE_PROT", "3"),
        ("PROBE_ZZZ", "4"),
    ]);
    for problem in ["PROBE_A (", "PROBE_B_C_D (", "did you mean PROBE_PORT?", "PROBE_ZZZ ("] {
        assert!(error.contains(problem), "{error}");
    }
    assert_eq!(error.matches("there are ").count(), 1, "{error}");
    assert_eq!(error.matches("PROBE_MAX_PROCESSES").count(), 1, "{error}");
}

#[test]
fn a_prefix_that_is_none_is_an_error_of_its_own() {
    let error = refused(command(&[]).arg("a prefix that is none"));
    assert!(error.starts_with("Error: env must not be empty"), "{error}");
}

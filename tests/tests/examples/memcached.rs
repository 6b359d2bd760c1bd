//! The memcached example, with memcached's clients, and with parts of the protocol that they don't
//! use.
//!
//! Longer than other files, as it drives every command of one example.

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use kai_tcp_server_tests::{Client, Example, available};

const VALUE_MAX: usize = 1024 * 1024;

/// Starts the example on a free port. It ends when the test drops it.
fn start() -> (Example, SocketAddr) {
    let example = Example::start("memcached", &["0"]);
    let addr = example.addr();
    (example, addr)
}

/// Starts the example with this many MiB for its items.
fn start_with(mebibytes: &str) -> (Example, SocketAddr) {
    let example = Example::start("memcached", &["0", mebibytes]);
    let addr = example.addr();
    (example, addr)
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

/// Builds a whole set command.
fn set(key: &str, exptime: i64, value: &[u8]) -> Vec<u8> {
    let head = format!("set {key} 0 {exptime} {}\r\n", value.len());
    [head.as_bytes(), value, b"\r\n"].concat()
}

/// Returns one figure of `stats`.
async fn stat(client: &mut Client, name: &str) -> u64 {
    let mut figure = None;
    client.send("stats\r\n").await;
    loop {
        let line = client.line().await;
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["STAT", found, value] if found == name => figure = value.parse().ok(),
            ["END"] => return figure.unwrap_or_else(|| panic!("no figure {name}")),
            _ => {}
        }
    }
}

/// Asks again and again until the item is gone.
async fn expect_to_expire(client: &mut Client, key: &str) {
    let patience = Instant::now() + Duration::from_secs(20);
    loop {
        client.send(format!("get {key}\r\n")).await;
        if client.line().await == "END\r\n" {
            return;
        }
        client.line().await;
        client.expect("END\r\n").await;
        assert!(Instant::now() < patience, "{key} doesn't expire");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

// ---- foreign clients

/// libmemcached's own test of servers. Debian calls it memccapable.
#[test]
fn memcapable_passes() {
    let names = ["memccapable", "memcapable"];
    let how = "apt-get install libmemcached-tools";
    // The program has no option that succeeds without a server, so check that it exists.
    let found = names
        .into_iter()
        .find(|name| Command::new(name).arg("-?").output().is_ok());
    let Some(memcapable) = found else {
        available(names[0], &["-?"], how);
        return;
    };
    let (_example, addr) = start();
    let output = Command::new(memcapable)
        .args([
            "-a",
            "-v",
            "-t",
            "20",
            "-h",
            &addr.ip().to_string(),
            "-p",
            &addr.port().to_string(),
        ])
        .output()
        .expect("memcapable runs");
    let said = text(&output);
    println!("{said}");
    assert!(output.status.success(), "{said}");
    assert!(said.contains("All tests passed") && !said.contains("[FAIL]"), "{said}");
    assert_eq!(said.matches("[pass]").count(), 27, "{said}");
}

#[test]
fn pymemcache_passes() {
    if !available("python3", &["-c", "import pymemcache"], "pip install pymemcache") {
        return;
    }
    let (_example, addr) = start();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/clients/pymemcache_basic.py");
    let output = Command::new("python3")
        .args([script, &addr.ip().to_string(), &addr.port().to_string()])
        .output()
        .expect("python runs");
    println!("{}", text(&output));
    assert!(output.status.success(), "{}", text(&output));
}

/// pymemcache's own tests of servers. memcached runs them too, which shows the tests that must
/// pass.
#[test]
fn what_pymemcaches_own_tests_find_in_memcached_they_find_here() {
    let Some(suite) = pymemcaches_own_tests() else { return };
    let how = "apt-get install memcached";
    if !available("memcached", &["-V"], how) || !available("python3", &["-c", "import pytest"], "pip install pytest") {
        return;
    }
    let memcached = Memcached::start();
    let (_example, addr) = start();
    let expected = passed(&suite, memcached.port);
    let passed = passed(&suite, addr.port());
    println!("{} of {} pass", passed.len(), expected.len());
    assert!(expected.len() >= 100, "memcached itself passes {expected:?} alone");
    let failed: Vec<_> = expected.difference(&passed).collect();
    assert!(failed.is_empty(), "{failed:?}");
}

/// Returns the file with pymemcache's tests of servers, from its source package.
fn pymemcaches_own_tests() -> Option<PathBuf> {
    let how = "pip download --no-binary :all: --no-deps pymemcache, unpacked where KAI_PYMEMCACHE says";
    available("sh", &["-c", "test -d \"$KAI_PYMEMCACHE\""], how)
        .then(|| std::env::var_os("KAI_PYMEMCACHE"))
        .flatten()
        .map(|package| Path::new(&package).join("pymemcache/test/test_integration.py"))
}

/// Returns the names of the tests in this file that pass against a server.
fn passed(suite: &Path, port: u16) -> BTreeSet<String> {
    let output = Command::new("python3")
        .args([
            "-m",
            "pytest",
            "-c",
            "/dev/null",
            "-p",
            "no:cacheprovider",
            "-W",
            "ignore",
        ])
        .args(["--tb=short", "-rA", "--server=127.0.0.1"])
        .arg(format!("--port={port}"))
        .arg(suite)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .expect("python runs");
    let said = text(&output);
    println!("{said}");
    said.lines()
        .filter_map(|line| line.strip_prefix("PASSED "))
        .map(str::to_owned)
        .collect()
}

/// memcached itself, on a free port. Dropping it kills the process.
struct Memcached {
    child: Child,
    port: u16,
}

impl Memcached {
    fn start() -> Self {
        let name = format!("kai-memcached-{}", std::process::id());
        let file = std::env::temp_dir().join(name);
        // Port -1 makes it choose a free port. It refuses to run as root without `-u`.
        let child = Command::new("memcached")
            .args(["-l", "127.0.0.1", "-p", "-1", "-U", "0", "-u", "root"])
            .env("MEMCACHED_PORT_FILENAME", &file)
            .spawn()
            .expect("memcached starts");
        let mut memcached = Memcached { child, port: 0 };
        let patience = Instant::now() + Duration::from_secs(20);
        while memcached.port == 0 {
            assert!(Instant::now() < patience, "memcached doesn't say where it listens");
            std::thread::sleep(Duration::from_millis(5));
            let said = fs::read_to_string(&file).unwrap_or_default();
            let port = said.trim().strip_prefix("TCP INET: ");
            memcached.port = port.and_then(|port| port.parse().ok()).unwrap_or(0);
        }
        let _ = fs::remove_file(&file);
        memcached
    }
}

impl Drop for Memcached {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

// ---- how bytes arrive

#[tokio::test]
async fn commands_in_one_segment_are_answered_in_order() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    let commands = "set a 7 0 3\r\nabc\r\nget a\r\nset b 0 0 0\r\n\r\nget a none b\r\ndelete a\r\nget a\r\n";
    let answers = "STORED\r\nVALUE a 7 3\r\nabc\r\nEND\r\nSTORED\r\nVALUE a 7 3\r\nabc\r\nVALUE b 0 0\r\n\r\nEND\r\n\
                   DELETED\r\nEND\r\n";
    client.call(commands, answers).await;
}

#[tokio::test]
async fn bytes_may_come_one_by_one() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    client.stream().set_nodelay(true).expect("the option is known");
    for byte in b"set a 0 0 4\r\na\r\nb\r\nget a\nversion\r\n" {
        client.send([*byte]).await;
    }
    client
        .expect("STORED\r\nVALUE a 0 4\r\na\r\nb\r\nEND\r\nVERSION 1.5.22\r\n")
        .await;
}

#[tokio::test]
async fn a_data_block_may_come_in_pieces() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    let mut other = Client::connect(addr).await;
    let value = vec![b'v'; 200_000];
    client.send("set a 0 0 200000\r\n").await;
    for piece in value.chunks(50_000) {
        client.send(piece).await;
        // No other client waits for the rest, and none sees a part of it.
        other.call("get a\r\n", "END\r\n").await;
    }
    client.call("\r\n", "STORED\r\n").await;
    other
        .call(
            "get a\r\n",
            [b"VALUE a 0 200000\r\n", &value[..], b"\r\nEND\r\n"].concat(),
        )
        .await;
}

#[tokio::test]
async fn words_stand_apart_by_blanks_and_lines_end_in_crlf_or_lf() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    client.call("  set   a 1  0  1 \nx\r\n", "STORED\r\n").await;
    client.call("get  a \n", "VALUE a 1 1\r\nx\r\nEND\r\n").await;
    client
        .call(
            "set noreply 0 0 1\r\ny\r\nget noreply\r\n",
            "STORED\r\nVALUE noreply 0 1\r\ny\r\nEND\r\n",
        )
        .await;
}

#[tokio::test]
async fn a_connection_may_end_in_the_middle_of_a_data_block() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    client.call("set a 0 0 1\r\nx\r\n", "STORED\r\n").await;
    client.send("set a 0 0 10\r\nabc").await;
    client.half_close().await;
    client.expect_eof().await;
    let mut other = Client::connect(addr).await;
    other.call("get a\r\n", "VALUE a 0 1\r\nx\r\nEND\r\n").await;
}

// ---- what is refused

#[tokio::test]
async fn what_is_no_command_is_an_error() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    for line in [
        "",
        " ",
        "nonsense",
        "GET a",
        "get",
        "gets",
        "gat",
        "gat 10",
        "set",
        "set a 0 0",
        "cas a 0 0 1",
        "incr a",
        "touch a",
        "delete",
        "verbosity",
        "version 1",
        "quit now",
        "stats noreply",
        "flush_all 1 2",
    ] {
        client.call(format!("{line}\r\n"), "ERROR\r\n").await;
    }
    client
        .call(
            "delete a 1\r\n",
            "CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]\r\n",
        )
        .await;
    client
        .call("touch a x\r\n", "CLIENT_ERROR invalid exptime argument\r\n")
        .await;
    client
        .call("gat x a\r\n", "CLIENT_ERROR invalid exptime argument\r\n")
        .await;
    client
        .call("flush_all x\r\n", "CLIENT_ERROR invalid exptime argument\r\n")
        .await;
    client
        .call("incr a -1\r\n", "CLIENT_ERROR invalid numeric delta argument\r\n")
        .await;
    client
        .call(
            "incr a 18446744073709551616\r\n",
            "CLIENT_ERROR invalid numeric delta argument\r\n",
        )
        .await;
    client.send("quit\r\nversion\r\n").await;
    client.expect_eof().await;
}

#[tokio::test]
async fn keys_have_250_bytes_at_most() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    let (key, long) = ("k".repeat(250), "k".repeat(251));
    client.call(set(&key, 0, b"1"), "STORED\r\n").await;
    client
        .call(format!("get {key}\r\n"), format!("VALUE {key} 0 1\r\n1\r\nEND\r\n"))
        .await;
    client.call(format!("incr {key} 1\r\n"), "2\r\n").await;
    let refused = "CLIENT_ERROR bad command line format\r\n";
    client.call(set(&long, 0, b"flush_all"), refused).await;
    // Nothing is sent before the key that is refused.
    client.call(format!("get {key} {long}\r\n"), refused).await;
    for command in ["incr {} 1", "touch {} 0", "delete {}"] {
        client
            .call(format!("{}\r\n", command.replace("{}", &long)), refused)
            .await;
    }
}

#[tokio::test]
async fn keys_are_any_bytes_but_blanks() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    client.call(set("k\u{e9}\u{1}", 0, b"1"), "STORED\r\n").await;
    client
        .send(b"set \xff\xfe 0 0 1\r\n2\r\nget k\xc3\xa9\x01 \xff\xfe\r\n")
        .await;
    client
        .expect(b"STORED\r\nVALUE k\xc3\xa9\x01 0 1\r\n1\r\nVALUE \xff\xfe 0 1\r\n2\r\nEND\r\n")
        .await;
}

#[tokio::test]
async fn a_data_block_is_skipped_where_its_command_is_refused() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    let refused = "CLIENT_ERROR bad command line format\r\n";
    for command in [
        "set a x 0 9",
        "set a -1 0 9",
        "set a 4294967296 0 9",
        "set a 0 x 9",
        "cas a 0 0 9 x",
        "set a x 0 9 noreply",
    ] {
        client.call(format!("{command}\r\nflush_all\r\n"), refused).await;
    }
    client.call("get a\r\n", "END\r\n").await;
}

#[tokio::test]
async fn a_connection_closes_where_the_next_command_cannot_be_found() {
    let (_example, addr) = start();
    for command in [
        "set a 0 0 3\r\nabcdef\r\n",
        "set a 0 0 3\r\nab\r\nversion\r\n",
        "set a 0 0 3\r\nabc\nx",
        "set a 0 0 3 noreply\r\nabcdef\r\n",
    ] {
        let mut client = Client::connect(addr).await;
        client.call(command, "CLIENT_ERROR bad data chunk\r\n").await;
        client.expect_eof().await;
    }
    for length in ["x", "-1", "2147483648", "99999999999999999999"] {
        let mut client = Client::connect(addr).await;
        client
            .call(
                format!("set a 0 0 {length}\r\nflush_all\r\n"),
                "CLIENT_ERROR bad command line format\r\n",
            )
            .await;
        client.expect_eof().await;
    }
    for key in ["a\tb", "a\rb", "\ta"] {
        let mut client = Client::connect(addr).await;
        client.call(format!("get {key}\r\n"), "END\r\n").await;
        client
            .call(
                format!("set {key} 0 0 9\r\nflush_all\r\n"),
                "CLIENT_ERROR bad command line format\r\n",
            )
            .await;
        client.expect_eof().await;
    }
    let mut client = Client::connect(addr).await;
    client.call(vec![b'x'; 300_000], "CLIENT_ERROR line too long\r\n").await;
    client.expect_eof().await;
    let mut client = Client::connect(addr).await;
    client.call("get a\r\n", "END\r\n").await;
}

#[tokio::test]
async fn after_a_value_that_is_too_large_the_next_command_works() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    let refused = "SERVER_ERROR object too large for cache\r\n";
    let (largest, larger) = (vec![b'v'; VALUE_MAX], vec![b'v'; VALUE_MAX + 1]);
    client.call(set("a", 0, &largest), "STORED\r\n").await;
    client.call("append a 0 0 1\r\nx\r\n", refused).await;
    client
        .call(
            "get a\r\n",
            [b"VALUE a 0 1048576\r\n", &largest[..], b"\r\nEND\r\n"].concat(),
        )
        .await;
    let add = [b"add a 0 0 1048577\r\n", &larger[..], b"\r\n"].concat();
    client
        .call(
            [&add[..], b"version\r\n"].concat(),
            format!("{refused}VERSION 1.5.22\r\n"),
        )
        .await;
    let mut quiet = b"append a 0 0 5000000 noreply\r\n".to_vec();
    quiet.resize(quiet.len() + 5_000_000, b'v');
    client
        .call([&quiet[..], b"\r\nversion\r\n"].concat(), "VERSION 1.5.22\r\n")
        .await;
    // A failed set doesn't keep the value that it was to replace.
    client
        .call(
            [&set("a", 0, &larger)[..], b"get a\r\n"].concat(),
            format!("{refused}END\r\n"),
        )
        .await;
}

#[tokio::test]
async fn an_http_request_runs_no_command() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    client.call(set("a", 0, b"1"), "STORED\r\n").await;
    for method in ["POST", "GET", "PUT"] {
        let mut browser = Client::connect(addr).await;
        let head = format!("{method} / HTTP/1.1\r\nHost: {addr}\r\n");
        browser
            .send(format!("{head}Content-Length: 11\r\n\r\nflush_all\r\n"))
            .await;
        browser.expect_eof().await;
    }
    client.call("get a\r\n", "VALUE a 0 1\r\n1\r\nEND\r\n").await;
}

/// Starts the example with these options in its environment.
fn start_under(options: &[(&str, &str)]) -> (Example, SocketAddr) {
    let example = Example::start_under("memcached", &["0"], options);
    let addr = example.addr();
    (example, addr)
}

#[tokio::test]
async fn who_speaks_no_memcached_has_a_time_limit_and_who_is_idle_has_none() {
    let (_example, addr) = start_under(&[("KAI_MEMCACHED_RECV_TIMEOUT", "2s")]);
    let mut idle = Client::connect(addr).await;
    idle.call(set("a", 0, b"1"), "STORED\r\n").await;
    let mut strangers = Vec::new();
    for begin in ["", "\r\n", "no command\r\n", "\x16\x03\x01 tls\n", "set a 0"] {
        let mut stranger = Client::connect(addr).await;
        stranger.send(begin).await;
        strangers.push(stranger);
    }
    for mut stranger in strangers {
        stranger.rest().await;
    }
    idle.call("get a\r\n", "VALUE a 0 1\r\n1\r\nEND\r\n").await;
}

#[tokio::test]
async fn a_command_that_has_begun_has_a_time_limit() {
    let limits = [
        ("KAI_MEMCACHED_FRAME_TIMEOUT", "200ms"),
        ("KAI_MEMCACHED_CALL_TIMEOUT", "2s"),
    ];
    let (_example, addr) = start_under(&limits);
    let mut clients = Vec::new();
    for begin in [
        "ge",
        "set a 0 0 10\r\n",
        "set a 0 0 10\r\nvalue",
        "set a 0 0 9000000\r\nvalue",
    ] {
        let mut client = Client::connect(addr).await;
        client.call("version\r\n", "VERSION 1.5.22\r\n").await;
        client.send(begin).await;
        clients.push(client);
    }
    for mut client in clients {
        client.expect_eof().await;
    }
}

#[tokio::test]
async fn stats_has_arguments() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    client.call(set("a", 0, b"1"), "STORED\r\n").await;
    client.call(set("b", 0, b"22"), "STORED\r\n").await;
    client
        .call(
            "stats cachedump 1 0\r\n",
            "ITEM b [2 b; 0 s]\r\nITEM a [1 b; 0 s]\r\nEND\r\n",
        )
        .await;
    client
        .call("stats cachedump 1 1\r\n", "ITEM b [2 b; 0 s]\r\nEND\r\n")
        .await;
    client.call("stats cachedump 2 0\r\n", "END\r\n").await;
    for (wrong, why) in [
        ("stats cachedump", "CLIENT_ERROR bad command line"),
        ("stats cachedump 1", "CLIENT_ERROR bad command line"),
        ("stats cachedump x 1", "CLIENT_ERROR bad command line format"),
        ("stats cachedump 64 1", "CLIENT_ERROR Illegal slab id"),
        ("stats nothing", "ERROR"),
    ] {
        client.call(format!("{wrong}\r\n"), format!("{why}\r\n")).await;
    }
    for (argument, figure) in [
        ("items", "STAT items:1:number 2"),
        ("slabs", "STAT 1:used_chunks 2"),
        ("settings", "STAT maxbytes 67108864"),
    ] {
        client.send(format!("stats {argument}\r\n")).await;
        let mut lines = Vec::new();
        while lines.last().is_none_or(|line| line != "END") {
            lines.push(client.line().await.trim_end().to_owned());
        }
        assert!(lines.iter().any(|line| line == figure), "{lines:?}");
    }
}

#[tokio::test]
async fn a_dump_is_bounded_and_leaves_out_what_has_expired() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    for n in 0..1200 {
        client.send(set(&format!("k{n}"), 0, b"1")).await;
    }
    client.send(set("over", -1, b"1")).await;
    client.expect("STORED\r\n".repeat(1201)).await;
    client.send("stats cachedump 1 0\r\n").await;
    for n in (200..1200).rev() {
        client.expect(format!("ITEM k{n} [1 b; 0 s]\r\n")).await;
    }
    client.expect("END\r\n").await;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970")
        .as_secs();
    client.call(set("soon", 1000, b"1"), "STORED\r\n").await;
    client.send("stats cachedump 1 1\r\n").await;
    let line = client.line().await;
    let at = line
        .trim_end()
        .strip_prefix("ITEM soon [1 b; ")
        .and_then(|rest| rest.strip_suffix(" s]"));
    let at: u64 = at.and_then(|at| at.parse().ok()).unwrap_or_else(|| panic!("{line:?}"));
    assert!((now + 999..now + 1100).contains(&at), "{line:?} at {now}");
}

#[tokio::test]
async fn the_memory_limit_can_be_lowered_and_never_be_more_than_it_was_started_with() {
    let (_example, addr) = start_with("16");
    let mut client = Client::connect(addr).await;
    let value = vec![b'x'; 1_000_000];
    for n in 0..15 {
        client.call(set(&format!("k{n}"), 0, &value), "STORED\r\n").await;
    }
    assert_eq!(stat(&mut client, "evictions").await, 0);
    client.call("cache_memlimit 8\r\n", "OK\r\n").await;
    assert_eq!(stat(&mut client, "limit_maxbytes").await, 8 * 1024 * 1024);
    assert_eq!(stat(&mut client, "evictions").await, 7);
    let too_large = "MEMLIMIT_ADJUST_FAILED out of bounds or unable to adjust\r\n";
    client.call("cache_memlimit 17\r\n", too_large).await;
    client.call("cache_memlimit 18446744073709551615\r\n", too_large).await;
    let too_small = "MEMLIMIT_TOO_SMALL cannot set maxbytes to less than 8m\r\n";
    client.call("cache_memlimit 7\r\n", too_small).await;
    client
        .call("cache_memlimit x\r\ncache_memlimit\r\n", "ERROR\r\nERROR\r\n")
        .await;
    client
        .call("cache_memlimit 16 noreply\r\nversion\r\n", "VERSION 1.5.22\r\n")
        .await;
    assert_eq!(stat(&mut client, "limit_maxbytes").await, 16 * 1024 * 1024);
}

#[test]
fn a_bad_argument_is_one_line_and_a_failure() {
    for arguments in [&["65536"][..], &["port"], &["0", "much"], &["0", "1", "2"]] {
        let (succeeded, log) = Example::start("memcached", arguments).wait();
        assert!(!succeeded, "{arguments:?}");
        let [line] = &log[..] else {
            panic!("{arguments:?}: {log:?}")
        };
        assert!(line.ends_with("usage: memcached [port] [MiB of memory]"), "{line}");
    }
}

// ---- what the commands do

#[tokio::test]
async fn noreply_is_silence() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    let quiet = "set a 0 0 1 noreply\r\n1\r\nadd a 0 0 1 noreply\r\n9\r\nreplace a 0 0 1 noreply\r\n2\r\n\
                 append a 0 0 1 noreply\r\n3\r\nprepend a 0 0 1 noreply\r\n1\r\ncas a 0 0 1 0 noreply\r\n9\r\n\
                 incr a 5 noreply\r\ndecr a 1 noreply\r\nincr none 1 noreply\r\ntouch a 0 noreply\r\ndelete none noreply\r\n\
                 verbosity 1 noreply\r\nset b 0 0 1 noreply\r\nb\r\nincr b 1 noreply\r\n";
    client
        .call(format!("{quiet}get a\r\n"), "VALUE a 0 3\r\n127\r\nEND\r\n")
        .await;
    client
        .call("delete a noreply\r\nget a b\r\n", "VALUE b 0 1\r\nb\r\nEND\r\n")
        .await;
    client.call("flush_all noreply\r\nget b\r\n", "END\r\n").await;
}

#[tokio::test]
async fn cas_stores_only_over_the_value_that_was_seen() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    let mut other = Client::connect(addr).await;
    client.call("set a 5 0 1\r\n1\r\n", "STORED\r\n").await;
    client.send("gets a\r\n").await;
    let line = client.line().await;
    client.expect("1\r\nEND\r\n").await;
    let unique: u64 = line
        .trim_end()
        .strip_prefix("VALUE a 5 1 ")
        .and_then(|unique| unique.parse().ok())
        .unwrap_or_else(|| panic!("no unique number: {line:?}"));
    // Neither a read nor a touch changes the number.
    other
        .call("get a\r\ntouch a 0\r\n", "VALUE a 5 1\r\n1\r\nEND\r\nTOUCHED\r\n")
        .await;
    other.call(format!("cas a 6 0 1 {unique}\r\n2\r\n"), "STORED\r\n").await;
    client
        .call(format!("cas a 7 0 1 {unique}\r\n3\r\n"), "EXISTS\r\n")
        .await;
    client.call("get a\r\n", "VALUE a 6 1\r\n2\r\nEND\r\n").await;
    client
        .call(format!("cas none 0 0 1 {unique}\r\n3\r\n"), "NOT_FOUND\r\n")
        .await;
}

#[tokio::test]
async fn numbers_wrap_upwards_and_stop_downwards() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    client
        .call("set n 7 0 20\r\n18446744073709551615\r\n", "STORED\r\n")
        .await;
    client
        .call(
            "incr n 1\r\nincr n 18446744073709551615\r\n",
            "0\r\n18446744073709551615\r\n",
        )
        .await;
    client
        .call(
            "decr n 18446744073709551614\r\ndecr n 2\r\ndecr n 1\r\n",
            "1\r\n0\r\n0\r\n",
        )
        .await;
    // Flags don't change.
    client.call("get n\r\n", "VALUE n 7 1\r\n0\r\nEND\r\n").await;
    for value in ["", "x", "-1", "1.5", "184467440737095516160"] {
        client.call(set("n", 0, value.as_bytes()), "STORED\r\n").await;
        let refused = "CLIENT_ERROR cannot increment or decrement non-numeric value\r\n";
        client.call("incr n 1\r\n", refused).await;
    }
    client.call("decr none 1\r\n", "NOT_FOUND\r\n").await;
}

#[tokio::test]
async fn items_expire() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    let now = i64::try_from(now.as_secs()).expect("it is before 2262");
    for over in [-1, now - 10, i64::MIN] {
        client.call(set("over", over, b"x"), "STORED\r\n").await;
        client.call("get over\r\n", "END\r\n").await;
    }
    for later in [0, 100, 30 * 24 * 60 * 60, now + 100, i64::MAX] {
        client.call(set("later", later, b"x"), "STORED\r\n").await;
        client.call("get later\r\n", "VALUE later 0 1\r\nx\r\nEND\r\n").await;
    }
    // In one segment, so that they arrive within the same second.
    let short = ["relative", "touched", "got"].map(|key| set(key, 1, b"x")).concat();
    client
        .send([&short[..], b"touch touched 100\r\ngat 100 got none\r\n"].concat())
        .await;
    client
        .expect("STORED\r\nSTORED\r\nSTORED\r\nTOUCHED\r\nVALUE got 0 1\r\nx\r\nEND\r\n")
        .await;
    client.call(set("absolute", now + 1, b"x"), "STORED\r\n").await;
    expect_to_expire(&mut client, "relative").await;
    expect_to_expire(&mut client, "absolute").await;
    client.call("add relative 0 0 1\r\ny\r\n", "STORED\r\n").await;
    client
        .call(
            "get touched got\r\n",
            "VALUE touched 0 1\r\nx\r\nVALUE got 0 1\r\nx\r\nEND\r\n",
        )
        .await;
    client
        .call("touch touched -1\r\nget touched\r\n", "TOUCHED\r\nEND\r\n")
        .await;
}

#[tokio::test]
async fn a_flush_forgets_what_is_there_when_it_is_due() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    client
        .call("set a 0 0 1\r\nx\r\nflush_all\r\nget a\r\n", "STORED\r\nOK\r\nEND\r\n")
        .await;
    // In one segment, so that they arrive within the same second.
    let delayed = "set a 0 0 1\r\nx\r\nflush_all 1\r\nset b 0 0 1\r\nx\r\n";
    client.call(delayed, "STORED\r\nOK\r\nSTORED\r\n").await;
    expect_to_expire(&mut client, "a").await;
    client.call("get b\r\n", "END\r\n").await;
    client
        .call("set b 0 0 1\r\nx\r\nget b\r\n", "STORED\r\nVALUE b 0 1\r\nx\r\nEND\r\n")
        .await;
}

// ---- memory

#[tokio::test]
async fn the_least_recently_used_items_are_evicted_when_memory_is_full() {
    let (_example, addr) = start_with("1");
    let mut client = Client::connect(addr).await;
    let value = vec![b'v'; 100 * 1024];
    for number in 0..10 {
        client.call(set(&format!("k{number}"), 0, &value), "STORED\r\n").await;
    }
    assert_eq!(stat(&mut client, "evictions").await, 0);
    client.call("touch k0 0\r\n", "TOUCHED\r\n").await;
    client.call(set("new", 0, &value), "STORED\r\n").await;
    assert_eq!(stat(&mut client, "evictions").await, 1);
    client.call("get k1\r\n", "END\r\n").await;
    client
        .call(
            "touch k0 0\r\ntouch k2 0\r\ntouch new 0\r\n",
            "TOUCHED\r\nTOUCHED\r\nTOUCHED\r\n",
        )
        .await;
    for number in 0..50_000 {
        client.send(format!("set small{number} 0 0 1 noreply\r\nx\r\n")).await;
    }
    let (bytes, limit) = (
        stat(&mut client, "bytes").await,
        stat(&mut client, "limit_maxbytes").await,
    );
    assert!(bytes <= limit && bytes > limit / 2, "{bytes} of {limit}");
    client
        .call(
            "get new\r\nget small49999\r\n",
            "END\r\nVALUE small49999 0 1\r\nx\r\nEND\r\n",
        )
        .await;
    // An item larger than all memory evicts nothing.
    let refused = "SERVER_ERROR object too large for cache\r\n";
    client.call(set("all", 0, &vec![b'v'; VALUE_MAX]), refused).await;
    client
        .call("get small49999\r\n", "VALUE small49999 0 1\r\nx\r\nEND\r\n")
        .await;
}

/// A slow reader that asks for much costs the memory of one item.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn values_are_not_gathered_before_they_are_sent() {
    let (example, addr) = start();
    let mut client = Client::connect(addr).await;
    let value = vec![b'v'; VALUE_MAX];
    client.call(set("a", 0, &value), "STORED\r\n").await;
    client.send(format!("get{}\r\n", " a".repeat(500))).await;
    let answer = [b"VALUE a 0 1048576\r\n", &value[..], b"\r\n"].concat();
    for _ in 0..500 {
        client.expect(&answer).await;
    }
    client.expect("END\r\n").await;
    let status = std::fs::read_to_string(format!("/proc/{}/status", example.id())).expect("Linux has it");
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .expect("Linux says it");
    println!("peak:{peak}");
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().expect("a number of kB");
    assert!(peak < 64 * 1024, "{peak} kB for 500 times 1024 kB");
}

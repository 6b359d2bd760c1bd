//! The messages to systemd, received by a socket in its place.

#![cfg(target_os = "linux")]

use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use kai_tcp_server_tests::{Client, Example};

const PATIENCE: Duration = Duration::from_secs(20);

/// A socket in systemd's place, which is deleted after the test.
struct Systemd {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Systemd {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("kai-systemd-{}-{name}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let socket = UnixDatagram::bind(&path).unwrap();
        Systemd { socket, path }
    }

    fn run(&self, args: &[&str], watchdog: Option<Duration>) -> Example {
        let mut command = Command::new(env!("CARGO_BIN_EXE_run_probe"));
        command.args(args).env("NOTIFY_SOCKET", &self.path);
        if let Some(watchdog) = watchdog {
            command.env("WATCHDOG_USEC", watchdog.as_micros().to_string());
        }
        Example::run(&mut command)
    }

    /// Returns the next message within this time.
    fn within(&self, time: Duration) -> Option<String> {
        self.socket.set_read_timeout(Some(time)).unwrap();
        let mut message = [0; 512];
        let length = self.socket.recv(&mut message).ok()?;
        Some(String::from_utf8_lossy(&message[..length]).trim_end().to_owned())
    }

    /// Returns the next message that isn't for the watchdog.
    fn next(&self) -> String {
        loop {
            let message = self.within(PATIENCE).expect("systemd is told");
            if message != "WATCHDOG=1" {
                return message;
            }
        }
    }
}

impl Drop for Systemd {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

#[tokio::test]
async fn it_is_told_when_all_servers_listen_and_when_a_stop_begins() {
    let systemd = Systemd::new("ready");
    let probe = systemd.run(&["two"], None);
    assert_eq!(systemd.next(), "READY=1");
    for addr in [probe.addr(), probe.addr()] {
        let mut client = Client::connect(addr).await;
        client.call("a\n", "a\n").await;
    }
    probe.signal("TERM");
    assert_eq!(systemd.next(), "STOPPING=1");
    let (success, _) = probe.wait();
    assert!(success);
    assert_eq!(systemd.within(Duration::from_millis(1)), None);
}

#[tokio::test]
async fn a_hup_is_told_as_a_reload_with_its_time_and_ends_nothing() {
    let systemd = Systemd::new("reload");
    let probe = systemd.run(&["two"], None);
    assert_eq!(systemd.next(), "READY=1");
    probe.signal("HUP");
    let reloading = systemd.next();
    let time = reloading
        .strip_prefix("RELOADING=1\nMONOTONIC_USEC=")
        .expect(&reloading);
    assert!(time.parse::<u64>().unwrap() > 0);
    assert_eq!(systemd.next(), "READY=1");
    for _ in 0..2 {
        probe.line_with("has no callback `reload`: nothing changes");
    }
}

#[test]
fn a_server_that_never_listens_is_not_ready() {
    let systemd = Systemd::new("never");
    let probe = systemd.run(&["starting"], None);
    probe.line_with("init waits");
    probe.signal("TERM");
    assert_eq!(systemd.next(), "STOPPING=1");
}

#[tokio::test]
async fn the_watchdog_is_fed_twice_in_its_time_until_a_core_blocks() {
    let systemd = Systemd::new("watchdog");
    let limit = Duration::from_millis(200);
    let probe = systemd.run(&["echo"], Some(limit));
    let begin = Instant::now();
    let mut fed = 0;
    while fed < 10 {
        fed += usize::from(systemd.within(PATIENCE).expect("systemd is told") == "WATCHDOG=1");
    }
    assert!(begin.elapsed() >= limit / 2 * 9, "{:?}", begin.elapsed());
    let mut client = Client::connect(probe.addr()).await;
    client.send("block\n").await;
    probe.line_with("a call blocks");
    // Messages on their way still arrive; then no more.
    let fed = (0..10).take_while(|_| systemd.within(limit * 5).is_some()).count();
    assert!(fed < 10, "it is fed though a core blocks");
}

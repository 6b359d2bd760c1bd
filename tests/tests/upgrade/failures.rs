//! New processes with which something is wrong: all goes on in the old one, which says why.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use kai_tcp_server::{ErrorKind, Options, Server, start, with};
use kai_tcp_server_tests::replaced::{FAULT, Replaced};
use kai_tcp_server_tests::{Client, Folder, eventually};
use rustix::process::Signal;
use tokio::sync::Mutex;

use crate::chain::{Chain, children, moment, runs, signal};

/// The variable by which a process knows that an old one has started it.
const VARIABLE: &str = "KAI_TCP_SERVER_UPGRADE";

/// A process has one upgrade at a time.
pub(crate) static ONE: Mutex<()> = Mutex::const_new(());

/// Waits until the last upgrade of this process is over, which may be a moment after its servers.
pub(crate) async fn one_is_free() {
    loop {
        let error = kai_tcp_server::upgrade::upgrade(&[], Command::new("/nowhere/at/all"))
            .await
            .unwrap_err();
        if !format!("{error:?}").contains("another upgrade") {
            return;
        }
        moment().await;
    }
}

/// Upgrades with this fault, which fails; then without one.
async fn fails(fault: &str, why: &str) {
    let mut chain = Chain::start(&[], &[("REPLACED_UPGRADE_TIMEOUT", "2s")]);
    let addr = chain.addr().await;
    let mut client = Client::connect(addr).await;
    let old = chain.serving;
    client.call("x\n", format!("x 1 {old}\n")).await;
    chain.set_fault(fault);
    chain.ask();
    let line = chain.line_with(&["has taken over", "upgrade failed"]).await;
    assert!(
        line.contains("Replaced goes on, as the upgrade failed: ") && line.contains(why),
        "{line}"
    );
    assert_eq!(children(old), [0; 0], "nothing is left of the new process");
    client.call("x\n", format!("x 2 {old}\n")).await;
    let mut another = Client::connect(addr).await;
    another.call("x\n", format!("x 1 {old}\n")).await;
    chain.set_fault("");
    chain.replace().await;
    client.call("x\n", format!("x 3 {}\n", chain.serving)).await;
    another.call("x\n", format!("x 2 {}\n", chain.serving)).await;
    chain.stop().await;
}

#[tokio::test]
async fn one_that_exits_is_told_with_its_status() {
    fails("exits", "the new process ended before it was ready: exit status: 3").await;
}

#[tokio::test]
async fn one_that_hangs_before_it_is_ready_has_upgrade_timeout() {
    fails("hangs", "took longer than upgrade_timeout").await;
}

#[tokio::test]
async fn one_that_hangs_while_it_takes_over_has_upgrade_timeout() {
    fails("blocks-at:1", "took longer than upgrade_timeout").await;
}

#[tokio::test]
async fn one_that_dies_while_it_takes_over_loses_nothing() {
    fails("dies-at:1", "the new process is lost").await;
}

#[tokio::test]
async fn one_that_does_not_take_over_is_ended() {
    fails("deaf", "it runs, and doesn't take over").await;
}

#[tokio::test]
async fn one_that_says_nonsense_is_not_believed() {
    fails("says-nonsense", "what came is no message").await;
}

#[tokio::test]
async fn one_that_announces_too_long_a_message_is_not_believed() {
    fails("says-too-much", "a message is too long").await;
}

#[tokio::test]
async fn one_that_does_not_start_its_server_says_why() {
    fails("refuses", "this program doesn't want to").await;
}

/// Starts a server of this process.
async fn server(options: Options) -> (Server, Client) {
    let server = start(with(Replaced(None), options)).await.unwrap();
    let client = Client::connect(server.local_addr()).await;
    (server, client)
}

#[tokio::test]
async fn a_program_that_is_not_there_or_has_a_wrong_configuration_is_an_error_that_says_so() {
    let _one = ONE.lock().await;
    one_is_free().await;
    let (server, mut client) = server(Replaced::OPTIONS).await;
    let error = server.upgrade(Command::new("/nowhere/at/all")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Upgrade);
    assert!(format!("{error:?}").contains("No such file"), "{error:?}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_replaced"));
    command.env("REPLACED_MAX_PROCESSES", "0");
    let error = server.upgrade(command).await.unwrap_err();
    assert!(format!("{error:?}").contains("REPLACED_MAX_PROCESSES"), "{error:?}");
    client.call("x\n", format!("x 1 {}\n", std::process::id())).await;
    server.stop().await;
}

#[tokio::test]
async fn a_script_has_to_become_the_program_as_its_child_could_not_be_ended() {
    let _one = ONE.lock().await;
    one_is_free().await;
    let (server, mut client) = server(Replaced::OPTIONS).await;
    let script = |what: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", what, env!("CARGO_BIN_EXE_replaced")]);
        command
    };
    let error = server.upgrade(script(r#""$0"; exit $?"#)).await.unwrap_err();
    assert!(format!("{error:?}").contains("before it was ready"), "{error:?}");
    client.call("x\n", format!("x 1 {}\n", std::process::id())).await;
    let upgraded = server.upgrade(script(r#"exec "$0""#)).await.unwrap();
    client.call("x\n", format!("x 2 {}\n", upgraded.pid)).await;
    signal(upgraded.pid, Signal::TERM);
    client.expect_eof().await;
    server.wait().await.unwrap();
}

#[tokio::test]
async fn of_two_upgrades_at_once_one_is_refused() {
    let _one = ONE.lock().await;
    one_is_free().await;
    let (server, mut client) = server(Replaced::OPTIONS).await;
    let command = || Command::new(env!("CARGO_BIN_EXE_replaced"));
    let (first, second) = tokio::join!(server.upgrade(command()), server.upgrade(command()));
    let error = second.unwrap_err();
    assert!(
        format!("{error:?}").contains("another upgrade is under way"),
        "{error:?}"
    );
    let pid = first.unwrap().pid;
    client.call("x\n", format!("x 1 {pid}\n")).await;
    server.wait().await.unwrap();
    let error = server.upgrade(command()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotRunning);
    signal(pid, Signal::TERM);
    client.expect_eof().await;
}

#[tokio::test]
async fn a_signal_that_comes_twice_at_once_replaces_once() {
    let mut chain = Chain::start(&[], &[]);
    let mut client = Client::connect(chain.addr().await).await;
    for _ in 0..10 {
        chain.ask();
    }
    assert!(chain.upgraded().await);
    client.call("x\n", format!("x 1 {}\n", chain.serving)).await;
    let said = chain.stop().await;
    let taken = said.iter().filter(|line| line.contains("has taken over"));
    assert_eq!(taken.count(), 1, "{said:?}");
}

#[tokio::test]
async fn twenty_failures_leave_no_descriptor_and_no_zombie() {
    let mut chain = Chain::start(&[], &[]);
    let mut client = Client::connect(chain.addr().await).await;
    client.call("x\n", format!("x 1 {}\n", chain.serving)).await;
    let descriptors = format!("/proc/{}/fd", chain.serving);
    let count = || std::fs::read_dir(&descriptors).unwrap().count();
    let (mut before, mut tries) = (0, 0);
    while tries < 21 {
        for fault in ["exits", "dies-at:1", "refuses"] {
            chain.set_fault(fault);
            chain.ask();
            assert!(!chain.upgraded().await);
            tries += 1;
        }
        if before == 0 {
            before = count();
        }
    }
    // A thread that has started a process keeps a descriptor for a moment.
    eventually("all descriptors are closed", || count() <= before).await;
    let is_child = |entry: &std::fs::DirEntry| {
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let parent = stat
            .rsplit_once(") ")
            .and_then(|(_, rest)| rest.split(' ').nth(1)?.parse::<u32>().ok());
        parent == Some(chain.serving)
    };
    let left = std::fs::read_dir("/proc").unwrap().flatten().filter(is_child).count();
    assert_eq!(left, 0, "nothing is left of the new processes, not even a zombie");
    chain.stop().await;
}

/// Sends TERM in the middle of an upgrade with this fault.
async fn stops_with(fault: &str, call: Option<&str>) {
    let mut chain = Chain::start(&[], &[("REPLACED_SHUTDOWN", "1s")]);
    let addr = chain.addr().await;
    let mut client = Client::connect(addr).await;
    client.call("x\n", format!("x 1 {}\n", chain.serving)).await;
    client.send(call.unwrap_or_default()).await;
    let old = chain.serving;
    chain.set_fault(fault);
    chain.ask();
    eventually("the new process is there", || !children(old).is_empty()).await;
    let new = children(old);
    signal(old, Signal::TERM);
    eventually("both end", || !runs(old) && !new.iter().any(|new| runs(*new))).await;
    client.expect_gone().await;
    assert!(std::net::TcpStream::connect(addr).is_err(), "the port is closed");
    // The threads of a process end a moment behind its first one.
    eventually("it ends with success", || chain.first_success() == Some(true)).await;
}

#[tokio::test]
async fn a_stop_with_a_delay_calls_an_upgrade_off() {
    let _one = ONE.lock().await;
    let options = Replaced::OPTIONS
        .stop_delay(Duration::from_hours(1))
        .upgrade_timeout(Duration::from_hours(1));
    let (server, mut client) = server(options).await;
    let folder = Folder::new();
    let there = folder.path("there");
    let mut command = Command::new("sh");
    command.args(["-c", &format!("touch {}; exec sleep 60", there.display())]);
    one_is_free().await;
    let upgrading = tokio::spawn({
        let server = server.clone();
        async move { server.upgrade(command).await }
    });
    eventually("the new process is there", || there.exists()).await;
    drop(server.stop());
    eventually("the upgrade is over", || upgrading.is_finished()).await;
    assert_eq!(upgrading.await.unwrap().unwrap_err().kind(), ErrorKind::NotRunning);
    client.send("x\n").await;
    client.expect(format!("x 1 {}\n", std::process::id())).await;
    server.stop().await;
}

#[tokio::test]
async fn a_stop_while_the_new_process_starts_ends_both() {
    stops_with("hangs", None).await;
}

#[tokio::test]
async fn a_stop_while_the_new_process_takes_over_ends_both() {
    stops_with("blocks-at:1", None).await;
}

#[tokio::test]
async fn a_stop_while_calls_wait_and_the_new_process_hangs_ends_both() {
    stops_with("hangs", Some("h/nowhere/at/all\n")).await;
}

#[tokio::test]
async fn a_stop_of_an_old_process_that_waits_for_a_call_ends_it_alone() {
    let folder = Folder::new();
    let mut chain = Chain::start(&[], &[]);
    let addr = chain.addr().await;
    let [mut idle, mut busy] = [Client::connect(addr).await, Client::connect(addr).await];
    idle.call("x\n", format!("x 1 {}\n", chain.serving)).await;
    busy.call("x\n", format!("x 1 {}\n", chain.serving)).await;
    let gate = folder.path("gate");
    busy.send(format!("h{}\n", gate.display())).await;
    let old = chain.serving;
    chain.replace().await;
    idle.call("x\n", format!("x 2 {}\n", chain.serving)).await;
    signal(old, Signal::TERM);
    // It hands nothing over any more.
    chain.line_with(&["taken over from the old process"]).await;
    std::fs::write(&gate, "").unwrap();
    busy.expect(format!("h{} 2 {old}\n", gate.display())).await;
    busy.expect_eof().await;
    eventually("the old process ends", || !runs(old)).await;
    idle.call("x\n", format!("x 3 {}\n", chain.serving)).await;
    chain.stop().await;
}

#[tokio::test]
async fn a_long_call_goes_on_in_the_old_process_and_its_connection_behind_it_in_the_new_one() {
    let folder = Folder::new();
    let mut chain = Chain::start(&[], &[]);
    let addr = chain.addr().await;
    let mut busy = Client::connect(addr).await;
    busy.call("x\n", format!("x 1 {}\n", chain.serving)).await;
    let gate = folder.path("gate");
    busy.send(format!("h{}\nx\n", gate.display())).await;
    let old = chain.serving;
    chain.replace().await;
    let second = chain.serving;
    // The next upgrade waits for it, as it is to go along.
    chain.ask();
    std::fs::write(&gate, "").unwrap();
    busy.expect(format!("h{} 2 {old}\n", gate.display())).await;
    assert!(chain.upgraded().await);
    let answer = busy.line().await;
    let third = chain.serving;
    assert!(
        [second, third].iter().any(|pid| answer == format!("x 3 {pid}\n")),
        "{answer}"
    );
    busy.call("x\n", format!("x 4 {third}\n")).await;
    chain.stop().await;
}

#[tokio::test]
async fn a_new_process_is_never_killed_for_a_call_that_ends_with_the_time_of_shutdown() {
    let mut chain = Chain::start(&[], &[("REPLACED_SHUTDOWN", "100ms")]);
    let addr = chain.addr().await;
    // One after the other they end while the time of `shutdown` does.
    let mut busy = Vec::new();
    for _ in 0..200 {
        let mut client = Client::connect(addr).await;
        client.send("w\nw\nw\nw\nw\nw\nw\nw\n").await;
        busy.push(client);
    }
    let mut idle = Client::connect(addr).await;
    idle.call("x\n", format!("x 1 {}\n", chain.serving)).await;
    let old = chain.serving;
    chain.replace().await;
    eventually("the old process ends", || !runs(old)).await;
    idle.call("x\n", format!("x 2 {}\n", chain.serving)).await;
    chain.stop().await;
}

/// Starts the program with the variable of an upgrade, and this as its standard input.
async fn is_not_fooled(old: u32, stdin: Stdio) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_replaced"));
    command
        .env(VARIABLE, old.to_string())
        .env(FAULT, "")
        .stdin(stdin)
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let lines = std::io::BufRead::lines(std::io::BufReader::new(child.stderr.take().unwrap()));
    let mut lines = lines.map_while(Result::ok);
    let line = lines
        .find(|line| line.contains(" listens on "))
        .expect("it serves by itself");
    let addr = line.split_once(" listens on ").unwrap().1.split(',').next().unwrap();
    let addr: std::net::SocketAddr = addr.parse().unwrap();
    let mut client = Client::connect(addr).await;
    client.call("x\n", format!("x 1 {}\n", child.id())).await;
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test]
async fn a_process_that_merely_has_the_variable_serves_by_itself() {
    is_not_fooled(std::process::id(), Stdio::null()).await;
    is_not_fooled(1, Stdio::null()).await;
    let (_ours, theirs) = UnixStream::pair().unwrap();
    is_not_fooled(1, OwnedFd::from(theirs).into()).await;
}

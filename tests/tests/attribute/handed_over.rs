//! Connections of servers that the attribute declares, handed over to a new process.

use std::process::Command;

use kai_tcp_server_tests::{Client, Example, eventually};

fn start(by: &str) -> Example {
    Example::run(Command::new(env!("CARGO_BIN_EXE_handed_over")).arg(by))
}

/// The process that an answer ends with, which was started by the one before it. It ends with the
/// test.
struct Successor(u32);

impl Successor {
    fn of(old: &Example, answer: &str) -> Self {
        let number = answer.trim_end().rsplit(' ').next();
        let pid = number.and_then(|pid| pid.parse().ok()).expect("a number");
        assert_ne!(pid, old.id(), "{answer}");
        Successor(pid)
    }
}

impl Drop for Successor {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.0.to_string()).status();
    }
}

#[tokio::test]
async fn a_session_goes_over_by_serde_with_its_state_and_gets_a_new_peer() {
    let old = start("serde");
    let (addr, pid) = (old.addr(), old.id());
    let mut client = Client::connect(addr).await;
    client.call("hello joe\n", "hello\n").await;
    client.call("count\n", format!("joe 1 {pid}\n")).await;
    let mut silent = Client::connect(addr).await;
    silent.call("count\n", "what?\n").await;
    old.signal("USR2");
    let again = client.line().await;
    let new = Successor::of(&old, &again);
    let pid = new.0;
    assert_eq!(again, format!("again joe true {pid}\n"));
    client.call("count\n", format!("joe 2 {pid}\n")).await;
    silent.expect(format!("again  false {pid}\n")).await;
    silent.call("hello ann\n", "hello\n").await;
    silent.call("count\n", format!("ann 1 {pid}\n")).await;
}

#[tokio::test]
async fn freeze_may_say_no_and_closed_runs_in_the_old_process_where_it_is_asked_for() {
    let mut old = start("callbacks");
    let (addr, pid) = (old.addr(), old.id());
    let [mut one, mut two, mut three] = [
        Client::connect(addr).await,
        Client::connect(addr).await,
        Client::connect(addr).await,
    ];
    for (client, calls) in [(&mut one, 1), (&mut two, 2), (&mut three, 3)] {
        for n in 1..=calls {
            client.call("x\n", format!("{n} {pid}\n")).await;
        }
    }
    old.signal("USR2");
    two.expect_eof().await;
    eventually("the end of the old process", || old.success().is_some()).await;
    one.send("x\n").await;
    let answer = one.line().await;
    let new = Successor::of(&old, &answer);
    let successor = new.0;
    assert_eq!(answer, format!("2 {successor}\n"));
    three.call("x\n", format!("4 {successor}\n")).await;
    drop(new);
    let (success, said) = old.wait();
    assert!(success, "an upgrade is no failure");
    let mut closed: Vec<&str> = said.iter().filter_map(|line| line.strip_prefix("closed ")).collect();
    closed.sort_unstable();
    let mut expected = [
        format!("2 Stopped in {pid}"),
        format!("3 HandedOver in {pid}"),
        format!("2 Stopped in {successor}"),
        format!("4 Stopped in {successor}"),
    ];
    expected.sort_unstable();
    assert_eq!(closed, expected, "{said:?}");
}

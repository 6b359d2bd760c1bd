//! The parts that a connection takes along to the new process.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, Instant};

use kai_tcp_server::upgrade::Upgraded;
use kai_tcp_server::{CloseReason, ConnectionInfo, Options, SendError, Server, start, with};
use kai_tcp_server_tests::replaced::Carrying;
use kai_tcp_server_tests::{Client, Folder, eventually};
use rustix::process::Signal;

use crate::chain::{Chain, moment, runs, signal};
use crate::failures::{ONE, one_is_free};

/// The new process of a server of this process; it is killed when this is dropped.
pub(crate) struct New(pub(crate) u32);

impl New {
    pub(crate) async fn of(server: &Server) -> Self {
        New::of_with(server, &[]).await
    }

    pub(crate) async fn of_with(server: &Server, variables: &[(&str, &str)]) -> Self {
        New::upgraded(server, variables).await.0
    }

    /// Returns also what the upgrade has done.
    pub(crate) async fn upgraded(server: &Server, variables: &[(&str, &str)]) -> (Self, Upgraded) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_replaced"));
        command.arg("carrying").envs(variables.iter().copied());
        let upgraded = upgrade(server, command).await;
        (New(upgraded.pid), upgraded)
    }
}

impl Drop for New {
    fn drop(&mut self) {
        signal(self.0, Signal::KILL);
    }
}

/// Upgrades. The upgrade of the test before may end a moment after its server.
pub(crate) async fn upgrade(server: &Server, command: Command) -> Upgraded {
    one_is_free().await;
    server.upgrade(command).await.unwrap()
}

pub(crate) async fn carrying(options: Options) -> Server {
    Carrying::closed();
    start(with(Carrying, options)).await.unwrap()
}

pub(crate) async fn connect(server: &Server) -> Client {
    Client::connect(server.local_addr()).await
}

/// Receives what `taken_over` sends, from the new process.
pub(crate) async fn taken_over(client: &mut Client, new: &New) {
    client.expect(format!("taken over by {}\n", new.0)).await;
}

pub(crate) fn connection(server: &Server) -> ConnectionInfo {
    server.connections().into_iter().next().expect("there is a connection")
}

#[tokio::test]
async fn half_a_frame_and_the_session_go_along() {
    let _one = ONE.lock().await;
    let server = carrying(Carrying::OPTIONS).await;
    let mut client = connect(&server).await;
    client.call("say something\n", "say ok\n").await;
    client.send("sai").await;
    eventually("the half is read", || connection(&server).bytes_in == 17).await;
    let new = New::of(&server).await;
    taken_over(&mut client, &new).await;
    client.send("d\n").await;
    client.expect(format!("somethingtaken over by {}\n", new.0)).await;
    client.call("pid\n", format!("{}\n", new.0)).await;
    server.wait().await.unwrap();
}

#[tokio::test]
async fn frames_that_were_read_and_not_taken_go_along() {
    let _one = ONE.lock().await;
    let server = carrying(Carrying::OPTIONS).await;
    let mut client = connect(&server).await;
    // The last two wait, as none is taken; the new process wakes such a session by a message.
    client.send("say wake\noff\npid\npid\n").await;
    client.expect("say ok\noff ok\n").await;
    let id = connection(&server).id;
    eventually("all is read", || connection(&server).bytes_in == 21).await;
    let new = New::of(&server).await;
    taken_over(&mut client, &new).await;
    assert!(Carrying::peer(id).unwrap().is_gone());
    client.expect(format!("on\n{0}\n{0}\n", new.0)).await;
    server.wait().await.unwrap();
}

#[tokio::test]
async fn the_packet_mode_of_the_moment_goes_along() {
    let _one = ONE.lock().await;
    let server = carrying(Carrying::OPTIONS).await;
    let mut client = connect(&server).await;
    client.call("packet 2\n", framed("packet ok")).await;
    client.call(b"\0\x03pid", framed(&std::process::id().to_string())).await;
    let new = New::of(&server).await;
    client.expect(framed(&format!("taken over by {}", new.0))).await;
    client.call(b"\0\x03pid", framed(&new.0.to_string())).await;
    server.wait().await.unwrap();
}

fn framed(text: &str) -> Vec<u8> {
    let mut frame = u16::try_from(text.len()).unwrap().to_be_bytes().to_vec();
    frame.extend_from_slice(text.as_bytes());
    frame
}

#[tokio::test]
async fn the_rest_of_an_active_count_goes_along() {
    let _one = ONE.lock().await;
    let server = carrying(Carrying::OPTIONS).await;
    let mut client = connect(&server).await;
    client.call("active 3\n", "active ok\n").await;
    client.call("a\n", "a ok\n").await;
    let new = New::of(&server).await;
    taken_over(&mut client, &new).await;
    // Two are left.
    client.call("b\nc\nd\n", "b ok\nc ok\npassive\nd ok\n").await;
    server.wait().await.unwrap();
}

#[tokio::test]
async fn limits_that_a_callback_has_set_go_along() {
    let _one = ONE.lock().await;
    for (set, then, comes) in [
        ("recv 200\n", "", "failed: "),
        ("frame 200\n", "half", "failed: "),
        ("call 200\n", "hold /nowhere/at/all\n", "failed: "),
    ] {
        let server = carrying(Carrying::OPTIONS).await;
        let mut client = connect(&server).await;
        client
            .call(set, format!("{} ok\n", set.split(' ').next().unwrap()))
            .await;
        let new = New::of(&server).await;
        taken_over(&mut client, &new).await;
        client.send(then).await;
        let said = client.line().await;
        assert!(said.starts_with(comes), "{set} {said}");
        client.expect_gone().await;
        server.wait().await.unwrap();
    }
}

#[tokio::test]
async fn the_send_timeout_that_a_callback_has_set_goes_along() {
    let _one = ONE.lock().await;
    let server = carrying(Carrying::OPTIONS).await;
    let mut slow = connect(&server).await;
    slow.call("send 200\n", "send ok\n").await;
    let mut client = connect(&server).await;
    client.call("say x\n", "say ok\n").await;
    let new = New::of(&server).await;
    taken_over(&mut slow, &new).await;
    taken_over(&mut client, &new).await;
    // It reads nothing of this; by the option it would have 30 s.
    slow.send("flood 16000000\n").await;
    let since = Instant::now();
    let mut connections = "2\n".to_owned();
    while connections == "2\n" {
        assert!(since.elapsed() < Duration::from_secs(25), "it is there still");
        client.send("connections\n").await;
        connections = client.line().await;
        moment().await;
    }
    server.wait().await.unwrap();
}

#[tokio::test]
async fn the_time_that_deadlines_have_left_goes_along() {
    let _one = ONE.lock().await;
    let limit = Duration::from_secs(2);
    // The new process gives hours to connections of its own.
    for (options, what) in [
        (Carrying::OPTIONS.max_age(limit), ("CARRYING_MAX_AGE", "")),
        // Or else upgrades again and again would keep an idle client for ever.
        (Carrying::OPTIONS.recv_timeout(limit), ("CARRYING_RECV_TIMEOUT", "")),
        (
            Carrying::OPTIONS.frame_timeout(limit),
            ("CARRYING_FRAME_TIMEOUT", "half"),
        ),
    ] {
        let (variable, half) = what;
        let server = carrying(options).await;
        let mut client = connect(&server).await;
        client.call("say x\n", "say ok\n").await;
        client.send(half).await;
        let read = 6 + half.len() as u64;
        eventually("it is read", || connection(&server).bytes_in == read).await;
        let new = New::of_with(&server, &[(variable, "1h")]).await;
        taken_over(&mut client, &new).await;
        client.expect_gone().await;
        assert!(runs(new.0), "the new process has closed it, and is there");
        server.wait().await.unwrap();
    }
}

#[tokio::test]
async fn the_state_of_the_protocol_goes_along() {
    let mut chain = Chain::start(&["carrying"], &[]);
    let mut client = Client::connect(chain.addr().await).await;
    client.call("late\n", "late ok\n").await;
    chain.replace().await;
    client.expect(format!("taken over by {}\n", chain.serving)).await;
    client.call("state\n", "Late\n").await;
    chain.stop().await;
}

#[tokio::test]
async fn counts_and_the_age_go_along_and_count_for_max_per_ip() {
    let mut chain = Chain::start(&["carrying"], &[("CARRYING_MAX_PER_IP", "2")]);
    let addr = chain.addr().await;
    let mut client = Client::connect(addr).await;
    client.call("say x\n", "say ok\n").await;
    client.send("info\n").await;
    let before = info(&client.line().await);
    assert_eq!(before["peer"], client.local_addr().to_string());
    chain.replace().await;
    client.expect(format!("taken over by {}\n", chain.serving)).await;
    client.send("info\n").await;
    let after = info(&client.line().await);
    for same in ["peer", "since"] {
        assert_eq!(before[same], after[same], "{same}");
    }
    let number = |info: &BTreeMap<String, String>, what: &str| info[what].parse::<u64>().unwrap();
    assert_eq!(number(&after, "calls"), number(&before, "calls") + 1);
    assert_eq!(number(&after, "in"), number(&before, "in") + 5);
    assert!(number(&after, "out") > number(&before, "out"));
    let mut second = Client::connect(addr).await;
    second.call("pid\n", format!("{}\n", chain.serving)).await;
    Client::connect(addr).await.expect_gone().await;
    chain.stop().await;
}

fn info(line: &str) -> BTreeMap<String, String> {
    let pairs = line.split_whitespace().filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[tokio::test]
async fn a_connection_of_a_unix_socket_goes_along() {
    let folder = Folder::new();
    let path = folder.path("socket");
    let mut chain = Chain::start(
        &[],
        &[("REPLACED_LISTEN", &format!("127.0.0.1:0, unix:{}", path.display()))],
    );
    chain.addr().await;
    let mut client = Client::at(&path).await;
    client.call("x\n", format!("x 1 {}\n", chain.serving)).await;
    chain.replace().await;
    client.call("x\n", format!("x 2 {}\n", chain.serving)).await;
    chain.stop().await;
    assert!(!path.exists(), "the last process has removed the file");
}

#[tokio::test]
async fn messages_that_were_taken_are_handled_before_and_others_hear_that_it_is_gone() {
    let _one = ONE.lock().await;
    let folder = Folder::new();
    let gate = folder.path("gate");
    let server = carrying(Carrying::OPTIONS).await;
    let mut client = connect(&server).await;
    client.call("say \n", "say ok\n").await;
    let peer = Carrying::peer(connection(&server).id).unwrap();
    client.send(format!("hold {}\n", gate.display())).await;
    eventually("the call runs", || {
        connection(&server).calls == 2 || connection(&server).bytes_in > 5
    })
    .await;
    for message in ["one", "two", "three"] {
        peer.send(message.to_owned()).unwrap();
    }
    let new = New::of(&server).await;
    std::fs::write(&gate, "").unwrap();
    client.expect("hold ok\none\ntwo\nthree\n").await;
    taken_over(&mut client, &new).await;
    client
        .call("said\n", format!("onetwothreetaken over by {}\n", new.0))
        .await;
    eventually("the old process knows that it is gone", || {
        match peer.send("four".to_owned()) {
            Err(SendError::Gone(_)) => true,
            Err(SendError::Full(_)) => false,
            Ok(()) => panic!("a message is lost"),
        }
    })
    .await;
    assert!(peer.is_gone());
    server.wait().await.unwrap();
    assert_eq!(Carrying::closed(), [], "the session goes on, so it isn't closed");
}

#[tokio::test]
async fn no_message_is_taken_while_the_connection_is_frozen() {
    let _one = ONE.lock().await;
    let server = carrying(Carrying::OPTIONS.upgrade_timeout(Duration::from_millis(500))).await;
    let mut client = connect(&server).await;
    client.call("freeze forever\n", "freeze ok\n").await;
    let peer = Carrying::peer(connection(&server).id).unwrap();
    let (_new, upgraded) = New::upgraded(&server, &[]).await;
    assert_eq!((upgraded.connections, upgraded.waiting), (0, 1));
    assert!(matches!(peer.send("one".to_owned()), Err(SendError::Full(_))));
    // A stop ends what hangs.
    server.stop().await;
    client.expect_gone().await;
}

#[tokio::test]
async fn closed_is_called_once_if_the_session_asks_for_it() {
    let _one = ONE.lock().await;
    let server = carrying(Carrying::OPTIONS).await;
    let mut client = connect(&server).await;
    client.call("freeze closed\n", "freeze ok\n").await;
    let new = New::of(&server).await;
    taken_over(&mut client, &new).await;
    server.wait().await.unwrap();
    assert_eq!(Carrying::closed(), [CloseReason::HandedOver]);
}

#[tokio::test]
async fn a_peer_that_does_not_read_holds_up_nobody_and_gets_its_replies() {
    let mut chain = Chain::start(&["carrying"], &[("CARRYING_SHUTDOWN", "20s")]);
    let addr = chain.addr().await;
    let mut slow = Client::connect(addr).await;
    let most = 16_000_000;
    slow.send(format!("flood {most}\n")).await;
    let mut client = Client::connect(addr).await;
    client.call("say x\n", "say ok\n").await;
    chain.replace().await;
    client.expect(format!("taken over by {}\n", chain.serving)).await;
    let mut flood = "x".repeat(most);
    flood.push('\n');
    slow.expect(flood).await;
    slow.expect(format!("taken over by {}\n", chain.serving)).await;
    slow.call("pid\n", format!("{}\n", chain.serving)).await;
    chain.stop().await;
}

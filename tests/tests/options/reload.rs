//! `Server::reload`: options that change while their server runs.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::time::Duration;

use kai_tcp_server::{
    Action, Active, ErrorKind, OptionChange, OptionSource, Options, Packet, Result, Server, Socket, start, tcp_server,
    with,
};
use kai_tcp_server_tests::{Client, eventually};
use tokio::time::Instant;

struct Echo;

#[tcp_server(port = 0, max_processes = 1, packet = line(lf), recv_timeout = "15s", shutdown = "10s")]
impl Echo {
    async fn handle_call(&self, data: &[u8]) -> Result<Action> {
        if data == b"wait" {
            std::future::pending::<()>().await;
        }
        Ok(reply(data.to_vec()))
    }
}

async fn echo() -> Server {
    start(with(Echo, Echo::OPTIONS.in_memory())).await.unwrap()
}

fn said(changes: &[OptionChange]) -> Vec<String> {
    changes.iter().map(ToString::to_string).collect()
}

#[tokio::test(start_paused = true)]
async fn connections_that_begin_have_the_new_limits_and_those_that_are_there_keep_theirs() {
    let server = echo().await;
    server.set_max_processes(2).unwrap();
    let begin = Instant::now();
    let mut before = Client::in_memory(&server).await;
    before.call("a\n", "a\n").await;
    let options = Echo::OPTIONS
        .max_processes(2)
        .recv_timeout(Duration::from_secs(7))
        .packet_size(3);
    assert_eq!(
        said(&server.reload(options).unwrap()),
        ["recv_timeout = 7s (was 15s)", "packet_size = 3 (was 65536)"]
    );
    let mut after = Client::in_memory(&server).await;
    after.expect_eof().await;
    assert_eq!(begin.elapsed().as_secs(), 7);
    let mut after = Client::in_memory(&server).await;
    after.send("long\n").await;
    after.expect_eof().await;
    before.call("long\n", "long\n").await;
    let begin = Instant::now();
    before.expect_eof().await;
    assert_eq!(begin.elapsed().as_secs(), 15);
    // The requested options apply already.
    assert!(server.reload(options).unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_time_of_a_stop_is_that_of_the_moment() {
    let server = echo().await;
    let mut client = Client::in_memory(&server).await;
    client.send("wait\n").await;
    eventually("it waits", || server.info().calls == 1).await;
    let options = Echo::OPTIONS
        .shutdown(Duration::from_secs(2))
        .stop_delay(Duration::from_secs(3));
    assert_eq!(server.reload(options).unwrap().len(), 2);
    let begin = Instant::now();
    assert_eq!(server.stop().await.cut, 1);
    assert_eq!(begin.elapsed().as_secs(), 5);
    assert_eq!(server.reload(options).unwrap_err().kind(), ErrorKind::NotRunning);
}

#[tokio::test]
async fn max_processes_changes_at_once() {
    let server = start(Echo).await.unwrap();
    let mut first = Client::connect(server.local_addr()).await;
    first.call("a\n", "a\n").await;
    let mut second = Client::connect(server.local_addr()).await;
    second.send("b\n").await;
    first.call("c\n", "c\n").await;
    assert_eq!(server.info().curr_connections, 1);
    server.reload(Echo::OPTIONS.max_processes(2)).unwrap();
    second.expect("b\n").await;
    assert_eq!(server.info().max_processes, 2);
    // An option that was set in another way doesn't change.
    server.set_max_processes(5).unwrap();
    assert_eq!(
        said(&server.reload(Echo::OPTIONS).unwrap()),
        ["max_processes = 1 (was 5)"]
    );
    let option = server
        .options()
        .into_iter()
        .find(|option| option.name == "max_processes");
    assert_eq!(option.unwrap().source, OptionSource::Attribute);
}

#[tokio::test]
async fn what_cannot_change_is_said_and_stays() {
    let server = start(Echo).await.unwrap();
    let addr = server.local_addr();
    let options = Echo::OPTIONS
        .port(1)
        .ip([127, 0, 0, 2].into())
        .backlog(7)
        .packet(Packet::Four)
        .name("another")
        .nodelay(false);
    assert_eq!(
        said(&server.reload(options).unwrap()),
        [
            "port stays 0: 1 needs a restart",
            "ip stays 127.0.0.1: 127.0.0.2 needs a restart",
            "packet stays line(lf): 4 needs a restart",
            "backlog stays 1024: 7 needs a restart",
            "nodelay = false (was true)",
            "name stays none: another needs a restart",
        ]
    );
    assert_eq!(server.local_addr(), addr);
    let mut client = Client::connect(addr).await;
    client.call("a\n", "a\n").await;
    let values: Vec<String> = server.options().iter().map(ToString::to_string).collect();
    for value in [
        "port = 0 (attribute)",
        "packet = line(lf) (attribute)",
        "nodelay = false (program)",
    ] {
        assert!(values.iter().any(|listed| listed == value), "{values:?}");
    }
}

#[tokio::test]
async fn a_mistake_changes_nothing() {
    let server = echo().await;
    let before = server.options();
    let options = Echo::OPTIONS.recv_timeout(Duration::from_secs(1)).max_processes(0);
    let error = server.reload(options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Options);
    assert!(error.to_string().starts_with("max_processes"), "{error}");
    assert_eq!(server.options(), before);
}

#[tokio::test]
async fn options_that_say_nothing_of_the_protocol_leave_it_as_it_is() {
    let server = start(Echo).await.unwrap();
    let options = Options::new().port(0).packet_size(512);
    let changes = server.reload(options).unwrap();
    let stays: Vec<&str> = changes
        .iter()
        .filter(|change| !change.applied)
        .map(|change| change.name)
        .collect();
    assert!(stays.is_empty(), "{stays:?}");
}

/// Takes one frame at a time, and another one on request.
struct Once;

#[tcp_server(port = 0, packet = line(lf), active = once)]
impl Once {
    fn handle_call(&self, data: &[u8], socket: &mut Socket) -> Action {
        if data == b"more" {
            socket.set_active(Active::Once);
        }
        reply(data.to_vec())
    }
}

#[tokio::test]
async fn options_that_do_not_name_active_leave_it_and_say_nothing_of_it() {
    let server = start(with(Once, Once::OPTIONS.in_memory())).await.unwrap();
    let listed = |server: &Server| {
        let active = server.options().into_iter().find(|option| option.name == "active");
        active.unwrap().to_string()
    };
    let before = listed(&server);
    assert_eq!(before, "active = once (attribute)");
    let options = Options::new().port(0).packet_size(512);
    let said: Vec<_> = server.reload(options).unwrap();
    assert!(said.iter().all(|change| change.name != "active"), "{said:?}");
    assert!(
        said.iter().any(|change| change.name == "packet_size" && change.applied),
        "{said:?}"
    );
    assert_eq!(listed(&server), before);
    // It applies to later connections.
    let mut client = Client::in_memory(&server).await;
    client.send("more\na\nb\n").await;
    client.expect("more\na\n").await;
    server.stop().await;
    assert_eq!(client.rest().await, b"");
}

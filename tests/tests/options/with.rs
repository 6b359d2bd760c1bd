//! `with`: the same server with other options.

#![allow(clippy::unused_self, clippy::trivially_copy_pass_by_ref, clippy::unused_async)] // a callback's signature is given

use kai_tcp_server::{
    Action, Active, CloseReason, ErrorKind, ExitReason, Failure, Packet, Peer, Socket, Supervisor, start, tcp_server,
    with,
};
use kai_tcp_server_tests::{Client, next};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// Reports every callback.
struct All(UnboundedSender<String>);

#[tcp_server(port = 1, packet = line(lf), active = once, max_processes = 3)]
impl All {
    fn init(&mut self, _supervisor: &Supervisor) {
        self.0.send("init".to_owned()).unwrap();
    }

    async fn connected(&self, _socket: &mut Socket, peer: Peer<&'static str>) -> u32 {
        peer.send("message").unwrap();
        0
    }

    fn handle_call(&self, data: &str, calls: &mut u32) -> Result<Action, String> {
        *calls += 1;
        if data == "fail" {
            Err("failed".to_owned())
        } else {
            Ok(reply(data.to_owned()))
        }
    }

    fn handle_info(&self, message: &'static str, socket: &mut Socket) -> Action {
        socket.set_active(Active::Count(1));
        reply(message)
    }

    fn passive(&self, socket: &mut Socket) -> Action {
        socket.set_active(Active::True);
        reply("passive")
    }

    fn failed(&self, failure: &Failure, _calls: &mut u32) -> Action {
        reply(failure.to_string())
    }

    fn stopping(&self, _socket: &mut Socket, calls: &mut u32) -> Action {
        reply(format!("goodbye {calls}"))
    }

    fn closed(&self, calls: u32, reason: CloseReason) {
        self.0.send(format!("closed {calls} {reason:?}")).unwrap();
    }

    fn terminate(&self, reason: &ExitReason) {
        self.0.send(format!("terminate {reason:?}")).unwrap();
    }
}

#[tokio::test]
async fn every_callback_is_the_servers_own() {
    let (events, mut told) = unbounded_channel();
    // Twice, as a test may wrap a program's wrapped server.
    let server = with(
        with(All(events), All::OPTIONS.port(0)),
        All::OPTIONS.port(0).max_processes(1),
    );
    let server = start(server).await.unwrap();
    assert_eq!(next(&mut told).await.unwrap(), "init");
    assert!(
        server.tree().to_string().starts_with("All on 127.0.0.1:"),
        "{}",
        server.tree()
    );
    assert_eq!(server.info().max_processes, 1);
    let mut client = Client::connect(server.local_addr()).await;
    client.expect("message\n").await;
    client
        .call("a\nfail\nb\n", "a\npassive\na callback failed: failed\nb\n")
        .await;
    let stopping = server.stop();
    client.expect("goodbye 3\n").await;
    client.expect_eof().await;
    drop(client);
    stopping.await;
    assert_eq!(next(&mut told).await.unwrap(), "closed 3 Stopped");
    assert_eq!(next(&mut told).await.unwrap(), "terminate Stopped");
}

/// Takes one frame, then only messages.
struct Once(UnboundedSender<Peer<()>>);

#[tcp_server(port = 0, packet = line(lf), active = once)]
impl Once {
    fn connected(&self, peer: Peer<()>) {
        self.0.send(peer).unwrap();
    }

    fn handle_call(&self, data: &str) -> Action {
        reply(data.to_owned())
    }

    fn handle_info(&self, (): ()) -> Action {
        reply("message")
    }
}

#[tokio::test]
async fn packet_and_active_belong_to_the_protocol_and_stay() {
    let (peers, mut connected) = unbounded_channel();
    let options = Once::OPTIONS.in_memory().packet(Packet::Four).active(Active::True);
    let server = start(with(Once(peers), options)).await.unwrap();
    let mut client = Client::in_memory(&server).await;
    client.call("a\nb\n", "a\n").await;
    next(&mut connected).await.unwrap().send(()).unwrap();
    client.expect("message\n").await;
}

#[tokio::test]
async fn options_that_cannot_be_used_are_errors_that_name_them() {
    let options = All::OPTIONS.port(0);
    let zero = std::time::Duration::ZERO;
    for (options, option) in [
        (options.max_processes(0), "max_processes"),
        (options.restart_period(zero), "restart_period"),
        (options.accept_error_sleep_time(zero), "accept_error_sleep_time"),
        (options.recv_timeout(zero), "recv_timeout"),
        (options.recv_limit(0), "recv_limit"),
        (options.send_timeout(zero), "send_timeout"),
        (options.frame_timeout(zero), "frame_timeout"),
        (options.call_timeout(zero), "call_timeout"),
        (options.max_age(zero), "max_age"),
        (options.close_timeout(zero), "close_timeout"),
        (options.packet_size(0), "packet_size"),
        (options.packet_size(1 << 31), "packet_size"),
        (options.mailbox(0), "mailbox"),
        (options.backlog(0), "backlog"),
        (options.name(""), "name"),
        (kai_tcp_server::Options::new(), "port"),
    ] {
        let (events, mut told) = unbounded_channel();
        let error = start(with(All(events), options)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Options, "{error}");
        assert!(error.to_string().starts_with(option), "{error}");
        assert_eq!(next(&mut told).await, None, "init isn't called");
    }
}

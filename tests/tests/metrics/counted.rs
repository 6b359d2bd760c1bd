//! Each way to end a connection, each time limit and each message too many is counted once.

use std::time::Duration;

use kai_tcp_server::__private::kill_acceptor;
use kai_tcp_server::{Action, CloseReason, Failure, Options, Peer, Server, Socket, start, tcp_server, with};
use kai_tcp_server_tests::{Client, eventually};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

struct Ways(UnboundedSender<Peer<u8>>);

#[tcp_server(
    port = 0,
    max_processes = 10,
    packet = line(lf),
    packet_size = 64,
    mailbox = 2,
    recv_timeout = "1h",
    call_timeout = "1s",
)]
impl Ways {
    fn connected(&self, peer: Peer<u8>) -> Peer<u8> {
        self.0.send(peer.clone()).expect("the test goes on");
        peer
    }

    async fn handle_call(&self, line: &str, socket: &mut Socket, me: &mut Peer<u8>) -> Result<Action, &'static str> {
        Ok(match line {
            "close" => close,
            "fail" => return Err("as asked"),
            "panic" => panic!("as asked"),
            "kick" => {
                me.close();
                std::future::pending().await
            }
            "much" => reply(vec![b'x'; 32 << 20]),
            "sleep" => std::future::pending().await,
            "fill" => {
                let taken = (0..5).filter(|&n| me.send(n).is_ok()).count();
                reply(taken.to_string())
            }
            "soon" => {
                socket.set_recv_timeout(Duration::from_millis(10));
                reply("soon")
            }
            _ => reply(line.to_owned()),
        })
    }

    fn handle_info(&self, _: u8) -> Action {
        noreply
    }

    fn failed(&self, _: &Failure) -> Action {
        close
    }
}

/// A server behind a proxy.
struct Behind;

#[tcp_server(port = 0, proxy_protocol = required, trusted_proxies = ["127.0.0.1"], proxy_timeout = "50ms")]
impl Behind {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

async fn ways(options: Options) -> (Server, tokio::sync::mpsc::UnboundedReceiver<Peer<u8>>) {
    let (peers, told) = unbounded_channel();
    let server = start(with(Ways(peers), options)).await.unwrap();
    (server, told)
}

fn closed(server: &Server) -> Vec<(CloseReason, u64)> {
    let closed = server.info().closed;
    let counted = closed.iter().filter(|closed| closed.connections > 0);
    counted.map(|closed| (closed.reason, closed.connections)).collect()
}

async fn ends_by(server: &Server, sent: &[u8], reason: CloseReason) {
    let before = server.info().closed;
    let mut client = Client::connect(server.local_addr()).await;
    client.send(sent).await;
    client.rest().await;
    drop(client);
    eventually("the connection has ended", || server.info().curr_connections == 0).await;
    for (now, before) in server.info().closed.into_iter().zip(before) {
        let one = u64::from(now.reason == reason);
        assert_eq!(
            now.connections,
            before.connections + one,
            "{}, after {reason}",
            now.reason
        );
    }
}

#[tokio::test]
async fn each_end_of_a_connection_is_counted_by_its_reason() {
    let (server, _told) = ways(Ways::OPTIONS).await;
    assert_eq!(closed(&server), []);
    ends_by(&server, b"close\n", CloseReason::Handler).await;
    ends_by(&server, b"fail\n", CloseReason::Call).await;
    ends_by(&server, b"panic\n", CloseReason::Panic).await;
    ends_by(&server, b"kick\n", CloseReason::Kicked).await;
    ends_by(&server, b"\xff\n", CloseReason::NotUtf8).await;
    ends_by(&server, &[b'a'; 100], CloseReason::TooLong).await;
    ends_by(&server, b"soon\n", CloseReason::Timeout).await;
    // One that is there when the server stops.
    let mut client = Client::connect(server.local_addr()).await;
    client.call("a\n", "a\n").await;
    server.stop().await;
    let all = closed(&server);
    assert_eq!(
        all.iter().map(|&(_, connections)| connections).sum::<u64>(),
        server.info().accepted
    );
    assert!(all.contains(&(CloseReason::Stopped, 1)), "{all:?}");
}

#[tokio::test]
async fn a_peer_that_closes_and_one_that_resets_are_told_apart() {
    let (server, mut told) = ways(Ways::OPTIONS).await;
    let client = Client::connect(server.local_addr()).await;
    told.recv().await;
    drop(client);
    eventually("it is counted", || closed(&server) == [(CloseReason::Peer, 1)]).await;
    let client = Client::connect(server.local_addr()).await;
    told.recv().await;
    client.reset();
    eventually("it is counted", || {
        closed(&server) == [(CloseReason::Peer, 1), (CloseReason::Reset, 1)]
    })
    .await;
    server.stop().await;
}

#[tokio::test]
async fn an_acceptor_that_is_killed_has_closed_its_connection_and_is_restarted() {
    let (server, mut told) = ways(Ways::OPTIONS).await;
    let mut client = Client::connect(server.local_addr()).await;
    told.recv().await;
    assert!(kill_acceptor(&server, 1));
    client.rest().await;
    eventually("it is counted", || {
        closed(&server) == [(CloseReason::Stopped, 1)] && server.info().restarts == 1
    })
    .await;
    server.stop().await;
}

#[tokio::test]
async fn each_time_limit_that_is_reached_is_counted_by_its_option() {
    let short = Duration::from_millis(50);
    let options = Ways::OPTIONS
        .recv_timeout(short)
        .frame_timeout(short)
        .call_timeout(short);
    let (server, _told) = ways(options).await;
    for (sent, counted) in [("a\n", "recv"), ("a\nb", "frame"), ("sleep\n", "call")] {
        let before = server.info().timeouts;
        let mut client = Client::connect(server.local_addr()).await;
        client.send(sent).await;
        client.rest().await;
        let now = server.info().timeouts;
        let more = [
            ("recv", now.recv - before.recv),
            ("frame", now.frame - before.frame),
            ("send", now.send - before.send),
            ("call", now.call - before.call),
            ("handshake", now.handshake - before.handshake),
        ];
        for (limit, more) in more {
            assert_eq!(more, u64::from(limit == counted), "{limit}, after {sent:?}");
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn a_peer_that_does_not_read_and_a_header_that_does_not_come_are_counted_too() {
    let short = Duration::from_millis(50);
    let (server, _told) = ways(Ways::OPTIONS.send_timeout(short)).await;
    let mut client = Client::connect(server.local_addr()).await;
    client.send("much\n").await;
    eventually("it is counted", || server.info().timeouts.send == 1).await;
    server.stop().await;

    let server = start(Behind).await.unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    client.expect_eof_or_reset().await;
    eventually("it is counted", || server.info().timeouts.handshake == 1).await;
    assert_eq!(closed(&server), [(CloseReason::Handshake, 1)]);
    server.stop().await;
}

#[tokio::test]
async fn each_message_to_a_full_mailbox_is_counted() {
    let (server, _told) = ways(Ways::OPTIONS).await;
    let mut client = Client::connect(server.local_addr()).await;
    client.call("fill\n", "2\n").await;
    assert_eq!(server.info().full_mailboxes, 3);
    server.stop().await;
}

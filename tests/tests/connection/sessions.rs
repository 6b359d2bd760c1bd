//! The state of a connection ends with it: nothing reaches the acceptor's next connection.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::time::Duration;

use kai_tcp_server::{Action, Active, Packet, Peer, SendError, Server, Socket, start, tcp_server, with};
use kai_tcp_server_tests::{Client, next};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

struct Stateful {
    peers: UnboundedSender<Peer<String>>,
}

#[derive(Default)]
struct Memory {
    lines: Vec<String>,
}

#[tcp_server(port = 0, packet = line(lf), max_processes = 1, recv_timeout = "10s")]
impl Stateful {
    fn connected(&self, peer: Peer<String>) -> Memory {
        let _ = self.peers.send(peer);
        Memory::default()
    }

    async fn handle_call(
        &self,
        data: &str,
        socket: &mut Socket,
        memory: &mut Memory,
    ) -> kai_tcp_server::Result<Action> {
        memory.lines.push(data.to_owned());
        Ok(match data {
            "bye" => close("cya"),
            "mode" => {
                socket.set_packet(Packet::Four);
                socket.set_recv_timeout(Duration::from_secs(1));
                socket.set_active(Active::Count(1));
                socket.send("changed").await?;
                noreply
            }
            "panic" => panic!("as asked for"),
            "unread" => {
                socket.send("x".repeat(1_000_000)).await?;
                reply("y".repeat(1_000_000))
            }
            _ => reply(memory.lines.join(" ")),
        })
    }

    fn handle_info(&self, message: String) -> Action {
        reply(message)
    }
}

async fn stateful() -> (Server, UnboundedReceiver<Peer<String>>) {
    let (peers, connected) = unbounded_channel();
    let server = with(Stateful { peers }, Stateful::OPTIONS.in_memory());
    (start(server).await.unwrap(), connected)
}

/// Checks that the next connection finds the initial state.
async fn is_as_new(server: &Server, connected: &mut UnboundedReceiver<Peer<String>>) {
    let mut successor = Client::in_memory(server).await;
    successor.call("a\n", "a\n").await;
    successor.call("b\nc\n", "a b\na b c\n").await;
    let peer = next(connected).await.unwrap();
    peer.send("message".to_owned()).unwrap();
    successor.expect("message\n").await;
    successor.half_close().await;
    successor.expect_eof().await;
}

#[tokio::test(start_paused = true)]
async fn input_that_a_close_left_unhandled_is_not_the_next_ones() {
    let (server, mut connected) = stateful().await;
    for last in ["bye\n", "panic\n"] {
        let mut client = Client::in_memory(&server).await;
        client.send(format!("{last}left\nover\nbye\nhalf")).await;
        client.expect(if last == "bye\n" { "cya\n" } else { "" }).await;
        client.expect_eof().await;
        drop(client);
        next(&mut connected).await.unwrap();
        is_as_new(&server, &mut connected).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_mode_a_timeout_and_a_count_that_were_set_are_not_the_next_ones() {
    let (server, mut connected) = stateful().await;
    let mut client = Client::in_memory(&server).await;
    client.call("mode\n", "\0\0\0\x07changed").await;
    drop(client);
    next(&mut connected).await.unwrap();
    is_as_new(&server, &mut connected).await;
}

#[tokio::test(start_paused = true)]
async fn messages_that_were_left_and_that_come_too_late_are_not_the_next_ones() {
    let (server, mut connected) = stateful().await;
    let mut client = Client::in_memory(&server).await;
    client.call("a\n", "a\n").await;
    let peer = next(&mut connected).await.unwrap();
    for _ in 0..10 {
        peer.send("left".to_owned()).unwrap();
    }
    peer.close();
    client.expect_eof().await;
    drop(client);
    let mut successor = Client::in_memory(&server).await;
    successor.call("a\n", "a\n").await;
    assert_eq!(peer.send("late".to_owned()), Err(SendError::Gone("late".to_owned())));
    // A late close doesn't affect it either.
    peer.close();
    successor.call("b\n", "a b\n").await;
    successor.half_close().await;
    successor.expect_eof().await;
    next(&mut connected).await.unwrap();
    is_as_new(&server, &mut connected).await;
}

#[tokio::test(start_paused = true)]
async fn replies_that_nobody_read_are_not_the_next_ones() {
    let (server, mut connected) = stateful().await;
    let mut client = Client::in_memory(&server).await;
    client.send("unread\n").await;
    let peer = next(&mut connected).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    peer.close();
    tokio::time::sleep(Duration::from_secs(2)).await;
    is_as_new(&server, &mut connected).await;
    drop(client);
}

#[tokio::test(start_paused = true)]
async fn what_a_killed_acceptor_had_in_hand_is_not_its_successors() {
    let (server, mut connected) = stateful().await;
    let mut client = Client::in_memory(&server).await;
    client.call("mode\n", "\0\0\0\x07changed").await;
    client.send("\0\0\0\x04half").await;
    let peer = next(&mut connected).await.unwrap();
    assert!(kai_tcp_server::__private::kill_acceptor(&server, 1));
    client.expect_gone().await;
    assert_eq!(peer.send("late".to_owned()), Err(SendError::Gone("late".to_owned())));
    is_as_new(&server, &mut connected).await;
}

//! Frames are answered once and in order, however a peer's bytes are cut and whatever a call itself
//! reads. No wake-up is lost when a read fills its buffer or leaves it empty.

use std::net::SocketAddr;

use kai_tcp_server::{Action, Active, Bytes, Peer, Server, Socket, start, tcp_server, with};
use kai_tcp_server_tests::{Client, Random};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};

struct AtOnce;

#[tcp_server(port = 0, packet = line(lf), packet_size = 1_000_000, recv_timeout = infinity)]
impl AtOnce {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(answer(data))
    }
}

struct InTurn;

#[tcp_server(port = 0, packet = line(lf), packet_size = 1_000_000, recv_timeout = infinity)]
impl InTurn {
    async fn handle_call(&self, data: Bytes) -> Action {
        if data.len().is_multiple_of(3) {
            tokio::task::yield_now().await;
        }
        reply(answer(&data))
    }
}

struct Messages;

#[tcp_server(port = 0, packet = line(lf), packet_size = 1_000_000, recv_timeout = infinity)]
impl Messages {
    fn connected(&self, peer: Peer<()>) -> Peer<()> {
        peer
    }

    fn handle_call(&self, data: &[u8], peer: &mut Peer<()>) -> Action {
        let _ = peer.send(());
        reply(answer(data))
    }

    fn handle_info(&self, _message: ()) -> Action {
        noreply
    }
}

struct WithSocket;

#[tcp_server(port = 0, packet = line(lf), packet_size = 1_000_000, recv_timeout = infinity)]
impl WithSocket {
    async fn handle_call(&self, data: &[u8], socket: &mut Socket) -> kai_tcp_server::Result<Action> {
        // The following bytes are read in three ways: by the loop, as a frame, and as bytes.
        match data.len() % 3 {
            0 => {
                socket.send(answer(data)).await?;
                Ok(match socket.recv().await? {
                    Some(next) => reply(answer(&next)),
                    None => close,
                })
            }
            1 => {
                socket.send(answer(data)).await?;
                let mut next = Vec::new();
                loop {
                    match socket.read_u8().await? {
                        b'\n' => break Ok(reply(answer(&next))),
                        byte => next.push(byte),
                    }
                }
            }
            _ => Ok(reply(answer(data))),
        }
    }
}

struct Once;

#[tcp_server(port = 0, packet = line(lf), packet_size = 1_000_000, recv_timeout = infinity, active = 3)]
impl Once {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(answer(data))
    }

    fn passive(&self, socket: &mut Socket) -> Action {
        socket.set_active(Active::Count(5));
        noreply
    }
}

fn answer(data: &[u8]) -> String {
    let sum = data
        .iter()
        .fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)));
    format!("{} {sum}", data.len())
}

/// The sizes of buffers; the tests also use a byte more and less.
const EDGES: [usize; 6] = [4096, 16 * 1024, 32 * 1024, 64 * 1024, 128 * 1024, 256 * 1024];

async fn converse<T: AsyncRead + AsyncWrite + Unpin>(mut client: Client<T>, seed: u64) {
    let mut random = Random(seed);
    for _ in 0..60 {
        let mut sent = Vec::new();
        let mut expected = String::new();
        let size = match random.below(4) {
            0 => 1 + random.below(200),
            1 => 1 + random.below(40_000),
            _ => EDGES[random.below(EDGES.len())] + random.below(3) - 1,
        };
        // An even number of lines, as some calls take two.
        while sent.len() < size {
            let mut lines = Vec::new();
            for _ in 0..2 {
                let most = [1, 30, 3000, 70_000][random.below(4)];
                let length = random.below(most);
                lines.push(vec![b'a' + u8::try_from(random.below(26)).unwrap(); length]);
            }
            let room = size - sent.len();
            if lines.iter().map(|line| line.len() + 1).sum::<usize>() + 2 > room {
                lines = vec![vec![b'z'; room.saturating_sub(2)], vec![]];
            }
            for line in lines {
                expected.push_str(&answer(&line));
                expected.push('\n');
                sent.extend_from_slice(&line);
                sent.push(b'\n');
            }
        }
        let mut rest = &sent[..];
        let cut = [1, 7, 4096, 16 * 1024, 64 * 1024, usize::MAX][random.below(6)];
        let cut = if sent.len() / cut > 1000 { 4096 } else { cut };
        while !rest.is_empty() {
            let (piece, others) = rest.split_at(cut.min(rest.len()));
            client.send(piece).await;
            rest = others;
            if random.below(3) == 0 {
                tokio::task::yield_now().await;
            }
        }
        client.expect(&expected).await;
    }
    client.half_close().await;
    client.expect_eof().await;
}

async fn over_tcp(server: Server) {
    let addr: SocketAddr = server.local_addr();
    let clients = (1..5).map(|seed| tokio::spawn(async move { converse(Client::connect(addr).await, seed).await }));
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
    server.stop().await;
}

async fn in_memory(server: Server) {
    for seed in 1..5 {
        converse(Client::in_memory(&server).await, seed).await;
    }
    server.stop().await;
}

macro_rules! at_any_pace {
    ($($name:ident: $server:ident),*) => { $(
        mod $name {
            use super::*;

            #[tokio::test]
            async fn over_tcp_on_one_thread() {
                over_tcp(start(with($server, $server::OPTIONS)).await.unwrap()).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn over_tcp_on_two_threads() {
                over_tcp(start(with($server, $server::OPTIONS)).await.unwrap()).await;
            }

            #[tokio::test]
            async fn in_memory_on_one_thread() {
                in_memory(start(with($server, $server::OPTIONS.in_memory())).await.unwrap()).await;
            }
        }
    )* };
}

at_any_pace!(
    calls_at_once: AtOnce,
    calls_in_turn: InTurn,
    calls_with_messages: Messages,
    calls_with_the_socket: WithSocket,
    calls_by_count: Once
);

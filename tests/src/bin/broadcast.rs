//! Counts the allocations of broadcasts to many members. Everything is on one thread, so that
//! nothing else allocates while a broadcast runs.

use std::alloc::System;

use kai_tcp_server::{Action, Bytes, Group, JoinError, Membership, Peer, start, tcp_server, with};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tokio::io::AsyncReadExt as _;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const MEMBERS: usize = 10_000;

#[derive(Default)]
struct Room {
    all: Group<Bytes>,
}

#[tcp_server(port = 0, packet = line(lf), max_processes = MEMBERS)]
impl Room {
    fn connected(&self, peer: Peer<Bytes>) -> Result<Membership<Bytes>, JoinError> {
        self.all.join(&peer)
    }

    fn handle_call(&self, _: &[u8], _: &mut Membership<Bytes>) -> Action {
        noreply
    }

    fn handle_info(&self, line: Bytes) -> Action {
        reply(line)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let all = Group::new();
    let room = Room { all: all.clone() };
    let server = start(with(room, Room::OPTIONS.in_memory())).await.expect("it starts");
    let mut clients = Vec::new();
    for _ in 0..MEMBERS {
        clients.push(server.connect().await.expect("it runs"));
    }
    while all.len() < MEMBERS {
        tokio::task::yield_now().await;
    }
    for number in 0..3 {
        let message = Bytes::from(vec![b'x'; 100]);
        let region = Region::new(ALLOCATOR);
        let told = all.broadcast(message);
        let counted = region.change();
        println!(
            "{} {} {}",
            told.sent,
            told.full.len(),
            counted.allocations + counted.reallocations
        );
        let mut line = [0; 101];
        for client in &mut clients {
            client.read_exact(&mut line).await.expect("it is sent on");
        }
        assert_eq!(line[..100], [b'x'; 100], "{number}");
    }
}

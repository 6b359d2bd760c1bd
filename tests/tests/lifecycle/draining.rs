//! A stop under load: each request whose call began is answered, and no other.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use kai_tcp_server::{Action, Server, start, tcp_server, with};
use kai_tcp_server_tests::eventually;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const CLIENTS: usize = 16;

struct Counting(Arc<AtomicU64>);

#[tcp_server(port = 0, max_processes = 64, packet = 2)]
impl Counting {
    /// Waits in some of its calls.
    async fn handle_call(&self, data: &[u8]) -> Action {
        let n = self.0.fetch_add(1, SeqCst);
        if n.is_multiple_of(3) {
            tokio::task::yield_now().await;
        }
        reply(data)
    }

    fn stopping(&self) -> Action {
        reply(b"bye")
    }
}

/// Sends numbered requests without waiting for answers, until the server closes. Checks each
/// answer, and returns their number and whether a goodbye came.
async fn pipeline(server: Server) -> (u64, bool) {
    let Ok(stream) = TcpStream::connect(server.local_addr()).await else {
        return (0, false);
    };
    let (mut read, mut write) = stream.into_split();
    let sender = tokio::spawn(async move {
        for first in (0_u32..).step_by(100) {
            let mut requests = Vec::with_capacity(600);
            for n in first..first + 100 {
                requests.extend_from_slice(&[0, 4]);
                requests.extend_from_slice(&n.to_be_bytes());
            }
            if write.write_all(&requests).await.is_err() {
                return;
            }
        }
    });
    let mut answers = Vec::new();
    // No call reads the bytes after the end, so a reset may follow the last answer.
    let _ = read.read_to_end(&mut answers).await;
    sender.abort();
    let goodbye = answers.ends_with(b"\0\x03bye");
    if goodbye {
        answers.truncate(answers.len() - 5);
    }
    let mut count = 0_u32;
    for answer in answers.chunks(6) {
        assert_eq!(answer, [[0, 4].as_slice(), &count.to_be_bytes()].concat());
        count += 1;
    }
    (u64::from(count), goodbye)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn as_many_answers_are_read_as_calls_were_counted_and_each_that_was_connected_hears_goodbye() {
    for _ in 0..4 {
        let calls = Arc::new(AtomicU64::new(0));
        let server = start(with(Counting(Arc::clone(&calls)), Counting::OPTIONS))
            .await
            .unwrap();
        let clients: Vec<_> = (0..CLIENTS).map(|_| tokio::spawn(pipeline(server.clone()))).collect();
        eventually("all are served", || {
            server.info().curr_connections == CLIENTS && server.info().calls > 2_000
        })
        .await;
        let stopping = server.stop();
        let (mut answers, mut goodbyes) = (0, 0);
        for client in clients {
            let (count, goodbye) = client.await.unwrap();
            answers += count;
            goodbyes += usize::from(goodbye);
        }
        let stopped = stopping.await;
        assert_eq!((stopped.finished, stopped.cut, stopped.unserved), (CLIENTS, 0, 0));
        assert_eq!((answers, goodbyes), (calls.load(SeqCst), CLIENTS));
        assert_eq!(server.info().calls, answers);
    }
}

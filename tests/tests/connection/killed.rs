//! The order in which a connection is cleaned up when its acceptor is killed.

use std::panic::panic_any;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use kai_tcp_server::__private::kill_acceptor;
use kai_tcp_server::{Action, CloseReason, Peer, Server, Socket, start, tcp_server, with};
use kai_tcp_server_tests::{Client, next};
use tokio::io::{AsyncRead as _, AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, ReadBuf};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// Reports in `closed` what is left of its connection.
struct Witness {
    client: Arc<Mutex<Option<DuplexStream>>>,
    seen: UnboundedSender<(CloseReason, bool, usize)>,
}

#[tcp_server(port = 0, packet = line(lf), max_processes = 1)]
impl Witness {
    fn connected(&self, socket: &mut Socket) -> Server {
        socket.server().clone()
    }

    fn handle_call(&self, data: &[u8], _server: &mut Server) -> Action {
        reply(data)
    }

    fn closed(&self, server: Server, reason: CloseReason) {
        let mut client = self.client.lock().unwrap().take().unwrap();
        let mut space = [0];
        let mut buf = ReadBuf::new(&mut space);
        let read = Pin::new(&mut client).poll_read(&mut Context::from_waker(Waker::noop()), &mut buf);
        let is_closed = matches!(read, Poll::Ready(Ok(()))) && buf.filled().is_empty();
        self.seen.send((reason, is_closed, server.connections().len())).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn its_stream_is_closed_before_closed_is_told_and_its_place_is_free_after() {
    let (seen, mut told) = unbounded_channel();
    let client = Arc::new(Mutex::new(None));
    let witness = Witness {
        client: Arc::clone(&client),
        seen,
    };
    let server = start(with(witness, Witness::OPTIONS.in_memory())).await.unwrap();
    let mut stream = server.connect().await.unwrap();
    stream.write_all(b"a\n").await.unwrap();
    stream.read_exact(&mut [0; 2]).await.unwrap();
    *client.lock().unwrap() = Some(stream);
    assert!(kill_acceptor(&server, 1));
    assert_eq!(next(&mut told).await, Some((CloseReason::Stopped, true, 1)));
    let mut next_one = Client::in_memory(&server).await;
    next_one.call("b\n", "b\n").await;
    assert_eq!(server.connections().len(), 1);
}

/// Panics when it is dropped, with a payload that panics when it is dropped too; the innermost one
/// has no further payload.
struct Bomb(Option<Box<Bomb>>);

impl Drop for Bomb {
    fn drop(&mut self) {
        match self.0.take() {
            Some(inner) => panic_any(*inner),
            None => panic!("asked for"),
        }
    }
}

/// Sends itself messages that it never takes, because its call waits.
struct Mined(UnboundedSender<CloseReason>);

#[tcp_server(port = 0, packet = line(lf), max_processes = 1)]
impl Mined {
    fn connected(&self, peer: Peer<Bomb>) -> Peer<Bomb> {
        peer
    }

    async fn handle_call(&self, socket: &mut Socket, peer: &mut Peer<Bomb>) -> kai_tcp_server::Result<Action> {
        let _ = peer.send(Bomb(Some(Box::new(Bomb(None)))));
        socket.send("sent").await?;
        std::future::pending().await
    }

    fn handle_info(&self, message: Bomb) -> Action {
        std::mem::forget(message);
        noreply
    }

    fn closed(&self, _: Peer<Bomb>, reason: CloseReason) {
        self.0.send(reason).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn messages_whose_destructors_panic_twice_keep_nobody_from_being_told_the_end() {
    let (ends, mut ended) = unbounded_channel();
    let server = start(with(Mined(ends), Mined::OPTIONS.in_memory())).await.unwrap();
    for _ in 0..2 {
        let mut client = Client::in_memory(&server).await;
        client.call("a\n", "sent").await;
        assert!(kill_acceptor(&server, 1));
        client.expect_gone().await;
        assert_eq!(next(&mut ended).await, Some(CloseReason::Stopped));
    }
}

/// Kills the serving acceptor in `closed`, and stops the server.
struct Spiteful(UnboundedSender<Option<CloseReason>>);

#[tcp_server(port = 0, packet = line(lf), max_processes = 2)]
impl Spiteful {
    fn connected(&self, socket: &mut Socket) -> Server {
        socket.server().clone()
    }

    fn handle_call(&self, data: &[u8], _server: &mut Server) -> Action {
        match data {
            b"bye" => close,
            _ => reply(data),
        }
    }

    async fn closed(&self, server: Server, reason: CloseReason) {
        kill_acceptor(&server, 1);
        kill_acceptor(&server, 2);
        self.0.send(Some(reason)).unwrap();
        server.stop().await;
        self.0.send(None).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_closed_that_kills_and_stops_is_told_once_for_each_connection() {
    for kill in [true, false] {
        let (ends, mut ended) = unbounded_channel();
        let server = start(with(Spiteful(ends), Spiteful::OPTIONS.in_memory()))
            .await
            .unwrap();
        let mut clients = [Client::in_memory(&server).await, Client::in_memory(&server).await];
        for client in &mut clients {
            client.call("a\n", "a\n").await;
        }
        if kill {
            assert!(kill_acceptor(&server, 1));
        } else {
            clients[0].send("bye\n").await;
        }
        for client in &mut clients {
            client.expect_gone().await;
        }
        server.wait().await.unwrap();
        drop(server);
        let mut told = Vec::new();
        while let Some(end) = next(&mut ended).await {
            told.extend(end);
        }
        told.sort_by_key(|reason| *reason == CloseReason::Stopped);
        let first = if kill {
            CloseReason::Stopped
        } else {
            CloseReason::Handler
        };
        assert_eq!(told, [first, CloseReason::Stopped]);
    }
}

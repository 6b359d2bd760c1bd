//! The call loop: the time at which replies leave, the effect of a waiting call on others, and the
//! socket within a call.
//!
//! Longer than other files, as one server and one client drive all of it.

#![allow(clippy::unused_self, clippy::needless_pass_by_value)] // a callback's signature is given

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use bytes::Bytes;
use kai_tcp_server::{
    Action, CloseReason, ConnectionId, ErrorKind, Failure, Packet, Peer, PeerAddr, Socket, start, tcp_server, with,
};
use kai_tcp_server_tests::{Client, available, eventually, next};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

struct Slow {
    events: UnboundedSender<&'static str>,
    go: Semaphore,
}

#[tcp_server(port = 0, max_processes = 3)]
impl Slow {
    async fn handle_call(&self, data: &[u8]) -> Action {
        if data == b"slow\n" {
            let _ = self.events.send("slow");
            self.go.acquire().await.unwrap().forget();
            return reply("done\n");
        }
        reply(data)
    }
}

#[tokio::test]
async fn a_reply_goes_out_before_a_call_behind_it_waits() {
    let (events, mut told) = unbounded_channel();
    let go = Semaphore::new(0);
    let server = start(Slow { events, go }).await.unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    client.send("a\nb\nslow\nc\n").await;
    assert_eq!(next(&mut told).await, Some("slow"));
    client.expect("a\nb\n").await;
    assert_eq!(server.info().calls, 3, "what is behind it waits");
}

#[tokio::test]
async fn a_call_that_sleeps_holds_up_nobody_else() {
    let (events, mut told) = unbounded_channel();
    let server = start(Slow {
        events,
        go: Semaphore::new(0),
    })
    .await
    .unwrap();
    let mut sleepers = Vec::new();
    for _ in 0..2 {
        let mut sleeper = Client::connect(server.local_addr()).await;
        sleeper.send("slow\n").await;
        assert_eq!(next(&mut told).await, Some("slow"));
        sleepers.push(sleeper);
    }
    let mut client = Client::connect(server.local_addr()).await;
    for _ in 0..100 {
        client.call("a\n", "a\n").await;
    }
}

/// Blocks its thread until the test releases it.
struct Blocking {
    events: UnboundedSender<()>,
    go: Mutex<mpsc::Receiver<()>>,
}

impl Blocking {
    fn block(&self) {
        self.events.send(()).unwrap();
        // If it blocks the test too, only the timeout ends it.
        let waited = self.go.lock().unwrap().recv_timeout(Duration::from_secs(10));
        assert!(waited.is_ok(), "nobody else was served");
    }
}

#[tcp_server(port = 0)]
impl Blocking {
    fn handle_call(&self, data: &[u8]) -> Action {
        if data == b"block\n" {
            tokio::task::block_in_place(|| self.block());
        }
        reply(data)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_call_that_blocks_in_place_holds_up_nobody() {
    let (events, mut blocks) = unbounded_channel();
    let (release, go) = mpsc::channel();
    let go = Mutex::new(go);
    let server = start(Blocking { events, go }).await.unwrap();
    for _ in 0..20 {
        // Its first call has arrived when it is accepted, so it blocks the thread that accepted it.
        let mut blocked = Client::connect(server.local_addr()).await;
        blocked.send("block\n").await;
        next(&mut blocks).await.unwrap();
        let mut clients = Vec::new();
        for _ in 0..5 {
            let mut client = Client::connect(server.local_addr()).await;
            client.call("a\n", "a\n").await;
            clients.push(client);
        }
        release.send(()).unwrap();
        blocked.expect("block\n").await;
    }
}

struct Echo;

#[tcp_server(port = 0)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

/// Returns the number of data segments that this end received, by the system's count.
fn data_segments_received(addr: SocketAddr) -> u32 {
    let output = std::process::Command::new("ss")
        .args(["-tinH", "src", &addr.to_string()])
        .output()
        .unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let count = output
        .split_whitespace()
        .find_map(|word| word.strip_prefix("data_segs_in:"));
    count
        .unwrap_or_else(|| panic!("no count in {output:?}"))
        .parse()
        .unwrap()
}

#[tokio::test]
async fn replies_to_frames_that_came_together_leave_together() {
    if !available("ss", &["-V"], "apt install iproute2") {
        return;
    }
    let server = start(Echo).await.unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    let lines = "hello\n".repeat(1000);
    client.call(&lines, &lines).await;
    let segments = data_segments_received(client.local_addr());
    assert!(segments <= 5, "{segments} segments");
}

/// A future that polls its inner future only after a wake-up of it, as `FuturesUnordered` does.
struct Picky<F> {
    future: F,
    woken: Arc<Woken>,
}

struct Woken {
    woken: AtomicBool,
    parent: Mutex<Option<Waker>>,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, SeqCst);
        if let Some(parent) = self.parent.lock().unwrap().take() {
            parent.wake();
        }
    }
}

impl<F> Picky<F> {
    fn new(future: F) -> Self {
        let (woken, parent) = (AtomicBool::new(true), Mutex::new(None));
        Picky {
            future,
            woken: Arc::new(Woken { woken, parent }),
        }
    }
}

impl<F: Future + Unpin> Future for Picky<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let Picky { future, woken } = self.get_mut();
        *woken.parent.lock().unwrap() = Some(cx.waker().clone());
        if !woken.woken.swap(false, SeqCst) {
            return Poll::Pending;
        }
        let waker = Waker::from(Arc::clone(woken));
        Pin::new(future).poll(&mut Context::from_waker(&waker))
    }
}

/// Awaits everything through [`Picky`].
struct Joining;

#[tcp_server(port = 0, packet = line(lf), active = true)]
impl Joining {
    fn connected(&self, peer: Peer<()>) -> Peer<()> {
        peer
    }

    async fn handle_call(
        &self,
        data: &[u8],
        socket: &mut Socket,
        peer: &mut Peer<()>,
    ) -> kai_tcp_server::Result<Action> {
        // Wakes the connection's task for something else.
        peer.send(()).unwrap();
        match data {
            b"recv" => {
                let frame = Picky::new(pin!(socket.recv())).await?.unwrap_or_default();
                Ok(reply(frame))
            }
            b"exact" => {
                let recv = pin!(socket.recv_exact(5));
                let never = std::future::pending::<()>();
                tokio::select! {
                    bytes = Picky::new(recv) => Ok(reply(bytes?)),
                    () = never => Ok(close),
                }
            }
            b"send" => {
                for _ in 0..20 {
                    Picky::new(pin!(socket.send(vec![b'x'; 100_000]))).await?;
                }
                Ok(reply("sent"))
            }
            b"flush" => {
                Picky::new(pin!(socket.write_all(&vec![b'x'; 1_000_000]))).await?;
                Picky::new(pin!(socket.flush())).await?;
                Ok(reply("flushed"))
            }
            _ => Ok(noreply),
        }
    }

    fn handle_info(&self, (): ()) -> Action {
        noreply
    }
}

#[tokio::test]
async fn socket_operations_that_are_awaited_beside_others_never_hang() {
    // A stream that holds little, so that every send waits.
    let server = start(with(Joining, Joining::OPTIONS.in_memory())).await.unwrap();
    let mut client = Client::in_memory(&server).await;
    client.send("recv\n").await;
    eventually("the call waits", || server.info().calls == 1).await;
    client.call("frame\n", "frame\n").await;
    client.send("exact\n").await;
    eventually("the call waits", || server.info().calls == 2).await;
    client.send("abc").await;
    eventually("the call still waits", || server.info().bytes_in == 5 + 6 + 6 + 3).await;
    client.call("de", "abcde\n").await;
    client.send("send\n").await;
    for _ in 0..20 {
        client.expect(vec![b'x'; 100_000]).await;
        client.expect("\n").await;
    }
    client.expect("sent\n").await;
    client.send("flush\n").await;
    client.expect(vec![b'x'; 1_000_000]).await;
    client.expect("flushed\n").await;
}

/// Hands its connection over to another server.
struct Proxy(SocketAddr);

#[tcp_server(port = 0, packet = line(lf))]
impl Proxy {
    async fn handle_call(&self, socket: &mut Socket) -> kai_tcp_server::Result<Action> {
        let mut upstream = tokio::net::TcpStream::connect(self.0).await?;
        tokio::io::copy_bidirectional(socket, &mut upstream).await?;
        Ok(reply("over"))
    }
}

/// Echoes all bytes.
struct Mirror;

#[tcp_server(port = 0, packet = line(lf))]
impl Mirror {
    async fn handle_call(&self, socket: &mut Socket) -> kai_tcp_server::Result<Action> {
        let (mut from, mut to) = tokio::io::split(socket);
        tokio::io::copy(&mut from, &mut to).await?;
        Ok(reply("over"))
    }
}

#[tokio::test]
async fn a_socket_is_a_stream_whose_buffered_bytes_come_first() {
    let server = start(Mirror).await.unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    client.call("copy\nfirst", "first").await;
    client.call("more", "more").await;
    let data: Vec<u8> = (0..3_000_000_u32).map(|n| n.to_le_bytes()[n as usize % 4]).collect();
    let (mut read, mut write) = client.stream().split();
    let mut back = vec![0; data.len()];
    let (sent, received) = tokio::join!(write.write_all(&data), read.read_exact(&mut back));
    sent.unwrap();
    received.unwrap();
    assert!(back == data);
    client.half_close().await;
    client.expect("over\n").await;
    client.expect_eof().await;
}

#[tokio::test]
async fn a_socket_can_be_handed_to_a_proxy_both_ways() {
    let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = start(Proxy(upstream.local_addr().unwrap())).await.unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    client.send("connect\nhello").await;
    let (mut upstream, _) = Client::accept(&upstream).await;
    upstream.expect("hello").await;
    upstream.send("welcome").await;
    client.expect("welcome").await;
    client.half_close().await;
    // The end of input is forwarded while the other direction is open.
    upstream.expect_eof().await;
    upstream.send("goodbye").await;
    drop(upstream);
    client.expect("goodbye").await;
    client.expect_eof().await;
}

/// Uses what a socket can set and get.
struct Facts;

#[tcp_server(port = 0, packet = line(lf))]
impl Facts {
    fn connected(&self, peer: Peer) -> (PeerAddr, ConnectionId) {
        (peer.addr(), peer.id())
    }

    async fn handle_call(
        &self,
        data: &[u8],
        socket: &mut Socket,
        session: &mut (PeerAddr, ConnectionId),
    ) -> kai_tcp_server::Result<Action> {
        Ok(match data {
            b"addrs" => {
                assert_eq!(*session, (socket.peer_addr(), socket.id()));
                reply(format!("{} {}", socket.peer_addr(), socket.local_addr()))
            }
            b"server" => reply(format_args!("{}", socket.server().info().curr_connections)),
            b"order" => {
                socket.send("1").await?;
                socket.send(("2", ["a", "b"], Bytes::from_static(b"c"))).await?;
                socket.set_packet(Packet::Two);
                socket.send("3").await?;
                socket.set_packet(Packet::LineLf);
                reply("4\n5")
            }
            b"shutdown" => {
                socket.send("last").await?;
                socket.shutdown().await?;
                let rest = socket.recv().await?;
                assert_eq!(rest.as_deref(), Some(&b"rest"[..]));
                noreply
            }
            _ => close,
        })
    }
}

#[tokio::test]
async fn a_socket_knows_both_addresses_its_number_and_its_server() {
    let server = start(Facts).await.unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    let addrs = format!("{} {}\n", client.local_addr(), server.local_addr());
    client.call("addrs\n", addrs).await;
    client.call("server\n", "1\n").await;
}

#[tokio::test]
async fn what_is_sent_and_replied_goes_out_in_order_under_the_mode_of_its_moment() {
    let server = start(Facts).await.unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    client.call("order\n", "1\n2abc\n\0\x0134\n5\n").await;
}

#[tokio::test]
async fn a_handler_that_shuts_down_its_side_still_receives() {
    let server = start(Facts).await.unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    client.call("shutdown\n", "last\n").await;
    client.expect_eof().await;
    client.send("rest\n").await;
    client.half_close().await;
    eventually("it has left", || server.info().curr_connections == 0).await;
}

/// Replies with the requested number of bytes, after a header of one byte.
struct Lengths {
    asked: AtomicUsize,
}

#[tcp_server(port = 0, packet = 1)]
impl Lengths {
    fn connected(&self) {}

    async fn handle_call(&self, data: &[u8], socket: &mut Socket) -> Action {
        let length = usize::from(data[0]) * 16;
        if data.len() > 1 {
            let error = socket.send(vec![b'x'; length]).await.unwrap_err();
            return reply(format!("{:?}", error.kind()));
        }
        reply(vec![b'x'; length])
    }

    fn failed(&self, failure: &Failure) -> Action {
        self.asked.fetch_add(1, SeqCst);
        match failure {
            Failure::Call(error) => reply(error.to_string()),
            _ => close,
        }
    }
}

#[tokio::test]
async fn a_reply_that_its_mode_cannot_carry_is_an_error_before_a_byte_of_it_is_written() {
    let server = start(Lengths {
        asked: AtomicUsize::new(0),
    })
    .await
    .unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    client.call("\x01\x01", "\x10xxxxxxxxxxxxxxxx").await;
    let error = "reply of 256 bytes exceeds the 255 bytes that its length header can express";
    client.send("\x01\x10").await;
    client.expect([u8::try_from(error.len()).unwrap()]).await;
    client.expect(error).await;
    // The same with `send`, which returns the error to the handler.
    client.call("\x02\x10s", "\x0cReplyTooLong").await;
    client.call("\x01\x01", "\x10xxxxxxxxxxxxxxxx").await;
    assert_eq!(format!("{:?}", ErrorKind::ReplyTooLong), "ReplyTooLong");
}

/// Never waits and never ends.
struct Pipelined(UnboundedSender<CloseReason>);

#[tcp_server(port = 0, max_processes = 2)]
impl Pipelined {
    fn connected(&self) {}

    fn handle_call(&self) -> Action {
        noreply
    }

    fn closed(&self, reason: CloseReason) {
        let _ = self.0.send(reason);
    }
}

#[tokio::test]
async fn a_peer_that_sends_without_end_leaves_time_for_others() {
    let (ends, mut told) = unbounded_channel();
    let server = start(with(Pipelined(ends), Pipelined::OPTIONS.in_memory()))
        .await
        .unwrap();
    let mut flood = server.connect().await.unwrap();
    let flooding = tokio::spawn(async move {
        let lines = "\n".repeat(60_000);
        while flood.write_all(lines.as_bytes()).await.is_ok() {}
    });
    eventually("it is served", || server.info().calls > 100_000).await;
    let quiet = Client::in_memory(&server).await;
    eventually("the other one is served", || server.info().accepted == 2).await;
    drop(quiet);
    assert_eq!(next(&mut told).await, Some(CloseReason::Peer));
    // A flood doesn't keep the connection from seeing a close.
    assert!(server.close(server.connections()[0].id));
    assert_eq!(next(&mut told).await, Some(CloseReason::Kicked));
    tokio::time::timeout(Duration::from_secs(20), flooding)
        .await
        .unwrap()
        .unwrap();
}

/// Waits once within its call, while it borrows the frame.
struct Yielding;

#[tcp_server(port = 0)]
impl Yielding {
    async fn handle_call(&self, data: &[u8]) -> Action {
        let mut polls = 0;
        poll_fn(|cx| {
            polls += 1;
            cx.waker().wake_by_ref();
            if polls == 3 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        reply(data)
    }
}

#[tokio::test]
async fn a_frame_that_is_lent_stays_as_it_is_while_its_call_waits_and_more_comes() {
    let server = start(Yielding).await.unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    let lines: Vec<_> = (0..5000).map(|n| format!("line {n}")).collect();
    let lines = lines.join("\n") + "\n";
    let (mut read, mut write) = client.stream().split();
    let mut back = vec![0; lines.len()];
    let (sent, received) = tokio::join!(write.write_all(lines.as_bytes()), read.read_exact(&mut back));
    sent.unwrap();
    received.unwrap();
    assert!(back == lines.as_bytes());
}

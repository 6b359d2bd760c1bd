//! `frame_timeout`: the time from the first byte of a frame to its last.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::time::Duration;

use bytes::Bytes;
use kai_tcp_server::{Action, Active, CloseReason, Failure, INFINITY, Peer, Socket, start, tcp_server, with};
use kai_tcp_server_tests::{Client, next};
use tokio::io::{AsyncReadExt as _, DuplexStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::codec::LengthDelimitedCodec;

const SECOND: Duration = Duration::from_secs(1);

/// A message to a connection.
enum Message {
    Nothing,
    Active(Active),
    FrameTimeout(Duration),
}

/// An event of a connection.
enum Event {
    Connected(Peer<Message>),
    Closed(CloseReason),
}

struct Lines(UnboundedSender<Event>);

#[tcp_server(port = 0, packet = line(lf), recv_timeout = infinity, frame_timeout = "10s", active = true)]
impl Lines {
    fn connected(&self, peer: Peer<Message>) {
        let _ = self.0.send(Event::Connected(peer));
    }

    async fn handle_call(&self, data: &[u8], socket: &mut Socket) -> kai_tcp_server::Result<Action> {
        Ok(match data {
            b"work" => {
                sleep(Duration::from_hours(1)).await;
                reply("worked")
            }
            b"receive" => reply(socket.recv().await?.unwrap_or_default()),
            b"receive 4" => reply(socket.recv_exact(4).await?),
            b"receive 4, twice" => {
                let error = socket.recv_exact(4).await.unwrap_err();
                socket.send(format!("{error}")).await?;
                reply(socket.recv_exact(4).await?)
            }
            b"receive 4, in pieces" => {
                let received = loop {
                    if let Ok(received) = timeout(3 * SECOND, socket.recv_exact(4)).await {
                        break received;
                    }
                };
                reply(received?)
            }
            b"receive 2 as they come, and then a line" => {
                // The line began earlier, within another frame.
                let _ = timeout(9 * SECOND, socket.recv_exact(4)).await;
                socket.read_exact(&mut [0; 2]).await?;
                reply(socket.recv().await?.unwrap_or_default())
            }
            b"patient" => {
                socket.set_frame_timeout(100 * SECOND);
                reply("patient")
            }
            b"for ever" => {
                socket.set_frame_timeout(INFINITY);
                reply("for ever")
            }
            line => reply(line.to_vec()),
        })
    }

    fn handle_info(&self, message: Message, socket: &mut Socket) -> Action {
        match message {
            Message::Nothing => {}
            Message::Active(active) => socket.set_active(active),
            Message::FrameTimeout(timeout) => socket.set_frame_timeout(timeout),
        }
        reply("told")
    }

    fn closed(&self, reason: CloseReason) {
        let _ = self.0.send(Event::Closed(reason));
    }
}

struct Connection {
    client: Client<DuplexStream>,
    peer: Peer<Message>,
    events: UnboundedReceiver<Event>,
}

async fn connection() -> Connection {
    let (events, mut told) = unbounded_channel();
    let server = start(with(Lines(events), Lines::OPTIONS.in_memory())).await.unwrap();
    let client = Client::in_memory(&server).await;
    let Some(Event::Connected(peer)) = next(&mut told).await else {
        panic!("it connects first")
    };
    Connection {
        client,
        peer,
        events: told,
    }
}

impl Connection {
    /// Checks that the connection ends with a timeout after this number of seconds, and that
    /// nothing more is sent to it.
    async fn ends_in(&mut self, seconds: u64) {
        let begin = Instant::now();
        let Some(Event::Closed(reason)) = next(&mut self.events).await else {
            panic!("it ends")
        };
        assert_eq!(reason, CloseReason::Timeout);
        assert_eq!(begin.elapsed().as_secs(), seconds);
        self.client.expect_eof().await;
    }

    /// Sends a byte now and then until the connection has ended; returns the seconds that it took.
    async fn drip(&mut self) -> u64 {
        let begin = Instant::now();
        while self.events.is_empty() {
            self.client.send("x").await;
            sleep(SECOND / 10).await;
        }
        begin.elapsed().as_secs()
    }
}

#[tokio::test(start_paused = true)]
async fn a_frame_that_comes_byte_by_byte_ends_the_connection_so_long_after_its_first_byte() {
    let mut it = connection().await;
    it.client.call("hello\n", "hello\n").await;
    assert_eq!(it.drip().await, 10);
    it.ends_in(0).await;
}

#[tokio::test(start_paused = true)]
async fn who_has_begun_no_frame_has_all_the_time_there_is() {
    let mut it = connection().await;
    sleep(Duration::from_hours(24)).await;
    it.client.call("hello\n", "hello\n").await;
    sleep(Duration::from_hours(24)).await;
    it.client.send("half").await;
    it.ends_in(10).await;
}

#[tokio::test(start_paused = true)]
async fn each_frame_has_all_its_time() {
    let mut it = connection().await;
    for _ in 0..10 {
        it.client.send("half ").await;
        sleep(9 * SECOND).await;
        it.client.call("a line\n", "half a line\n").await;
    }
    it.client.call("a line\nhalf ", "a line\n").await;
    sleep(9 * SECOND).await;
    it.client.call("a line\nha", "half a line\n").await;
    it.ends_in(10).await;
}

#[tokio::test(start_paused = true)]
async fn what_came_together_with_a_frame_counts_from_when_that_was_handled() {
    let mut it = connection().await;
    it.client.send("work\nhal").await;
    sleep(Duration::from_hours(1)).await;
    it.client.expect("worked\n").await;
    sleep(9 * SECOND).await;
    it.client.call("f\nwork\nhal", "half\n").await;
    sleep(Duration::from_hours(1)).await;
    it.client.expect("worked\n").await;
    it.ends_in(10).await;
}

#[tokio::test(start_paused = true)]
async fn messages_do_not_renew_it() {
    let mut it = connection().await;
    it.client.send("half").await;
    for _ in 0..3 {
        sleep(3 * SECOND).await;
        it.peer.send(Message::Nothing).unwrap();
        it.client.expect("told\n").await;
    }
    it.ends_in(1).await;
}

#[tokio::test(start_paused = true)]
async fn it_does_not_run_while_the_connection_takes_no_frames() {
    let mut it = connection().await;
    it.client.send("half").await;
    sleep(9 * SECOND).await;
    it.peer.send(Message::Active(Active::False)).unwrap();
    it.client.expect("told\n").await;
    sleep(Duration::from_hours(1)).await;
    it.peer.send(Message::Active(Active::True)).unwrap();
    it.client.expect("told\n").await;
    it.ends_in(10).await;
}

#[tokio::test(start_paused = true)]
async fn it_holds_for_what_a_call_receives() {
    let mut it = connection().await;
    it.client.send("receive\n").await;
    sleep(Duration::from_hours(1)).await;
    assert_eq!(it.drip().await, 10);
    it.ends_in(0).await;

    let mut it = connection().await;
    it.client.send("receive 4\n").await;
    sleep(Duration::from_hours(1)).await;
    it.client.send("x").await;
    it.ends_in(10).await;
}

#[tokio::test(start_paused = true)]
async fn what_came_together_with_what_a_call_received_counts_from_then() {
    let mut it = connection().await;
    it.client.send("receive 4\nxy").await;
    sleep(9 * SECOND).await;
    it.client.call("z!hal", "xyz!\n").await;
    sleep(9 * SECOND).await;
    it.client.call("f\n", "half\n").await;
}

#[tokio::test(start_paused = true)]
async fn what_came_is_kept_for_the_next_receive_which_has_all_its_time() {
    let mut it = connection().await;
    it.client.send("receive 4, twice\nxy").await;
    it.client
        .expect("the rest of a frame didn't come within frame_timeout 10s\n")
        .await;
    sleep(9 * SECOND).await;
    it.client.call("z!", "xyz!\n").await;
}

#[tokio::test(start_paused = true)]
async fn a_receive_that_is_dropped_and_begun_again_waits_for_the_same_frame() {
    let mut it = connection().await;
    it.client.send("receive 4, in pieces\nxy").await;
    it.ends_in(10).await;
}

#[tokio::test(start_paused = true)]
async fn bytes_that_are_read_as_they_come_are_no_part_of_the_frame_behind_them() {
    let mut it = connection().await;
    it.client.send("receive 2 as they come, and then a line\nxyz").await;
    sleep(18 * SECOND).await;
    it.client.call("!\n", "z!\n").await;
}

#[tokio::test(start_paused = true)]
async fn a_handler_sets_it_for_the_state_of_its_protocol() {
    let mut it = connection().await;
    it.client.call("patient\n", "patient\n").await;
    it.client.send("half").await;
    it.ends_in(100).await;

    let mut it = connection().await;
    it.client.call("for ever\nhalf ", "for ever\n").await;
    sleep(Duration::from_hours(24)).await;
    it.client.call("a line\n", "half a line\n").await;
    it.client.call("patient\nhalf", "patient\n").await;
    it.ends_in(100).await;
}

#[tokio::test(start_paused = true)]
async fn a_frame_that_has_begun_has_all_of_what_is_set() {
    for timeout in [5, 100] {
        let mut it = connection().await;
        it.client.send("half").await;
        sleep(9 * SECOND).await;
        it.peer.send(Message::FrameTimeout(timeout * SECOND)).unwrap();
        it.client.expect("told\n").await;
        it.ends_in(timeout.into()).await;
    }
}

/// Allows a peer to exceed the limit once.
struct Lenient;

#[tcp_server(port = 0, packet = line(lf), recv_timeout = infinity, frame_timeout = "10s")]
impl Lenient {
    fn handle_call(&self, data: &[u8], _waited: &mut u32) -> Action {
        reply(data)
    }

    fn failed(&self, failure: &Failure, waited: &mut u32) -> Action {
        assert!(matches!(failure, Failure::Timeout));
        *waited += 1;
        if *waited == 2 {
            close("goodbye")
        } else {
            reply(format_args!("{failure}"))
        }
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_reply_from_failed_the_rest_has_all_its_time_again() {
    let server = start(with(Lenient, Lenient::OPTIONS.in_memory())).await.unwrap();
    let mut client = Client::in_memory(&server).await;
    let begin = Instant::now();
    client.call("half ", "no whole frame came in time\n").await;
    assert_eq!(begin.elapsed(), 10 * SECOND);
    sleep(9 * SECOND).await;
    client.call("a line\nhalf", "half a line\n").await;
    let begin = Instant::now();
    client.expect("goodbye\n").await;
    assert_eq!(begin.elapsed(), 10 * SECOND);
    client.expect_eof().await;
}

struct Items;

#[tcp_server(port = 0, packet = LengthDelimitedCodec, recv_timeout = infinity, frame_timeout = "10s")]
impl Items {
    fn handle_call(&self, item: bytes::BytesMut) -> Action {
        reply(item.freeze())
    }

    fn failed(&self, _: &Failure) -> Action {
        close(Bytes::from("late"))
    }
}

#[tokio::test(start_paused = true)]
async fn an_item_of_a_codec_has_so_long_as_a_frame() {
    let server = start(with(Items, Items::OPTIONS.in_memory())).await.unwrap();
    let mut client = Client::in_memory(&server).await;
    sleep(Duration::from_hours(1)).await;
    for _ in 0..3 {
        client.send("\0\0\0\x03a").await;
        sleep(9 * SECOND).await;
        client.call("bc\0", "\0\0\0\x03abc").await;
        sleep(9 * SECOND).await;
        client.call("\0\0\x01d", "\0\0\0\x01d").await;
    }
    client.send("\0\0\0\x09").await;
    let begin = Instant::now();
    client.expect("\0\0\0\x04late").await;
    assert_eq!(begin.elapsed(), 10 * SECOND);
    client.expect_eof().await;
}

//! The limits that hold whatever a codec does.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use bytes::BytesMut;
use kai_tcp_server::{Action, CloseReason, Failure, Peer, start, tcp_server, with};
use kai_tcp_server_tests::{Client, eventually, next};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_util::codec::{Decoder, Encoder, LinesCodec};

struct Bounded(UnboundedSender<CloseReason>);

#[tcp_server(port = 0, packet = LinesCodec, packet_size = 16, recv_timeout = "10s")]
impl Bounded {
    fn connected(&self) -> Vec<String> {
        Vec::new()
    }

    fn handle_call(&self, line: String, lines: &mut Vec<String>) -> Action {
        lines.push(line);
        reply(lines.last().map_or("", String::as_str))
    }

    fn failed(&self, failure: &Failure) -> Action {
        close(format!("{failure}"))
    }

    fn closed(&self, _: Vec<String>, reason: CloseReason) {
        self.0.send(reason).unwrap();
    }
}

#[tokio::test]
async fn what_is_no_item_within_packet_size_is_too_long() {
    let (ends, mut ended) = unbounded_channel();
    let server = start(with(Bounded(ends), Bounded::OPTIONS.in_memory())).await.unwrap();
    let mut client = Client::in_memory(&server).await;
    // Many items together may exceed it.
    client
        .call("123456789012345\n".repeat(10), "123456789012345\n".repeat(10))
        .await;
    client.send("1234567890123456").await;
    tokio::task::yield_now().await;
    client.send("\n").await;
    client.expect("1234567890123456\n").await;
    client.send("12345678901234567").await;
    client.expect("a frame exceeds packet_size\n").await;
    client.expect_eof().await;
    assert_eq!(next(&mut ended).await, Some(CloseReason::TooLong));
}

#[tokio::test(start_paused = true)]
async fn an_item_that_drips_is_given_no_more_time() {
    let (ends, mut ended) = unbounded_channel();
    let server = start(with(Bounded(ends), Bounded::OPTIONS.in_memory())).await.unwrap();
    let mut client = Client::in_memory(&server).await;
    for _ in 0..3 {
        client.send("x").await;
        tokio::time::sleep(Duration::from_secs(3)).await;
    }
    client.expect("no whole frame came in time\n").await;
    assert_eq!(next(&mut ended).await, Some(CloseReason::Timeout));
}

/// A decoder that returns items without end after the first byte.
#[derive(Default)]
struct Endless {
    begun: bool,
}

impl Decoder for Endless {
    type Item = ();
    type Error = io::Error;

    fn decode(&mut self, input: &mut BytesMut) -> io::Result<Option<()>> {
        self.begun |= !input.is_empty();
        input.clear();
        Ok(self.begun.then_some(()))
    }
}

impl Encoder<&str> for Endless {
    type Error = io::Error;

    fn encode(&mut self, text: &str, output: &mut BytesMut) -> io::Result<()> {
        output.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// Replies only to the first item, and to messages.
struct Spinning {
    peers: UnboundedSender<Peer<&'static str>>,
    ends: UnboundedSender<CloseReason>,
    calls: Arc<AtomicUsize>,
}

#[tcp_server(port = 0, packet = Endless)]
impl Spinning {
    fn connected(&self, peer: Peer<&'static str>) {
        self.peers.send(peer).unwrap();
    }

    fn handle_call(&self, (): ()) -> Action {
        if self.calls.fetch_add(1, SeqCst) == 0 {
            reply("first")
        } else {
            noreply
        }
    }

    fn handle_info(&self, text: &'static str) -> Action {
        reply(text)
    }

    fn closed(&self, reason: CloseReason) {
        self.ends.send(reason).unwrap();
    }
}

#[tokio::test]
async fn a_codec_that_makes_items_of_nothing_for_ever_holds_up_nobody() {
    let (peers, mut connected) = unbounded_channel();
    let (ends, mut ended) = unbounded_channel();
    let calls = Arc::new(AtomicUsize::new(0));
    let spinning = Spinning {
        peers,
        ends,
        calls: Arc::clone(&calls),
    };
    let server = start(with(spinning, Spinning::OPTIONS.in_memory())).await.unwrap();
    let mut client = Client::in_memory(&server).await;
    client.send("x").await;
    // Replies are sent although there is always a next item.
    client.expect("first").await;
    let peer = next(&mut connected).await.unwrap();
    peer.send("message").unwrap();
    client.expect("message").await;
    let mut other = Client::in_memory(&server).await;
    let other_peer = next(&mut connected).await.unwrap();
    let before = calls.load(SeqCst);
    eventually("it goes on", || calls.load(SeqCst) > before + 1000).await;
    peer.close();
    client.expect_eof().await;
    assert_eq!(next(&mut ended).await, Some(CloseReason::Kicked));
    other.send("x").await;
    other_peer.send("and on").unwrap();
    other.expect("and on").await;
    let stopped = server.stop().await;
    assert_eq!(stopped.cut, 0, "a stop waits for no more items");
    assert_eq!(next(&mut ended).await, Some(CloseReason::Stopped));
}

/// A codec whose item is the number of its `decode` calls so far.
#[derive(Default)]
struct Asked(usize);

impl Decoder for Asked {
    type Item = usize;
    type Error = io::Error;

    fn decode(&mut self, input: &mut BytesMut) -> io::Result<Option<usize>> {
        self.0 += 1;
        let whole = input.last() == Some(&b'\n');
        if whole {
            input.clear();
        }
        Ok(whole.then_some(self.0))
    }
}

impl Encoder<String> for Asked {
    type Error = io::Error;

    fn encode(&mut self, text: String, output: &mut BytesMut) -> io::Result<()> {
        output.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

struct Counting(UnboundedSender<Peer<usize>>);

#[tcp_server(port = 0, packet = Asked)]
impl Counting {
    fn connected(&self, peer: Peer<usize>) {
        self.0.send(peer).unwrap();
    }

    fn handle_call(&self, asked: usize) -> Action {
        reply(format!("asked {asked}\n"))
    }

    fn handle_info(&self, number: usize) -> Action {
        reply(format!("message {number}\n"))
    }
}

#[tokio::test]
async fn a_codec_is_asked_again_only_when_more_has_come() {
    let (peers, mut connected) = unbounded_channel();
    let server = start(with(Counting(peers), Counting::OPTIONS.in_memory()))
        .await
        .unwrap();
    let mut client = Client::in_memory(&server).await;
    let peer = next(&mut connected).await.unwrap();
    client.send("begun").await;
    eventually("it was read", || server.info().bytes_in == 5).await;
    for number in 0..10 {
        peer.send(number).unwrap();
        client.expect(format!("message {number}\n")).await;
    }
    client.call("\n", "asked 2\n").await;
}

//! Passive receive: the results of `recv` and `recv_exact` within a call, and the loop's frames
//! between calls.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::time::Duration;

use kai_tcp_server::{
    Action, BoxError, CloseReason, Frame, Options, Packet, Peer, Result, Server, Socket, TcpServer, input, start,
    tcp_server, with,
};
use kai_tcp_server_tests::{Client, next};
use tokio::io::DuplexStream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;

/// Runs the commands of a line, word by word, and replies with each result.
struct Scripted {
    ends: UnboundedSender<CloseReason>,
}

#[tcp_server(port = 0, packet = line(lf), recv_timeout = "1s", recv_limit = 1000, packet_size = 5000)]
impl Scripted {
    fn connected(&self) {}

    async fn handle_call(&self, data: &str, socket: &mut Socket) -> Result<Action> {
        for word in data.split(' ') {
            let (word, number) = word.split_once(':').unwrap_or((word, "0"));
            let number = number.parse()?;
            let came = match word {
                "recv" => socket.recv().await,
                "exact" => socket.recv_exact(number).await.map(Some),
                "mode" => {
                    socket.set_packet(match number {
                        0 => Packet::Raw,
                        2 => Packet::Two,
                        4 => Packet::Four,
                        10 => Packet::LineLf,
                        n => Packet::RawExact(n),
                    });
                    continue;
                }
                word => return Ok(reply(format_args!("echo {word}"))),
            };
            let came = match came {
                Ok(Some(bytes)) => format!("<{}>", bytes.escape_ascii()),
                Ok(None) => "end".to_owned(),
                Err(error) => format!("{:?}", error.kind()),
            };
            let mode = socket.packet();
            socket.set_packet(Packet::LineLf);
            socket.send(came).await?;
            socket.set_packet(mode);
        }
        socket.set_packet(Packet::LineLf);
        Ok(noreply)
    }

    fn closed(&self, reason: CloseReason) {
        let _ = self.ends.send(reason);
    }
}

async fn scripted(options: Options) -> (Server, UnboundedReceiver<CloseReason>) {
    let (ends, reasons) = unbounded_channel();
    (start(with(Scripted { ends }, options)).await.unwrap(), reasons)
}

async fn client() -> (Client<DuplexStream>, UnboundedReceiver<CloseReason>) {
    let (server, reasons) = scripted(Scripted::OPTIONS.in_memory()).await;
    (Client::in_memory(&server).await, reasons)
}

#[tokio::test]
async fn recv_takes_the_next_frame_buffered_ones_first_and_in_order() {
    let (mut client, _) = client().await;
    client
        .call("recv recv recv\na\n\nb\nafter\n", "<a>\n<>\n<b>\necho after\n")
        .await;
}

#[tokio::test]
async fn recv_under_raw_takes_what_is_there_the_rest_of_an_earlier_read_first() {
    let (mut client, _) = client().await;
    client.call("mode:0 recv recv\nabc\ndef", "<abc\\ndef>\n").await;
    client.call("ghi", "<ghi>\n").await;
}

#[tokio::test]
async fn recv_exact_takes_raw_bytes_in_every_mode_buffered_ones_first() {
    let (mut client, _) = client().await;
    client
        .call(
            "exact:5 recv exact:0 exact:3\na\nb\ncd\nxyz",
            "<a\\nb\\nc>\n<d>\n<>\n<xyz>\n",
        )
        .await;
    // More than has arrived, and a part of a frame's header.
    client.send("mode:2 exact:3 recv\n\0").await;
    client.send("\x03a").await;
    client.call("\0\x02bc", "<\\x00\\x03a>\n<bc>\n").await;
    client.call("after\n", "echo after\n").await;
}

#[tokio::test(start_paused = true)]
async fn a_receive_that_times_out_keeps_what_came_of_it() {
    let (mut client, _) = client().await;
    for (script, first, second, then) in [
        ("recv recv\n", "abc", "def\n", "<abcdef>\n"),
        ("exact:6 exact:6\n", "abc", "def", "<abcdef>\n"),
        ("mode:4 recv recv\n", "\0\0\0\x06abc", "def", "<abcdef>\n"),
        ("mode:6 recv recv\n", "abc", "def", "<abcdef>\n"),
        // In another mode the bytes are decoded again, with the header.
        (
            "mode:4 recv mode:0 recv\n",
            "\0\0\0\x06abc",
            "",
            "<\\x00\\x00\\x00\\x06abc>\n",
        ),
    ] {
        client.send(script).await;
        client.send(first).await;
        client.expect("Timeout\n").await;
        client.send(second).await;
        client.expect(then).await;
    }
    client.call("after\n", "echo after\n").await;
}

#[tokio::test(start_paused = true)]
async fn a_receive_has_recv_timeout_however_slowly_bytes_drip() {
    let (mut client, _) = client().await;
    client.send("recv\n").await;
    let begin = Instant::now();
    let mut sent = 0;
    loop {
        tokio::select! {
            biased;
            () = client.expect("Timeout\n") => break,
            () = tokio::time::sleep(Duration::from_millis(100)) => {}
        }
        client.send("x").await;
        sent += 1;
    }
    assert!(sent >= 8, "bytes came all the time");
    assert_eq!(begin.elapsed().as_secs(), 1);
}

#[tokio::test]
async fn a_recv_exact_beyond_recv_limit_is_an_error_before_a_byte_is_read() {
    let (mut client, _) = client().await;
    client.call("exact:1001 recv\nfirst\n", "RecvLimit\n<first>\n").await;
    client.send("exact:1000\n").await;
    client.send([b'x'; 1000]).await;
    client.expect(format!("<{}>\n", "x".repeat(1000))).await;
}

#[tokio::test]
async fn at_the_end_of_input_whole_frames_come_first_then_the_same_answer_each_time() {
    let (mut client, mut reasons) = client().await;
    client.send("recv recv recv exact:3 recv\nwhole\nhal").await;
    client.half_close().await;
    client.expect("<whole>\nend\nend\n<hal>\nend\n").await;
    client.expect_eof().await;
    assert_eq!(next(&mut reasons).await, Some(CloseReason::Peer));
}

#[tokio::test]
async fn a_recv_exact_that_the_end_of_input_leaves_short_says_closed_and_takes_nothing() {
    let (mut client, mut reasons) = client().await;
    client.send("exact:4 exact:3\nhal").await;
    client.half_close().await;
    client.expect("Closed\n<hal>\n").await;
    client.expect_eof().await;
    assert_eq!(next(&mut reasons).await, Some(CloseReason::Peer));
}

#[tokio::test]
async fn after_a_reset_every_receive_says_reset() {
    let (server, mut reasons) = scripted(Scripted::OPTIONS.recv_timeout(Duration::from_mins(1))).await;
    let mut client = Client::connect(server.local_addr()).await;
    client.call("recv recv recv exact:1 recv\nfirst\n", "<first>\n").await;
    client.reset();
    // `send` fails from the first one on, and the handler returns its error.
    assert_eq!(next(&mut reasons).await, Some(CloseReason::Reset));
}

/// Records the results of its receives after an error, without sending anything.
struct Stubborn(UnboundedSender<String>);

#[tcp_server(port = 0, packet = line(lf))]
impl Stubborn {
    async fn handle_call(&self, socket: &mut Socket, data: &[u8]) -> Action {
        self.0.send(format!("call {}", data.escape_ascii())).unwrap();
        for _ in 0..3 {
            let said = match socket.recv().await {
                Ok(Some(frame)) => format!("frame {}", frame.escape_ascii()),
                Ok(None) => "end".to_owned(),
                Err(error) => format!("{:?}", error.kind()),
            };
            self.0.send(said).unwrap();
        }
        noreply
    }

    fn closed(&self, reason: CloseReason) {
        self.0.send(format!("closed {reason:?}")).unwrap();
    }
}

#[tokio::test]
async fn the_error_of_a_broken_connection_is_stable() {
    let (events, mut said) = unbounded_channel();
    let server = start(Stubborn(events)).await.unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    client.send("first\n").await;
    assert_eq!(next(&mut said).await.unwrap(), "call first");
    client.reset();
    for _ in 0..3 {
        assert_eq!(next(&mut said).await.unwrap(), "Reset");
    }
    assert_eq!(next(&mut said).await.unwrap(), "closed Reset");
}

#[tokio::test]
async fn the_error_of_a_frame_that_is_too_long_is_stable_and_ends_the_connection() {
    let (events, mut said) = unbounded_channel();
    let server = start(with(Stubborn(events), Stubborn::OPTIONS.in_memory().packet_size(8)))
        .await
        .unwrap();
    let mut client = Client::in_memory(&server).await;
    client.send("first\nfar too long\n").await;
    assert_eq!(next(&mut said).await.unwrap(), "call first");
    for _ in 0..3 {
        assert_eq!(next(&mut said).await.unwrap(), "TooLong");
    }
    assert_eq!(next(&mut said).await.unwrap(), "closed TooLong");
    client.expect_eof().await;
}

#[tokio::test]
async fn what_came_before_a_reset_is_still_handled() {
    let (events, mut said) = unbounded_channel();
    let server = start(with(Stubborn(events), Stubborn::OPTIONS.max_processes(1)))
        .await
        .unwrap();
    let mut first = Client::connect(server.local_addr()).await;
    first.send("first\n").await;
    assert_eq!(next(&mut said).await.unwrap(), "call first");
    // The client sends and disconnects before it is accepted.
    let mut second = Client::connect(server.local_addr()).await;
    second.send("a\nb\nc\nd\n").await;
    second.reset();
    first.half_close().await;
    drop(first);
    for expected in [
        "end",
        "end",
        "end",
        "closed Peer",
        "call a",
        "frame b",
        "frame c",
        "frame d",
        "closed Reset",
    ] {
        assert_eq!(next(&mut said).await.unwrap(), expected);
    }
}

#[tokio::test]
async fn a_client_that_sent_and_left_before_it_is_accepted_is_served() {
    let (events, mut said) = unbounded_channel();
    let server = start(with(Stubborn(events), Stubborn::OPTIONS.max_processes(1)))
        .await
        .unwrap();
    let mut first = Client::connect(server.local_addr()).await;
    first.send("first\n").await;
    assert_eq!(next(&mut said).await.unwrap(), "call first");
    let mut second = Client::connect(server.local_addr()).await;
    second.send("a\n").await;
    drop(second);
    drop(first);
    for expected in ["end", "end", "end", "closed Peer", "call a"] {
        assert_eq!(next(&mut said).await.unwrap(), expected);
    }
    for _ in 0..3 {
        assert_eq!(next(&mut said).await.unwrap(), "end");
    }
    assert_eq!(next(&mut said).await.unwrap(), "closed Peer");
}

#[tokio::test]
async fn a_connection_that_is_closed_ends_the_receive_that_waits() {
    let (server, mut reasons) = scripted(Scripted::OPTIONS).await;
    let mut client = Client::connect(server.local_addr()).await;
    client.call("recv recv\na\n", "<a>\n").await;
    assert!(server.close(server.connections()[0].id));
    client.expect_eof().await;
    assert_eq!(next(&mut reasons).await, Some(CloseReason::Kicked));
}

/// Takes empty frames.
struct Two;

#[tcp_server(port = 0, packet = 2)]
impl Two {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(format_args!("{} bytes", data.len()))
    }
}

#[tokio::test]
async fn a_frame_of_length_zero_is_a_call() {
    let server = start(Two).await.unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    client
        .call("\0\0\0\0\0\x01a", "\0\x070 bytes\0\x070 bytes\0\x071 bytes")
        .await;
    assert_eq!(server.info().calls, 3);
}

struct Blocks;

impl TcpServer for Blocks {
    type Input = input::Slice;
    type Session = ();
    type Message = ();

    fn options(&self) -> Options {
        Options::new().port(0).packet(Packet::RawExact(3))
    }

    async fn connected(&self, _: &mut Socket, _: Peer<()>) -> Result<(), BoxError> {
        Ok(())
    }

    async fn handle_call<'a>(&'a self, data: Frame<'a, Self>, (): &'a mut ()) -> Result<Action<'a>, BoxError> {
        Ok(Action::reply(("<", data, ">")))
    }
}

#[tokio::test]
async fn raw_of_n_calls_with_blocks_of_n_bytes() {
    let server = start(Blocks).await.unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    client.call("abcdefgh", "<abc><def>").await;
    client.call("i", "<ghi>").await;
}

//! Active mode: a connection as an actor that takes the next frame or the next message, whichever
//! comes first.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::sync::Arc;
use std::time::Duration;

use kai_tcp_server::{
    Action, Active, BoxError, CloseReason, Frame, Options, Packet, Peer, SendError, Server, Socket, TcpServer, input,
    start, tcp_server, with,
};
use kai_tcp_server_tests::{Client, next};
use tokio::io::{AsyncWriteExt as _, DuplexStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

/// Replies with the arguments of its calls; `tell N` sends N messages to itself.
struct Actor {
    peers: UnboundedSender<Peer<String>>,
}

#[tcp_server(port = 0, packet = line(lf))]
impl Actor {
    fn connected(&self, peer: Peer<String>) -> Peer<String> {
        let _ = self.peers.send(peer.clone());
        peer
    }

    fn handle_call(&self, data: &str, peer: &mut Peer<String>) -> Action {
        if let Some(count) = data.strip_prefix("tell ") {
            for n in 1..=count.parse().unwrap() {
                peer.send(n.to_string()).unwrap();
            }
        }
        reply(format_args!("call {data}"))
    }

    fn handle_info(&self, message: String, peer: &mut Peer<String>) -> Action {
        match message.as_str() {
            "for ever" => {
                peer.send(message).unwrap();
                noreply
            }
            "once, then for ever" => {
                peer.send("for ever".to_owned()).unwrap();
                reply("once")
            }
            message => reply(format_args!("info {message}")),
        }
    }
}

async fn actor(options: Options) -> (Server, Client<DuplexStream>, Peer<String>) {
    let (peers, mut connected) = unbounded_channel();
    let server = start(with(Actor { peers }, options.in_memory())).await.unwrap();
    let client = Client::in_memory(&server).await;
    let peer = next(&mut connected).await.unwrap();
    (server, client, peer)
}

#[tokio::test]
async fn a_message_is_handled_while_no_frame_comes() {
    let (_, mut client, peer) = actor(Actor::OPTIONS).await;
    peer.send("a".to_owned()).unwrap();
    client.expect("info a\n").await;
    client.call("b\n", "call b\n").await;
    peer.send("c".to_owned()).unwrap();
    client.expect("info c\n").await;
}

#[tokio::test]
async fn messages_are_handled_in_the_order_in_which_they_were_sent() {
    let (_, mut client, peer) = actor(Actor::OPTIONS).await;
    for n in 0..64 {
        peer.send(n.to_string()).unwrap();
    }
    for n in 0..64 {
        client.expect(format!("info {n}\n")).await;
    }
}

#[tokio::test]
async fn frames_and_messages_that_are_there_take_turns() {
    let (_, mut client, _) = actor(Actor::OPTIONS).await;
    client.send("tell 4\na\nb\n").await;
    client
        .expect("call tell 4\ninfo 1\ncall a\ninfo 2\ncall b\ninfo 3\ninfo 4\n")
        .await;
}

#[tokio::test]
async fn messages_without_end_hold_up_neither_frames_nor_replies_nor_the_end() {
    let (server, mut client, peer) = actor(Actor::OPTIONS).await;
    peer.send("once, then for ever".to_owned()).unwrap();
    client.expect("once\n").await;
    client.call("a\n", "call a\n").await;
    client.call("b\nc\n", "call b\ncall c\n").await;
    drop(client);
    kai_tcp_server_tests::eventually("it has left", || server.info().curr_connections == 0).await;
}

#[tokio::test(start_paused = true)]
async fn messages_never_renew_recv_timeout() {
    let (_, mut client, peer) = actor(Actor::OPTIONS.recv_timeout(Duration::from_secs(10))).await;
    for n in 0..9 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        peer.send(n.to_string()).unwrap();
        client.expect(format!("info {n}\n")).await;
    }
    assert!(timeout(Duration::from_millis(900), client.expect_eof()).await.is_err());
    timeout(Duration::from_millis(200), client.expect_eof()).await.unwrap();
}

#[tokio::test]
async fn a_mailbox_holds_so_many_messages_and_gives_back_what_it_does_not_take() {
    let (server, mut client, peer) = actor(Actor::OPTIONS.mailbox(3)).await;
    // No other task runs between these sends, as this task doesn't wait.
    for n in 1..=3 {
        peer.send(n.to_string()).unwrap();
    }
    assert_eq!(peer.send("4".to_owned()), Err(SendError::Full("4".to_owned())));
    client.expect("info 1\ninfo 2\ninfo 3\n").await;
    peer.send("5".to_owned()).unwrap();
    client.expect("info 5\n").await;

    peer.close();
    client.expect_eof().await;
    assert_eq!(peer.send("6".to_owned()), Err(SendError::Gone("6".to_owned())));
    assert!(peer.is_gone());
    drop(server);
}

/// Drops its waiting messages.
struct Sink(UnboundedSender<Peer<Arc<()>>>);

#[tcp_server(port = 0, packet = line(lf))]
impl Sink {
    fn connected(&self, peer: Peer<Arc<()>>) {
        self.0.send(peer).unwrap();
    }

    fn handle_call(&self) -> Action {
        noreply
    }

    async fn handle_info(&self, message: Arc<()>) -> Action {
        let () = std::future::pending().await;
        drop(message);
        noreply
    }
}

#[tokio::test]
async fn messages_that_wait_end_with_the_connection() {
    let (peers, mut connected) = unbounded_channel();
    let server = start(with(Sink(peers), Sink::OPTIONS.in_memory())).await.unwrap();
    let mut client = Client::in_memory(&server).await;
    let peer = next(&mut connected).await.unwrap();
    let message = Arc::new(());
    for _ in 0..10 {
        peer.send(Arc::clone(&message)).unwrap();
    }
    peer.close();
    client.expect_eof().await;
    kai_tcp_server_tests::eventually("all are dropped", || Arc::strong_count(&message) == 1).await;
}

/// Takes frames as `active` says; `handle_info` gets the commands.
struct Counted {
    active: Active,
    peers: UnboundedSender<Peer<Command>>,
    ends: UnboundedSender<CloseReason>,
}

#[derive(Debug)]
enum Command {
    Set(Active),
    Recv,
    Say(&'static str),
}

impl TcpServer for Counted {
    type Input = input::Slice;
    type Session = ();
    type Message = Command;

    const TAKES_MESSAGES: bool = true;

    fn options(&self) -> Options {
        Options::new()
            .in_memory()
            .packet(Packet::LineLf)
            .active(self.active)
            .packet_size(20)
    }

    async fn connected(&self, _: &mut Socket, peer: Peer<Command>) -> Result<(), BoxError> {
        Ok(self.peers.send(peer)?)
    }

    async fn handle_call<'a>(&'a self, data: Frame<'a, Self>, (): &'a mut ()) -> Result<Action<'a>, BoxError> {
        Ok(Action::reply(("call ", data)))
    }

    async fn handle_info<'a>(
        &'a self,
        command: Command,
        socket: &'a mut Socket,
        (): &'a mut (),
    ) -> Result<Action<'a>, BoxError> {
        Ok(match command {
            Command::Set(active) => {
                socket.set_active(active);
                Action::reply(format_args!("{active:?}"))
            }
            Command::Recv => Action::reply(format_args!("recv {:?}", socket.recv().await?)),
            Command::Say(text) => Action::reply(text),
        })
    }

    async fn closed(&self, (): (), reason: CloseReason) -> Result<(), BoxError> {
        Ok(self.ends.send(reason)?)
    }
}

struct Conversation {
    client: Client<DuplexStream>,
    peer: Peer<Command>,
    ends: UnboundedReceiver<CloseReason>,
    server: Server,
}

impl Conversation {
    async fn begin(active: Active) -> Self {
        let (peers, mut connected) = unbounded_channel();
        let (ends, reasons) = unbounded_channel();
        let server = start(Counted { active, peers, ends }).await.unwrap();
        Conversation {
            client: Client::in_memory(&server).await,
            peer: next(&mut connected).await.unwrap(),
            ends: reasons,
            server,
        }
    }

    /// Sends a command and waits for its response, which shows that nothing else came before.
    async fn command(&mut self, command: Command, response: &str) {
        self.peer.send(command).unwrap();
        self.client.expect(response).await;
    }
}

#[tokio::test]
async fn once_takes_one_frame_then_messages_alone_until_it_is_set_again() {
    let mut it = Conversation::begin(Active::Once).await;
    it.client.call("a\nb\nc\n", "call a\n").await;
    it.command(Command::Say("hi"), "hi\n").await;
    it.command(Command::Set(Active::Once), "Once\ncall b\n").await;
    it.command(Command::Say("ho"), "ho\n").await;
    it.command(Command::Set(Active::True), "True\ncall c\n").await;
    it.client.call("d\ne\n", "call d\ncall e\n").await;
}

#[tokio::test]
async fn a_count_takes_so_many_frames_and_setting_it_again_adds_nothing() {
    let mut it = Conversation::begin(Active::Count(2)).await;
    it.client.call("a\n", "call a\n").await;
    it.command(Command::Set(Active::Count(2)), "Count(2)\n").await;
    it.client.call("b\nc\nd\n", "call b\ncall c\n").await;
    it.command(Command::Say("hi"), "hi\n").await;
    it.command(Command::Set(Active::False), "False\n").await;
    it.command(Command::Say("ho"), "ho\n").await;
    it.command(Command::Set(Active::Count(1)), "Count(1)\ncall d\n").await;
}

#[tokio::test]
async fn passive_with_messages_frames_wait_until_recv_asks_for_one() {
    let mut it = Conversation::begin(Active::False).await;
    it.client.send("a\nb\nc\n").await;
    it.command(Command::Say("hi"), "hi\n").await;
    it.command(Command::Recv, "recv Some(b\"a\")\n").await;
    it.command(Command::Say("ho"), "ho\n").await;
    it.command(Command::Recv, "recv Some(b\"b\")\n").await;
    it.command(Command::Set(Active::True), "True\ncall c\n").await;
}

#[tokio::test]
async fn recv_works_while_active_and_does_not_count() {
    let mut it = Conversation::begin(Active::True).await;
    // The message arrives before the frame, so its call gets the frame.
    it.peer.send(Command::Recv).unwrap();
    it.client.call("a\nb\n", "recv Some(b\"a\")\ncall b\n").await;

    let mut it = Conversation::begin(Active::Once).await;
    it.peer.send(Command::Recv).unwrap();
    it.client.call("a\nb\nc\n", "recv Some(b\"a\")\ncall b\n").await;
    it.command(Command::Say("hi"), "hi\n").await;
}

#[tokio::test]
async fn all_frames_come_before_the_close_each_on_its_own_once_and_passive_does_not_notice_it() {
    let mut it = Conversation::begin(Active::Once).await;
    it.client.send("a\nb\nhalf").await;
    it.client.half_close().await;
    it.client.expect("call a\n").await;
    it.command(Command::Say("hi"), "hi\n").await;
    it.command(Command::Set(Active::Once), "Once\ncall b\n").await;
    it.command(Command::Say("ho"), "ho\n").await;
    assert!(it.ends.try_recv().is_err(), "the close isn't noticed");
    it.command(Command::Set(Active::Once), "Once\n").await;
    it.client.expect_eof().await;
    assert_eq!(next(&mut it.ends).await, Some(CloseReason::Peer));
}

#[tokio::test]
async fn a_frame_that_is_too_long_is_told_at_once_behind_the_good_one_in_its_segment() {
    let mut it = Conversation::begin(Active::True).await;
    it.client.send("good\n123456789012345678901").await;
    it.client.expect("call good\n").await;
    it.client.expect_eof().await;
    assert_eq!(next(&mut it.ends).await, Some(CloseReason::TooLong));
}

#[tokio::test(start_paused = true)]
async fn a_peer_whose_frames_are_not_taken_is_held_back() {
    let mut it = Conversation::begin(Active::Once).await;
    let lines = "line\n".repeat(200_000);
    let flood = it.client.stream().write_all(lines.as_bytes());
    assert!(timeout(Duration::from_hours(1), flood).await.is_err(), "it never ends");
    let bytes_in = it.server.info().bytes_in;
    assert!(bytes_in <= 64 * 1024, "{bytes_in} bytes were taken");
}

/// Parses the `set` of memcached by changes of the packet mode.
struct Store {
    active: Active,
}

impl TcpServer for Store {
    type Input = input::WithSocket<input::Text>;
    type Session = ();
    type Message = ();

    const TAKES_MESSAGES: bool = true;

    fn options(&self) -> Options {
        Options::new().in_memory().packet(Packet::Line).active(self.active)
    }

    async fn connected(&self, _: &mut Socket, _: Peer<()>) -> Result<(), BoxError> {
        Ok(())
    }

    async fn handle_call<'a>(&'a self, frame: Frame<'a, Self>, (): &'a mut ()) -> Result<Action<'a>, BoxError> {
        let (line, socket) = frame;
        socket.set_active(self.active);
        let Some(length) = line.trim_end().strip_prefix("set ") else {
            return Ok(Action::reply(line));
        };
        let length: usize = length.parse()?;
        socket.set_packet(Packet::RawExact(length));
        let block = socket.recv().await?.ok_or("no block")?;
        let end = socket.recv_exact(2).await?;
        socket.set_packet(Packet::Line);
        Ok(Action::reply(("stored ", block, end)))
    }
}

#[tokio::test]
async fn switching_the_mode_in_mid_stream_works_however_it_arrives_and_however_it_is_taken() {
    let script = "get 1\nset 5\na\nb\nc\r\nset 3\nxyz\r\nget 2\n";
    let answer = "get 1\nstored a\nb\nc\r\nstored xyz\r\nget 2\n";
    for active in [Active::True, Active::Once, Active::Count(1)] {
        let server = start(Store { active }).await.unwrap();
        let mut at_once = Client::in_memory(&server).await;
        at_once.call(script, answer).await;
        let mut bytewise = Client::in_memory(&server).await;
        for byte in script.as_bytes() {
            bytewise.send([*byte]).await;
            tokio::task::yield_now().await;
        }
        bytewise.expect(answer).await;
        for middle in 1..script.len() {
            let mut client = Client::in_memory(&server).await;
            client.send(&script[..middle]).await;
            tokio::task::yield_now().await;
            client.send(&script[middle..]).await;
            client.expect(answer).await;
        }
    }
}

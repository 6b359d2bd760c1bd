//! Options that a state has of its own, and what a socket sets by hand.

use std::time::Duration;

use kai_tcp_server::{
    Action, CloseReason, Options, Packet, Peer, ProtocolState, Result, Server, Socket, start, tcp_server, with,
};
use kai_tcp_server_tests::{Client, next};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep};

const TEXT: Duration = Duration::from_secs(12);

#[derive(Clone, Copy, Debug, PartialEq, ProtocolState)]
enum Phase {
    #[initial]
    #[state(recv_timeout = "10s")]
    Hello,
    Ready,
    #[state(recv_timeout = TEXT)]
    Text,
    #[state(recv_timeout = infinity, packet = raw(3))]
    Blocks,
}

/// A message that leads to a state.
struct Go(Phase);

struct Patient(UnboundedSender<CloseReason>, UnboundedSender<Peer<Go>>);

#[tcp_server(port = 0, packet = line(lf), recv_timeout = "15s", state = Phase)]
impl Patient {
    fn connected(&self, peer: Peer<Go>) {
        let _ = self.1.send(peer);
    }

    async fn handle_call(&self, state: Phase, data: &[u8], socket: &mut Socket) -> Result<Action> {
        Ok(match (state, data) {
            (_, b"ready") => reply("ok").next(Phase::Ready),
            (_, b"text") => reply("ok").next(Phase::Text),
            (_, b"blocks") => reply("ok").next(Phase::Blocks),
            (_, b"own") => {
                socket.set_recv_timeout(Duration::from_secs(7));
                socket.set_send_timeout(Duration::from_hours(2));
                reply("ok")
            }
            (_, b"raw") => {
                socket.set_packet(Packet::RawExact(1));
                reply("ok")
            }
            // The same state as before changes nothing.
            (Phase::Hello, b"again") => reply("ok").next(Phase::Hello),
            (_, b"wait") => match socket.recv().await {
                Ok(_) => reply("came"),
                Err(error) => reply(format_args!("{error}")),
            },
            (Phase::Blocks, b"end") => noreply.next(Phase::Hello),
            (_, data) => reply(format_args!("{state:?} {}", data.escape_ascii())),
        })
    }

    fn handle_info(&self, Go(next): Go) -> Action {
        noreply.next(next)
    }

    fn closed(&self, reason: CloseReason) {
        let _ = self.0.send(reason);
    }
}

struct Connected {
    _server: Server,
    client: Client<DuplexStream>,
    told: UnboundedReceiver<CloseReason>,
    peer: Peer<Go>,
}

async fn patient(options: Options) -> Connected {
    let ((ends, told), (peers, mut peer)) = (unbounded_channel(), unbounded_channel());
    let server = start(with(Patient(ends, peers), options.in_memory())).await.unwrap();
    let client = Client::in_memory(&server).await;
    let peer = next(&mut peer).await.unwrap();
    Connected {
        _server: server,
        client,
        told,
        peer,
    }
}

impl Connected {
    async fn ends_in(&mut self, seconds: u64) {
        let begin = Instant::now();
        assert_eq!(next(&mut self.told).await, Some(CloseReason::Timeout));
        assert_eq!(begin.elapsed().as_secs(), seconds);
    }
}

#[tokio::test(start_paused = true)]
async fn each_state_has_its_recv_timeout_and_the_others_that_of_the_server() {
    for (line, seconds) in [("x", 10), ("ready", 15), ("text", 12)] {
        let mut connected = patient(Patient::OPTIONS).await;
        let answer = if line == "x" { "Hello x\n" } else { "ok\n" };
        connected.client.call(format!("{line}\n"), answer).await;
        connected.ends_in(seconds).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_initial_state_holds_from_the_beginning() {
    patient(Patient::OPTIONS).await.ends_in(10).await;
}

#[tokio::test(start_paused = true)]
async fn a_state_may_wait_for_ever() {
    let mut connected = patient(Patient::OPTIONS).await;
    connected.client.call(b"blocks\n", b"ok\n").await;
    sleep(Duration::from_hours(100)).await;
    connected.client.send(b"endx\n").await;
    connected.client.expect(b"Hello x\n").await;
    connected.ends_in(10).await;
}

#[tokio::test(start_paused = true)]
async fn a_state_that_a_message_changes_gives_the_wait_its_limit_from_there_on() {
    let mut connected = patient(Patient::OPTIONS).await;
    sleep(Duration::from_secs(9)).await;
    connected.peer.send(Go(Phase::Text)).unwrap();
    connected.ends_in(12).await;
}

#[tokio::test(start_paused = true)]
async fn what_a_socket_sets_holds_until_the_state_changes() {
    let mut connected = patient(Patient::OPTIONS).await;
    connected.client.call(b"own\n", b"ok\n").await;
    connected.client.call(b"again\n", b"ok\n").await;
    connected
        .client
        .call(b"wait\n", b"nothing whole came within recv_timeout 7s\n")
        .await;
    connected.client.call(b"ready\n", b"ok\n").await;
    connected.ends_in(15).await;
    let mut connected = patient(Patient::OPTIONS).await;
    connected.client.call(b"own\n", b"ok\n").await;
    connected.ends_in(7).await;
}

#[tokio::test(start_paused = true)]
async fn a_receive_in_the_middle_of_a_call_waits_as_its_state_says() {
    let mut connected = patient(Patient::OPTIONS).await;
    let begin = Instant::now();
    connected
        .client
        .call(b"text\nwait\n", b"ok\nnothing whole came within recv_timeout 12s\n")
        .await;
    assert_eq!(begin.elapsed().as_secs(), 12);
}

#[tokio::test(start_paused = true)]
async fn a_packet_mode_that_a_socket_sets_holds_until_the_state_changes() {
    let mut connected = patient(Patient::OPTIONS).await;
    connected.client.call(b"raw\nab", b"okHello aHello b").await;
    connected.peer.send(Go(Phase::Text)).unwrap();
    sleep(Duration::from_millis(1)).await;
    connected.client.call(b"ab\n", b"Text ab\n").await;
}

#[tokio::test(start_paused = true)]
async fn an_option_at_start_is_the_limit_of_the_states_that_have_none() {
    let mut connected = patient(Patient::OPTIONS.recv_timeout(Duration::from_secs(3))).await;
    connected.client.call(b"ready\n", b"ok\n").await;
    connected.ends_in(3).await;
    let mut connected = patient(Patient::OPTIONS.recv_timeout(Duration::from_secs(3))).await;
    connected.client.call(b"x\n", b"Hello x\n").await;
    connected.ends_in(10).await;
}

/// Its calls never wait, and no messages come.
struct Vault;

#[derive(Clone, Copy, Debug, PartialEq, ProtocolState)]
enum Lock {
    #[initial]
    Login,
    #[state(recv_timeout = "10s")]
    Password,
}

#[tcp_server(port = 0, packet = line(lf), recv_timeout = "1h", state = Lock)]
impl Vault {
    fn handle_call(&self, lock: Lock, _: &[u8]) -> Action {
        match lock {
            Lock::Login => reply("password?").next(Lock::Password),
            Lock::Password => reply("no"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_state_has_its_time_once_where_calls_never_wait() {
    let server = start(with(Vault, Vault::OPTIONS.in_memory())).await.expect("it starts");
    let mut client = server.connect().await.expect("it runs");
    client.write_all(b"anna\n").await.expect("it is open");
    let mut answer = [0; 10];
    client.read_exact(&mut answer).await.expect("it answers");
    let since = Instant::now();
    assert_eq!(client.read(&mut answer).await.expect("it closes"), 0);
    assert_eq!(since.elapsed().as_secs(), 10);
}

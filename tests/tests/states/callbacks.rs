//! The state as a parameter: of every callback of a connection, in any place.

use kai_tcp_server::{
    Action, Active, CloseReason, Failure, Peer, ProtocolState, Result, Server, Socket, start, tcp_server, with,
};
use kai_tcp_server_tests::{Client, next};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

#[derive(Clone, Copy, Debug, PartialEq, ProtocolState)]
enum Phase {
    #[initial]
    First,
    Second,
    Third,
}

/// A message that leads to a state.
struct Go(Phase);

/// The text that is told, and the state in which it is told.
type Told = (&'static str, Phase);

struct Teller(UnboundedSender<Told>, UnboundedSender<Peer<Go>>);

impl Teller {
    fn tell(&self, what: &'static str, state: Phase) {
        let _ = self.0.send((what, state));
    }
}

struct Count(u32);

#[tcp_server(port = 0, packet = line(lf), active = 3, state = Phase, call_timeout = "1h")]
impl Teller {
    fn connected(&self, state: Phase, peer: Peer<Go>, socket: &mut Socket) -> Count {
        self.tell("connected", state);
        let _ = self.1.send(peer);
        socket.set_state(Phase::Second);
        Count(0)
    }

    fn handle_call(&self, count: &mut Count, state: Phase, data: &str) -> Result<Action> {
        self.tell("handle_call", state);
        count.0 += 1;
        Ok(match data {
            "fail" => return Err("failed".into()),
            "third" => reply(format_args!("{}", count.0)).next(Phase::Third),
            "bye" => close.next(Phase::First),
            _ => reply(format_args!("{}", count.0)),
        })
    }

    fn handle_info(&self, Go(next): Go, state: Phase, count: &mut Count) -> Action {
        self.tell("handle_info", state);
        reply(format_args!("told {}", count.0)).next(next)
    }

    fn passive(&self, socket: &mut Socket, state: Phase) -> Action {
        self.tell("passive", state);
        socket.set_active(Active::True);
        noreply.next(Phase::First)
    }

    fn failed(&self, state: Phase, failure: &Failure) -> Action {
        self.tell("failed", state);
        reply(format_args!("{failure}")).next(Phase::Third)
    }

    fn stopping(&self, state: Phase) -> Action {
        self.tell("stopping", state);
        close("bye")
    }

    fn closed(&self, _: CloseReason, state: Phase, count: Count) {
        self.tell("closed", state);
        assert!(count.0 < 100);
    }
}

async fn teller() -> (Server, Client, UnboundedReceiver<Told>, Peer<Go>) {
    let ((tell, told), (peers, mut peer)) = (unbounded_channel(), unbounded_channel());
    let server = start(with(Teller(tell, peers), Teller::OPTIONS)).await.unwrap();
    let client = Client::connect(server.local_addr()).await;
    let peer = next(&mut peer).await.unwrap();
    (server, client, told, peer)
}

#[tokio::test]
async fn every_callback_takes_the_state_of_its_moment_in_any_place() {
    let (server, mut client, mut told, peer) = teller().await;
    assert_eq!(next(&mut told).await, Some(("connected", Phase::First)));
    client.call(b"a\n", b"1\n").await;
    assert_eq!(next(&mut told).await, Some(("handle_call", Phase::Second)));
    client.call(b"third\n", b"2\n").await;
    assert_eq!(next(&mut told).await, Some(("handle_call", Phase::Second)));
    client.call(b"fail\n", b"a callback failed: failed\n").await;
    assert_eq!(next(&mut told).await, Some(("handle_call", Phase::Third)));
    assert_eq!(next(&mut told).await, Some(("failed", Phase::Third)));
    // The count of frames has run out.
    assert_eq!(next(&mut told).await, Some(("passive", Phase::Third)));
    peer.send(Go(Phase::Second)).unwrap();
    client.expect(b"told 3\n").await;
    assert_eq!(next(&mut told).await, Some(("handle_info", Phase::First)));
    client.call(b"b\n", b"4\n").await;
    assert_eq!(next(&mut told).await, Some(("handle_call", Phase::Second)));
    server.stop().await;
    assert_eq!(next(&mut told).await, Some(("stopping", Phase::Second)));
    assert_eq!(next(&mut told).await, Some(("closed", Phase::Second)));
}

#[tokio::test]
async fn an_action_that_closes_may_name_the_last_state() {
    let (_server, mut client, mut told, _peer) = teller().await;
    client.send(b"bye\n").await;
    client.expect_eof().await;
    let mut last = None;
    while let Some(one) = next(&mut told).await {
        last = Some(one);
        if one.0 == "closed" {
            break;
        }
    }
    assert_eq!(last, Some(("closed", Phase::First)));
}

/// A server without a session, whose block has parameters.
struct Generic<T>(T);

#[tcp_server(port = 0, packet = line(lf), state = Phase)]
impl<T: std::fmt::Display + Send + Sync + 'static> Generic<T> {
    fn handle_call(&self, state: Phase) -> Action {
        match state {
            Phase::First => reply(format_args!("{} {state:?}", self.0)).next(Phase::Second),
            Phase::Second => reply(format_args!("{state:?}")).next(Phase::Third),
            Phase::Third => close("Third"),
        }
    }
}

#[tokio::test]
async fn a_generic_server_without_a_session_has_states() {
    let server = start(Generic(7)).await.unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    client.call(b"a\n", b"7 First\n").await;
    client.call(b"a\n", b"Second\n").await;
}

/// Another enum, of which a helper outside of the block names a state.
#[derive(Clone, Copy, ProtocolState)]
enum Other {
    #[initial]
    First,
}

fn elsewhere() -> Action<'static> {
    Action::reply("unsent").next(Other::First)
}

struct Mixed;

#[tcp_server(port = 0, packet = line(lf), state = Phase)]
impl Mixed {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            b"wrong" => elsewhere(),
            _ => reply("right").next(Phase::Third),
        }
    }

    fn failed(&self, failure: &Failure, state: Phase) -> Action {
        close(format_args!("{state:?}: {failure}"))
    }
}

#[tokio::test]
async fn a_state_of_another_enum_fails_the_call_before_a_byte_is_sent() {
    let server = start(Mixed).await.unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    client.call(b"a\n", b"right\n").await;
    client.send(b"wrong\n").await;
    let said = client.line().await;
    assert!(
        said.starts_with("Third: a callback failed: `next` names a state of another enum"),
        "{said}"
    );
    client.expect_eof().await;
}

//! Sessions that go over to a new version of the program by serde.

#![deny(warnings)]

use std::marker::PhantomData;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use kai_tcp_server::{Action, CloseReason, Frozen, Peer, ProtocolState, TcpServer, tcp_server};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

struct Chat;

#[derive(Default, Serialize, Deserialize)]
struct Member {
    name: String,
    #[serde(skip)]
    peer: Option<Peer<String>>,
}

#[tcp_server(port = 0, session_version = 1)]
impl Chat {
    fn connected(&self, peer: Peer<String>) -> Member {
        Member { name: "joe".to_owned(), peer: Some(peer) }
    }

    fn handle_call(&self, data: &[u8], member: &mut Member) -> Action {
        let _ = (&member.name, &member.peer);
        reply(data)
    }

    fn handle_info(&self, message: String) -> Action {
        reply(message)
    }

    fn taken_over(&self, peer: Peer<String>, member: &mut Member) {
        member.peer = Some(peer);
    }

    fn closed(&self, member: Member, _: CloseReason) {
        drop(member);
    }
}

/// A server without a session.
struct Echo;

#[tcp_server(port = 0, session_version = 0)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Ready,
}

/// States and a session, of which the session alone is written; the version is a constant of the
/// block.
struct Sink<T>(PhantomData<fn(T)>);

#[tcp_server(port = 0, state = Phase, session_version = Self::VERSION + 1)]
impl<T: Default + Serialize + DeserializeOwned + Send + 'static> Sink<T> {
    const VERSION: u32 = 6;

    fn handle_call(&self, data: &[u8], session: &mut Vec<T>, state: Phase) -> Action {
        session.push(T::default());
        match state {
            Phase::Hello => reply(data).next(Phase::Ready),
            Phase::Ready => close,
        }
    }
}

/// States alone.
struct Stateful;

const VERSION: u32 = 4_294_967_295;

#[tcp_server(port = 0, state = Phase, session_version = VERSION)]
impl Stateful {
    fn handle_call(&self, data: &[u8], state: Phase) -> Action {
        match state {
            Phase::Hello => reply(data).next(Phase::Ready),
            Phase::Ready => close,
        }
    }
}

mod public {
    use kai_tcp_server::{Action, tcp_server};

    #[derive(Default, serde::Serialize, serde::Deserialize)]
    struct Private(u8);

    pub struct Server;

    #[tcp_server(port = 0, session_version = 2)]
    impl Server {
        fn handle_call(&self, data: &[u8], session: &mut Private) -> Action {
            session.0 += 1;
            reply(data)
        }
    }
}

fn done<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("it waits"),
    }
}

/// Thaws a session, freezes it and tells what it was, and whether another version is refused.
fn through<S: TcpServer>(server: &S, version: u32, bytes: &[u8]) -> Vec<u8> {
    assert!(S::HANDS_OVER);
    let other = Frozen::new(version ^ 1, bytes);
    assert!(done(server.thaw(other)).is_err(), "another version is no guess");
    let Ok(mut session) = done(server.thaw(Frozen::new(version, bytes))) else {
        panic!("it isn't read")
    };
    let frozen = done(server.freeze(&mut session)).expect("it is written");
    assert_eq!(frozen.version(), version);
    frozen.bytes().to_vec()
}

fn main() {
    let member = Frozen::of(1, &Member { name: "joe".to_owned(), peer: None }).expect("it is written");
    assert_eq!(through(&Chat, 1, member.bytes()), member.bytes());
    let nothing = Frozen::of(0, &()).expect("it is written");
    assert_eq!(through(&Echo, 0, nothing.bytes()), nothing.bytes());
    assert_eq!(through(&Stateful, VERSION, nothing.bytes()), nothing.bytes());
    let list = Frozen::of(7, &[1_u64, 2]).expect("it is written");
    assert_eq!(through(&Sink::<u64>(PhantomData), 7, list.bytes()), list.bytes());
    let private = Frozen::of(2, &3_u8).expect("it is written");
    assert_eq!(through(&public::Server, 2, private.bytes()), private.bytes());
    assert!(done(Chat.thaw(Frozen::new(1, nothing.bytes()))).is_err(), "other bytes aren't a session");
}

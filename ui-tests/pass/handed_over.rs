//! Sessions that go over to a new version of the program by `freeze` and `thaw`.

#![deny(warnings)]
#![deny(rust_2018_idioms, mismatched_lifetime_syntaxes, unused)]

use std::future::ready;
use std::marker::PhantomData;

use kai_tcp_server::{Action, BoxError, CloseReason, Frozen, Peer, ProtocolState, Result, Socket, TcpServer, tcp_server};

struct Counter;

struct Session {
    lines: u64,
    peer: Option<Peer<String>>,
}

#[tcp_server(port = 0)]
impl Counter {
    fn connected(&self, peer: Peer<String>) -> Session {
        Session { lines: 0, peer: Some(peer) }
    }

    fn handle_call(&self, _: &[u8], session: &mut Session) -> Action {
        session.lines += 1;
        reply(session.lines.to_string())
    }

    fn handle_info(&self, message: String) -> Action {
        reply(message)
    }

    fn freeze(&self, session: &Session) -> Frozen {
        Frozen::new(1, session.lines.to_be_bytes()).tell_closed()
    }

    fn thaw(&self, frozen: Frozen) -> Result<Session> {
        let lines = u64::from_be_bytes(frozen.bytes().try_into()?);
        Ok(Session { lines, peer: None })
    }

    fn taken_over(&self, socket: &mut Socket, peer: Peer<String>, session: &mut Session) -> Result {
        let _ = socket;
        session.peer = Some(peer);
        Ok(())
    }

    fn closed(&self, session: Session, reason: CloseReason) {
        let _ = (session.peer, reason);
    }
}

/// All of it asynchronous, in another order, with errors of its own; the session can't be shared.
struct Waiting;

type Cell = std::cell::Cell<u8>;

#[tcp_server(port = 0)]
impl Waiting {
    async fn handle_call(&self, data: &[u8], session: &mut Cell) -> Action {
        let next = ready(session.get()).await;
        session.set(next);
        reply(data)
    }

    async fn taken_over(&self, session: &mut std::cell::Cell<u8>, _: Peer, socket: &mut Socket) -> Result<(), BoxError> {
        socket.send([session.get()]).await?;
        Ok(())
    }

    async fn thaw(&self, frozen: Frozen) -> Result<std::cell::Cell<u8>, BoxError> {
        ready(()).await;
        let first = frozen.bytes().first().ok_or("it is cut off")?;
        Ok(Cell::new(*first))
    }

    async fn freeze(&self, session: &mut std::cell::Cell<u8>) -> Result<Frozen, BoxError> {
        let first = ready(session.get()).await;
        if first == 0 {
            return Err("it stays".into());
        }
        Ok(Frozen::new(1, [first]))
    }
}

/// Nothing but what is needed.
struct Bare;

#[tcp_server(port = 0)]
impl Bare {
    fn handle_call(data: &[u8]) -> Action {
        reply(data)
    }

    fn freeze() -> Frozen {
        Frozen::new(0, [])
    }

    fn thaw() {}

    fn taken_over() {}
}

/// A session that `thaw` alone names.
struct Named;

#[tcp_server(port = 0)]
impl Named {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }

    fn freeze(&self) -> Frozen {
        Frozen::new(1, *b"x")
    }

    fn thaw(&self, frozen: kai_tcp_server::Frozen) -> Option<u8> {
        frozen.bytes().first().copied()
    }
}

#[derive(Clone, Copy, Debug, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Ready,
}

struct Sink<T, const N: usize>(PhantomData<T>);

#[tcp_server(port = 0, state = Phase)]
impl<T, const N: usize> Sink<T, N>
where
    T: Clone + Default + AsRef<[u8]> + TryFrom<Vec<u8>, Error: Into<BoxError>> + Send + Sync + 'static,
{
    fn handle_call(&self, data: &[u8], session: &mut (T, [u8; N]), state: Phase) -> Action {
        let _ = session;
        match state {
            Phase::Hello => reply(data).next(Phase::Ready),
            Phase::Ready => close,
        }
    }

    fn connected(&self) -> (T, [u8; N]) {
        (T::default(), [0; N])
    }

    fn freeze(&self, state: Phase, (text, _): &(T, [u8; N])) -> Result<Frozen> {
        let _ = state;
        Ok(Frozen::new(N.try_into()?, T::as_ref(text)))
    }

    fn thaw(&self, frozen: Frozen) -> Result<(T, [u8; N]), BoxError> {
        let text = T::try_from(frozen.bytes().to_vec()).map_err(Into::into)?;
        Ok((text, [0; N]))
    }

    fn taken_over(&self, socket: &mut Socket, state: Phase) {
        if matches!(state, Phase::Ready) {
            socket.set_state(Phase::Hello);
        }
    }
}

/// States without a session.
struct Stateful;

#[tcp_server(port = 0, state = Phase)]
impl Stateful {
    fn handle_call(&self, data: &[u8], state: Phase) -> Action {
        match state {
            Phase::Hello => reply(data).next(Phase::Ready),
            Phase::Ready => close,
        }
    }

    fn freeze(&self, state: Phase) -> Frozen {
        Frozen::new(1, format!("{state:?}"))
    }

    fn thaw(&self, _: Frozen) {}
}

/// A type of one's own with the name.
mod own {
    use kai_tcp_server::{Action, tcp_server};

    pub struct Frozen(pub u8);

    pub struct Server;

    #[tcp_server(port = 0)]
    impl Server {
        fn handle_call(&self, data: &[u8], session: &mut u8) -> Action {
            let _ = session;
            reply(data)
        }

        fn handle_info(&self, message: Frozen, session: &mut u8) -> Action {
            *session = message.0;
            noreply
        }
    }
}

const fn hands_over<S: TcpServer>(_: &S) -> bool {
    S::HANDS_OVER
}

fn main() {
    assert!(hands_over(&Counter) && hands_over(&Waiting) && hands_over(&Bare) && hands_over(&Named));
    assert!(hands_over(&Sink::<Vec<u8>, 2>(PhantomData)) && hands_over(&Stateful));
    assert!(!hands_over(&own::Server));
}

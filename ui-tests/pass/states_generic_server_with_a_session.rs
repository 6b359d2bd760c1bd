//! A generic server with a session, asynchronous, with results.

#![deny(warnings)]

use kai_tcp_server::{Action, ProtocolState, Result, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Ready,
}

struct Sink<T>(T);

#[tcp_server(port = 0, packet = line(crlf), state = Phase)]
impl<T: Clone + std::fmt::Display + Send + Sync + 'static> Sink<T> {
    fn connected(&self, state: Phase) -> (Phase, T) {
        (state, self.0.clone())
    }

    async fn handle_call(&self, session: &mut (Phase, T), data: &[u8], state: Phase) -> Result<Action> {
        Ok(match (state, data) {
            (Phase::Hello, "hello {name}") => self.greet(name, &session.1)?.next(Phase::Ready),
            (Phase::Ready, b"quit") => close,
            (Phase::Ready, b"first") if matches!(session.0, Phase::Hello) => reply("hello"),
            _ => reply("what?"),
        })
    }

    fn greet(&self, name: &str, from: &T) -> Result<Action<'static>> {
        Ok(Action::reply(format!("{name} from {from}")))
    }

    fn closed(&self, state: Phase, (first, _): (Phase, T)) {
        let _ = (state, first);
    }
}

fn main() {
    let _ = Sink(1);
}

//! Servers in every packet mode and for every way to take frames, with slow handlers. The tests
//! measure the effect of a flood from outside.

use std::future::pending;
use std::time::Duration;

use kai_tcp_server::{Action, Active, BoxError, Frame, Options, Peer, Result, Socket, TcpServer, input, start};
use kai_tcp_server_tests::{MODES, Mode};
use tokio::time::sleep;

/// The behaviour of the call for a frame that contains an `x`.
#[derive(Clone, Copy)]
enum Call {
    Returns,
    Sleeps,
    NeverEnds,
}

/// The ways to take frames. If the call of a frame returns, the way itself holds the flood back.
const WAYS: [(&str, Active, Call); 5] = [
    ("true", Active::True, Call::NeverEnds),
    ("true, sleeping", Active::True, Call::Sleeps),
    ("once", Active::Once, Call::Returns),
    ("a count", Active::Count(3), Call::Returns),
    ("false", Active::False, Call::Returns),
];

struct Flooded {
    mode: Mode,
    active: Active,
    call: Call,
}

struct State {
    peer: Peer<()>,
    greeted: bool,
}

impl TcpServer for Flooded {
    type Input = input::Slice;
    type Session = State;
    type Message = ();

    const TAKES_MESSAGES: bool = true;

    fn options(&self) -> Options {
        Options::new().port(0).packet(self.mode.packet).active(self.active)
    }

    /// Fills the mailbox, which stays full.
    async fn connected(&self, _: &mut Socket, peer: Peer<()>) -> Result<State, BoxError> {
        while peer.send(()).is_ok() {}
        Ok(State { peer, greeted: false })
    }

    async fn handle_call<'a>(&'a self, data: Frame<'a, Self>, _: &'a mut State) -> Result<Action<'a>, BoxError> {
        if !data.contains(&b'x') {
            return Ok(Action::reply("ok"));
        }
        match self.call {
            Call::Returns => {}
            Call::Sleeps => sleep(Duration::from_millis(20)).await,
            Call::NeverEnds => pending().await,
        }
        Ok(Action::noreply())
    }

    async fn handle_info<'a>(
        &'a self,
        (): (),
        _: &'a mut Socket,
        state: &'a mut State,
    ) -> Result<Action<'a>, BoxError> {
        let _ = state.peer.send(());
        if std::mem::replace(&mut state.greeted, true) {
            sleep(Duration::from_millis(50)).await;
            Ok(Action::noreply())
        } else {
            Ok(Action::reply("hi"))
        }
    }
}

#[tokio::main]
async fn main() -> Result {
    for mode in MODES {
        for (way, active, call) in WAYS {
            let server = start(Flooded {
                mode: *mode,
                active,
                call,
            })
            .await?;
            eprintln!("{} {way} listens on {}", mode.name, server.local_addr());
        }
    }
    pending().await
}

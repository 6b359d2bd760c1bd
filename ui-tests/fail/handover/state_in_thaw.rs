use kai_tcp_server::{Action, Frozen, ProtocolState, tcp_server};

struct Counter;

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Ready,
}

#[tcp_server(port = 10000, state = Phase)]
impl Counter {
    fn handle_call(&self, data: &[u8], phase: Phase) -> Action {
        match phase {
            Phase::Hello => reply(data).next(Phase::Ready),
            Phase::Ready => close,
        }
    }

    fn freeze(&self) -> Frozen {
        Frozen::new(1, [])
    }

    fn thaw(&self, _: Frozen, phase: Phase) {
        let _ = phase;
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Counter)
}

use kai_tcp_server::{Action, ProtocolState, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Ready,
}

struct Store;

#[tcp_server(port = 10000, packet = line(crlf))]
impl Store {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (Phase::Hello, b"hello") => reply("hello").next(Phase::Ready),
            _ => close,
        }
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Store)
}

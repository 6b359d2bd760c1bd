use kai_tcp_server::{Action, Peer, tcp_server};

struct Counter;

#[tcp_server(port = 10000, session_version = 1)]
impl Counter {
    fn connected(&self, peer: Peer<String>) -> Peer<String> {
        peer
    }

    fn handle_call(&self, _: &[u8], peer: &mut Peer<String>) -> Action {
        reply(format!("{peer:?}"))
    }

    fn handle_info(&self, message: String) -> Action {
        reply(message)
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Counter)
}

use kai_tcp_server::{Action, Peer, tcp_server};

struct Echo;

#[tcp_server(port = 10000)]
impl Echo {
    fn connected(&self, peer: Peer) {
        drop(peer);
    }

    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }

    fn handle_info(&self, number: u64) -> Action {
        reply(number.to_string())
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Echo)
}

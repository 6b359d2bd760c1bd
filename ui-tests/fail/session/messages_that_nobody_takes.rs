use kai_tcp_server::{Action, Peer, tcp_server};

struct Echo;

#[tcp_server(port = 10000)]
impl Echo {
    fn connected(&self, peer: Peer<String>) {
        drop(peer);
    }

    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Echo)
}

use kai_tcp_server::{Action, Frozen, Peer, tcp_server};

struct Counter;

struct Member {
    peer: Option<Peer<String>>,
}

#[tcp_server(port = 10000)]
impl Counter {
    fn connected(&self, peer: Peer<String>) -> Member {
        Member { peer: Some(peer) }
    }

    fn handle_call(&self, _: &[u8], member: &mut Member) -> Action {
        reply(format!("{:?}", member.peer))
    }

    fn handle_info(&self, message: String) -> Action {
        reply(message)
    }

    fn freeze(&self) -> Frozen {
        Frozen::new(1, [])
    }

    fn thaw(&self) -> Member {
        Member { peer: None }
    }

    fn taken_over(&self, peer: Peer<u8>, member: &mut Member) {
        println!("{peer:?} in the place of {:?}", member.peer);
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Counter)
}

use kai_tcp_server::{Action, Frozen, Peer, Result, tcp_server};

struct Counter;

#[tcp_server(port = 10000)]
impl Counter {
    fn handle_call(&self, data: &[u8], count: &mut u64) -> Action {
        *count += 1;
        reply(data)
    }

    fn on_freeze(&self, count: &u64) -> Frozen {
        Frozen::new(1, count.to_be_bytes())
    }

    fn code_change(&self, frozen: Frozen) -> Result<u64> {
        Ok(u64::from_be_bytes(frozen.bytes().try_into()?))
    }

    fn on_resume(&self, peer: Peer) {
        drop(peer);
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Counter)
}

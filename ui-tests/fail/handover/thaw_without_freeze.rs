use kai_tcp_server::{Action, Frozen, Result, tcp_server};

struct Counter;

#[tcp_server(port = 10000)]
impl Counter {
    fn handle_call(&self, data: &[u8], count: &mut u64) -> Action {
        *count += 1;
        reply(data)
    }

    fn thaw(&self, frozen: Frozen) -> Result<u64> {
        Ok(u64::from_be_bytes(frozen.bytes().try_into()?))
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Counter)
}

use kai_tcp_server::{Action, tcp_server};

struct Counter;

#[tcp_server(port = 10000, session_version = "1")]
impl Counter {
    fn handle_call(&self, data: &[u8], count: &mut u64) -> Action {
        *count += 1;
        reply(data)
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Counter)
}

use kai_tcp_server::{Action, tcp_server};

struct Counter;

#[derive(Default)]
struct Count(u64);

#[tcp_server(port = 10000, session_version = 1)]
impl Counter {
    fn handle_call(&self, data: &[u8], count: &mut Count) -> Action {
        count.0 += 1;
        reply(data)
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Counter)
}

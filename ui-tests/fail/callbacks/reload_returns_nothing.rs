use kai_tcp_server::{Action, tcp_server};

struct Echo;

#[tcp_server(port = 10000)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }

    fn reload(&self) {}
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Echo)
}

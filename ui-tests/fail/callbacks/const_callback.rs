use kai_tcp_server::{Action, tcp_server};

struct Echo;

#[tcp_server(port = 10000)]
impl Echo {
    const fn handle_call(&self) -> Action {
        panic!()
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Echo)
}

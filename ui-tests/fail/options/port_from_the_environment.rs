use kai_tcp_server::{Action, tcp_server};

struct Demo;

#[tcp_server(port = std::env::var("PORT").unwrap().parse().unwrap())]
impl Demo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Demo)
}

use kai_tcp_server::{Action, tcp_server};

/// Public.
pub struct Echo;

struct Line(String);

#[tcp_server(port = 10000)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }

    fn handle_info(&self, line: Line) -> Action {
        reply(line.0)
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Echo)
}

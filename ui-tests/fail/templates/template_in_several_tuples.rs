use kai_tcp_server::{Action, tcp_server};

struct Server;

impl Server {
    fn open(&self) -> bool {
        true
    }
}

#[tcp_server(port = 0, packet = line(crlf))]
impl Server {
    fn handle_call(&self, data: &[u8]) -> Action {
        match (self.open(), data) {
            (true, "a {x}") | (false, "b {x}") => reply(x),
            _ => noreply,
        }
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Server)
}

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
            (true, "get {key}") => reply(key),
            (true, "get x") => noreply,
            (false, "get x") => noreply,
            (_, "put") => noreply,
            (true, "put") => noreply,
            _ => noreply,
        }
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Server)
}

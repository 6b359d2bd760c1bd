use kai_tcp_server::{Action, tcp_server};

struct Server;

impl Server {
    fn name(&self, name: &str) -> String {
        name.to_owned()
    }
}

#[tcp_server(port = 0, packet = line(crlf))]
impl Server {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "a {x: u32}" => reply(self.name(x)),
            _ => noreply,
        }
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Server)
}

use kai_tcp_server::{Action, tcp_server};

struct Server;

#[tcp_server(port = 10000, packet = line(crlf))]
impl Server {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "get {key}" => reply(key),
            b"get x" => reply("x"),
            b"put {" => reply("x"),
        }
    }
}

fn main() {}

use kai_tcp_server::{Action, tcp_server};

struct Server;

#[tcp_server(port = 0, packet = raw)]
impl Server {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            bits!(1u8, id: u32) => reply(id.to_string()),
            bits!(1u8, key: u32) => reply(key.to_string()),
            [b's', second, ..] => reply([*second]),
            "set {key}" => reply(key),
            line => reply(line),
            "get {key}" => reply(key),
        }
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Server)
}

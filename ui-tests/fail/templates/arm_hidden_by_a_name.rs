use kai_tcp_server::{Action, tcp_server};

struct Server;

#[tcp_server(port = 0, packet = line(crlf))]
impl Server {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            all => reply(all),
            "get {key}" => reply(key),
        }
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Server)
}

use kai_tcp_server::{Action, tcp_server};

struct Server;

#[tcp_server(port = 0, packet = line(crlf | lf))]
impl Server {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            b"quit\r\n" => close,
            "get {key}\n" => reply(key),
            _ => noreply,
        }
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Server)
}

use kai_tcp_server::{Action, tcp_server};

struct Server;

#[tcp_server(port = 0, packet = line(crlf))]
impl Server {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "a {x" => reply(x),
            "b {x {y}" => reply(y),
            "c }" => noreply,
            "{" => noreply,
            _ => noreply,
        }
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Server)
}

use kai_tcp_server::{Action, tcp_server};

struct Server;

#[tcp_server(port = 0)]
impl Server {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            b"a\nb\n" => close,
            "get {key}\n{rest..}\n" => reply((key, rest)),
            _ => noreply,
        }
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Server)
}

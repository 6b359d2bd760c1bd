use kai_tcp_server::{Action, tcp_server};

struct Server;

#[tcp_server(port = 0, packet = raw(4))]
impl Server {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            b"long!" => close,
            "a{x}{y? b}" => reply(x),
            b"abc" => close,
            "abcd{x}" => reply(x),
            [1, 2, 3] => noreply,
            _ => noreply,
        }
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Server)
}

use kai_tcp_server::{Action, Socket, tcp_server};

struct Echo;

fn text(_: &mut Socket) -> &str {
    "text"
}

#[tcp_server(port = 10000)]
impl Echo {
    fn handle_call(&self, data: &[u8], socket: &mut Socket) -> Action {
        let _ = data;
        reply(text(socket))
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Echo)
}

use kai_tcp_server::{Action, Socket, tcp_server};

struct Echo;

#[tcp_server(port = 10000)]
impl Echo {
    fn handle_call(&self, data: &[u8], socket: &Socket) -> Action {
        let _ = socket;
        reply(data)
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Echo)
}

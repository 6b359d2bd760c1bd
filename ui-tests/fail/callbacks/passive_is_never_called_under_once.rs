use kai_tcp_server::{Action, Active, Socket, tcp_server};

struct Echo;

#[tcp_server(port = 10000, active = once)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }

    fn passive(&self, socket: &mut Socket) -> Action {
        socket.set_active(Active::Count(2));
        noreply
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Echo)
}

use kai_tcp_server::{Action, Active, Socket, tcp_server};

struct Echo;

#[tcp_server(port = 10000, active = once)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }

    // It comes when nothing is taken any more.
    fn stopping(&self, socket: &mut Socket) -> Action {
        socket.set_active(Active::True);
        close("bye")
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Echo)
}

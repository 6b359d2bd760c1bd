use kai_tcp_server::{Action, Socket, tcp_server};

struct Echo;

#[tcp_server(prot = 10000, max_connections = 2, recv_timeout = 30, packet = 3, nodelay = maybe)]
impl Echo {
    fn conected(&self) {}

    fn handle_call(&mut self, data: Vec<u8>, socket: &Socket) -> Action {
        let close = socket;
        drop(close);
        if data.is_empty() { noreply() } else { reply(data) }
    }

    fn handle_info(&self, number: u64) {
        drop(number);
    }

    fn closed(&self, session: &mut String) {
        session.clear();
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Echo)
}

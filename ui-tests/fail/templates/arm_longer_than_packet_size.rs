use kai_tcp_server::{Action, tcp_server};

struct Server;

#[tcp_server(port = 0, packet = 4, packet_size = 8)]
impl Server {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "good morning {name}" => reply(name),
            "good day" => noreply,
            _ => noreply,
        }
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Server)
}

use kai_tcp_server::{Action, tcp_server};

struct Server;

#[tcp_server(port = 10000, packet = String)]
impl Server {
    fn handle_call(&self, _: String) -> Action {
        noreply
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Server)
}

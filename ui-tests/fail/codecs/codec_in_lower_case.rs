use kai_tcp_server::{Action, tcp_server};

struct Modes;

#[tcp_server(port = 10000, packet = my_codec)]
impl Modes {
    fn handle_call(&self, _: String) -> Action {
        noreply
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Modes)
}

use kai_tcp_server::{Action, tcp_server};

struct Echo;

#[tcp_server(port = 10000)]
impl Echo {
    fn connected(&self) -> String {
        String::new()
    }

    fn handle_call(&self, data: &[u8], count: &mut usize) -> Action {
        *count += 1;
        reply(data)
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Echo)
}

use kai_tcp_server::{Action, tcp_server};

struct Echo;

#[tcp_server(port = 10000)]
impl Echo {
    fn handle_call(&self, count: &mut usize, name: &mut String) -> Action {
        *count += 1;
        reply(&*name)
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Echo)
}

use kai_tcp_server::{tcp_server};

struct Echo;

trait Handler {
    fn handle(&self) {}
}

#[tcp_server(port = 10000)]
impl Handler for Echo {}

fn main() {}

use kai_tcp_server::{tcp_server};

struct Echo;

#[tcp_server(port = 10000)]
fn handle_call(data: &[u8]) -> &[u8] {
    data
}

fn main() {}

use kai_tcp_server::{tcp_server};

struct Echo;

#[tcp_server(port = 10000)]
struct Server;

fn main() {}

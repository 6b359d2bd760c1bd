//! An echo behind a proxy, for the tests of its memory.

use kai_tcp_server::{Action, Result, run, tcp_server};

struct Proxied;

#[tcp_server(port = 0, packet = line(lf), proxy_protocol = required, trusted_proxies = ["127.0.0.1"])]
impl Proxied {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

fn main() -> Result {
    run(Proxied)
}

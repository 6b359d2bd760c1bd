//! Listeners of systemd, of TLS and of the PROXY protocol, where the crate's features for them are
//! off.

use other::{Action, tcp_server};

struct Server;

#[tcp_server(
    crate = other,
    listen = ["systemd:web", "127.0.0.1:1 tls cert=c.pem key=k.pem", "unix:/run/e proxy_protocol"],
)]
impl Server {
    fn handle_call(&self, line: &[u8]) -> Action {
        reply(line)
    }
}

fn main() -> other::Result {
    other::run(Server)
}

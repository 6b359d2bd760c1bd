//! TLS, the PROXY protocol and latency, where the crate's features for them are off.

use other::{Action, tcp_server};

struct Server;

#[tcp_server(
    port = 0,
    crate = other,
    tls(cert = "cert.pem", key = "key.pem"),
    proxy_protocol = required,
    trusted_proxies = ["10.0.0.0/8"],
    latency = true,
)]
impl Server {
    fn handle_call(&self, line: &[u8]) -> Action {
        reply(line)
    }
}

fn main() -> other::Result {
    other::run(Server)
}

use kai_tcp_server::{Action, tcp_server};

struct Echo;

#[tcp_server(
    listen = [
        "0.0.0.0:1 ssl",
        "0.0.0.0:2 accept-proxy",
        "0.0.0.0:3 tsl",
        "0.0.0.0:4 proxy_protcol",
        "unix:/a mode=rw",
        "unix:/b mode=o660",
        "0.0.0.0:5 mode=660",
        "unix:@c mode=660",
        "systemd:web owner=echo",
        "0.0.0.0:6 tls cert=cert.pem",
        "0.0.0.0:7 cert=cert.pem key=key.pem",
        "0.0.0.0:8 tls=yes",
        "0.0.0.0:9 fast",
    ],
)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Echo)
}

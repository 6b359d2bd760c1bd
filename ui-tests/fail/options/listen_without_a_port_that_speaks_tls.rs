use kai_tcp_server::{Action, tcp_server};

struct Echo;

#[tcp_server(
    listen = ["127.0.0.1:10000"],
    tls(cert = "cert.pem", key = "key.pem"),
    proxy_protocol = required,
    trusted_proxies = ["10.0.0.0/8"],
)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Echo)
}

use kai_tcp_server::{Action, tcp_server};

struct Echo;

#[tcp_server(listen = ["127.0.0.1:10000 tls", "127.0.0.1:10001 tls client_optional cert=c.pem key=k.pem"])]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Echo)
}

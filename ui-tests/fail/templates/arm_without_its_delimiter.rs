use kai_tcp_server::{Action, tcp_server};

struct Flash;

#[tcp_server(port = 0, packet = line, delimiter = b'\0')]
impl Flash {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            b"<policy-file-request/>" => close("<cross-domain-policy/>\0"),
            "one\0two\0" => noreply,
            "quit\0" => close,
            _ => noreply,
        }
    }
}

fn main() {}

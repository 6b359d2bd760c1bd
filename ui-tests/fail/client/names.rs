use kai_tcp_server::{Action, tcp_server};

struct Till;

#[tcp_server(port = 0, packet = line(crlf), client = TillClient)]
impl Till {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "get {key}" => reply(key),
            // The name of another arm's method.
            "get {key} {field}" => reply((key, field)),
            "GET all" => reply("all"),
            // The name of a method that each client has.
            "recv {key}" => reply(key),
            "bytes" => reply("bytes"),
            // Beside `send_get`.
            "send_get" => reply("sent"),
            // No names.
            "." => reply("end"),
            "2fa {code}" => reply(code),
            "{command}: {rest..}" => reply((command, rest)),
            [1, rest @ ..] => reply(rest),
            _ => close,
        }
    }
}

fn main() {
    let (stream, _) = tokio::io::duplex(64);
    let _ = TillClient::new(stream).send_get("key");
}

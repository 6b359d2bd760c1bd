#![deny(deprecated)]

use kai_tcp_server::{Action, tcp_server};

struct Server;

#[tcp_server(port = 0, packet = raw)]
impl Server {
    fn handle_call(&self, data: &[u8]) -> Action {
        match std::str::from_utf8(data) {
            Ok("hello {_}") => reply("hi"),
            Ok(line) => self.second(Some(line)),
            Err(_) => close,
        }
    }

    fn second<'a>(&self, line: Option<&'a str>) -> Action<'a> {
        match (line, "".as_bytes()) {
            (Some("set {key}" | "put {key}"), "x{_..}") => close,
            (Some("{{}}" | r"meant {so}" | "and \x7bso}" | "{"), _) => close,
            _ => reply("?"),
        }
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Server)
}

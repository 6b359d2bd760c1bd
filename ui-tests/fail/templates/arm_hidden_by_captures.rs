use kai_tcp_server::{Action, tcp_server};

struct Server;

#[tcp_server(port = 0, packet = line(crlf))]
impl Server {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "{command} {rest..}" => reply((command, rest)),
            "set {key} {value}" => reply((key, value)),
            "add {a: u32} {b: u32}" => reply(format_args!("{}", a + b)),
            "get {key}{all? all}" => reply(if all { "all" } else { key }),
            "{name}: {value..}" => reply((name, value)),
            "{name},{value}" => reply((name, value)),
            "{host}:{port: u16}" => reply(format_args!("{host} {port}")),
            "{key},{field},{value}" => reply((key, field, value)),
            _ => close,
        }
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Server)
}

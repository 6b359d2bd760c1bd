use kai_tcp_server::{Action, tcp_server};

struct Server;

#[tcp_server(port = 0, packet = line(crlf))]
impl Server {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "get {key}" => reply(key),
            "get all" => noreply,
            b"get more" => noreply,
            "get {_: u32}" => noreply,
            "put {rest..: bytes}" => reply(rest),
            "put {a} {b}" => reply((a, b)),
            [b's', _, ..] => noreply,
            "set" => noreply,
            "same" | "same" => noreply,
            _ => noreply,
        }
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Server)
}

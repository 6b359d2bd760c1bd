use bytes::Bytes;
use kai_tcp_server::{Action, tcp_server};

struct Server;

#[tcp_server(port = 0, packet = line(crlf))]
impl Server {
    fn handle_call(&self, data: &[u8]) -> Action {
        if let "get {key}" = data {
            return reply(key);
        }
        let "put {key} {count: usize}" = data else {
            return close;
        };
        while let "set {key: bytes}{all? all}" = data {
            return if all || key.len() == count { noreply } else { close };
        }
        if matches!(data, "del {key}" if key.len() > 2) || matches!(data, "quit") {
            return noreply;
        }
        if data.is_empty() && let "a {b}" | "c {b}" = &data[..] {
            return reply(b.trim());
        }
        if let "bye" = data {
            return close;
        }
        reply(key)
    }
}

struct Shared;

#[tcp_server(port = 0, packet = line(crlf))]
impl Shared {
    fn handle_call(&self, data: Bytes) -> Action {
        if let "get {key}" = data {
            return reply(key.to_owned());
        }
        if let "put {key}" = data.as_ref() {
            return reply(key.to_owned());
        }
        close
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run((Server, Shared))
}

use kai_tcp_server::{Action, tcp_server};

struct Server;

#[tcp_server(port = 10000, packet = line(crlf))]
impl Server {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "wait {seconds: u33}" => reply(format_args!("{seconds}")),
            "add {n: int}" => reply(format_args!("{n}")),
            "sub {n: Unknown}" => reply(format_args!("{n}")),
            _ => close,
        }
    }
}

fn main() {}

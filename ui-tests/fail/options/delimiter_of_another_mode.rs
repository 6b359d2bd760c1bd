use kai_tcp_server::{Action, tcp_server};

const END: u8 = b';';

struct Counted;

#[tcp_server(port = 0, packet = 4, delimiter = b'\0')]
impl Counted {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

struct Stripped;

#[tcp_server(port = 0, delimiter = END, packet = line(lf))]
impl Stripped {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

fn main() {}

use kai_tcp_server::{Action, tcp_server};

struct Echo;
struct Number;
struct Word;

#[tcp_server(port = 10000, health = "127.0.0.1")]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

#[tcp_server(port = 10001, health = 9000)]
impl Number {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

#[tcp_server(port = 10002, health = ":9000")]
impl Word {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

fn main() {}

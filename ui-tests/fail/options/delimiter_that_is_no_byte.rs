use kai_tcp_server::{Action, tcp_server};

struct Text;

#[tcp_server(port = 0, delimiter = "\0")]
impl Text {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

struct Letter;

#[tcp_server(port = 0, delimiter = ';')]
impl Letter {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

struct Two;

#[tcp_server(port = 0, delimiter = "\r\n")]
impl Two {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

struct Bytes;

#[tcp_server(port = 0, delimiter = b"|")]
impl Bytes {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

struct Number;

#[tcp_server(port = 0, delimiter = 256)]
impl Number {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

struct Word;

#[tcp_server(port = 0, delimiter = lf)]
impl Word {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

const WIDE: u32 = 7;

struct Wide;

#[tcp_server(port = 0, delimiter = WIDE)]
impl Wide {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

fn main() {}

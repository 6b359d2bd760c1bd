use kai_tcp_server::{Action, tcp_server};

struct Text;

#[tcp_server(port = 0, client = "TextClient")]
impl Text {
    fn handle_call(&self, _: &[u8]) -> Action {
        noreply
    }
}

struct Path;

#[tcp_server(port = 0, client = clients::PathClient)]
impl Path {
    fn handle_call(&self, _: &[u8]) -> Action {
        noreply
    }
}

struct Nothing;

#[tcp_server(port = 0, client = pub)]
impl Nothing {
    fn handle_call(&self, _: &[u8]) -> Action {
        noreply
    }
}

struct Missing;

#[tcp_server(port = 0, client)]
impl Missing {
    fn handle_call(&self, _: &[u8]) -> Action {
        noreply
    }
}

fn main() {}

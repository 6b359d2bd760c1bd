#![deny(warnings)]

use kai_tcp_server::{Action, tcp_server};

struct Words {
    words: String,
}

#[tcp_server(port = 10000)]
impl Words {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            b"error\n" => error(),
            b"close\n" => Self::gone(),
            _ => reply(&self.words),
        }
    }

    fn gone() -> Action<'static> {
        close("gone")
    }
}

fn error() -> Action<'static> {
    Action::reply("ERROR")
}

fn main() {
    let words = Words { words: String::new() };
    assert_eq!(words.handle_call(b"error\n"), Action::reply("ERROR"));
    let _ = words.handle_call(b"close\n");
}

//! The action words with names that clippy could complain about. This file is linted as a user's
//! is.

use kai_tcp_server::{Action, tcp_server};

struct Server {
    owner: Option<String>,
}

#[tcp_server(port = 0, packet = line(crlf))]
impl Server {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            b"reply or close" => self.owner.as_ref().map_or_else(|| close, reply),
            b"reply or noreply" => self.owner.as_ref().map_or_else(|| noreply, reply),
            b"close with" => self.owner.as_ref().map_or(noreply, |owner| close(owner)),
            _ => self.owner.as_ref().map_or(close, reply),
        }
    }
}

#[test]
fn words_stand_in_closures() {
    let nobodys = Server { owner: None };
    let joes = Server {
        owner: Some("joe".to_owned()),
    };
    for (ask, without, with) in [
        ("reply or close", Action::close(), Action::reply("joe")),
        ("reply or noreply", Action::noreply(), Action::reply("joe")),
        ("close with", Action::noreply(), Action::close_with("joe")),
        ("else", Action::close(), Action::reply("joe")),
    ] {
        assert_eq!(nobodys.handle_call(ask.as_bytes()), without, "{ask}");
        assert_eq!(joes.handle_call(ask.as_bytes()), with, "{ask}");
    }
}

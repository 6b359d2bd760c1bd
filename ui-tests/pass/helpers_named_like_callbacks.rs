//! What is called, or stands beside the callback that its name is near to, is the user's own.

#![deny(warnings)]

use kai_tcp_server::{Action, Peer, tcp_server};

struct Mail;

#[tcp_server(port = 0, packet = line(crlf))]
impl Mail {
    fn connected(&self, peer: Peer<String>) -> Peer<String> {
        peer
    }

    fn handle_call(&self, data: &str) -> Action {
        match data {
            "MAIL {from}" => self.handle_mail(from),
            "x" => Self::on_close(),
            line => self.handle_line(line),
        }
    }

    fn handle_mail(&self, from: &str) -> Action {
        let _ = from.len();
        reply("250 OK")
    }

    fn handle_line(&self, line: &str) -> Action {
        reply(line.to_owned())
    }

    // `closed` isn't there, and this is called.
    fn on_close() -> Action<'static> {
        close
    }

    fn handle_info(&self, message: String) -> Action {
        reply(message)
    }

    #[allow(dead_code)]
    fn handle_into(&self) {}
}

fn main() {
    assert_eq!(Mail.handle_call("MAIL me"), Action::reply("250 OK"));
    assert_eq!(Mail.handle_call("x"), Action::close());
    assert_eq!(Mail.handle_call("y"), Action::reply("y"));
}

#![deny(warnings)]

use kai_tcp_server::{Action, Failure, Socket, tcp_server};

struct Server {
    motto: String,
}

#[tcp_server(port = 0)]
impl Server {
    fn handle_call<'a>(&'a self, data: &'a [u8], _: &mut Socket) -> Action<'a> {
        if data.is_empty() { reply(&self.motto) } else { reply(data) }
    }

    fn handle_info(self: &Self, message: &'static str) -> Action {
        reply(message)
    }

    fn failed(&self, failure: &Failure, motto: &mut String) -> Result<Action<'_>, std::fmt::Error> {
        motto.clear();
        Ok(match failure {
            Failure::Timeout => reply(&*motto),
            _ => reply(&self.motto),
        })
    }
}

fn main() {
    let _ = || kai_tcp_server::run(Server { motto: String::new() });
}

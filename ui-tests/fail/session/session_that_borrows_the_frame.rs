use kai_tcp_server::{Action, tcp_server};

struct Demo;

#[derive(Default)]
struct Session<'a> {
    last: &'a [u8],
}

#[tcp_server(port = 10000, packet = line(crlf))]
impl Demo {
    fn handle_call<'a>(&self, data: &'a [u8], session: &mut Session<'a>) -> Action {
        let last = std::mem::replace(&mut session.last, data);
        reply(last)
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Demo)
}

use kai_tcp_server::{Action, tcp_server};

trait Handler {
    fn handle(&self, line: &str) -> String;
}

struct Upper;

impl Handler for Upper {
    fn handle(&self, line: &str) -> String {
        line.to_uppercase()
    }
}

struct Demo {
    handler: Box<dyn Handler>,
}

#[tcp_server(port = 10000, packet = line(crlf))]
impl Demo {
    fn handle_call(&self, line: &str) -> Action {
        reply(self.handler.handle(line))
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Demo { handler: Box::new(Upper) })
}

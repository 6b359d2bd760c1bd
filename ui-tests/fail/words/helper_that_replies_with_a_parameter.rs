use kai_tcp_server::{Action, tcp_server};

struct Demo;

#[tcp_server(port = 10000, packet = line(crlf))]
impl Demo {
    fn handle_call(&self, data: &[u8]) -> Action {
        self.show(data)
    }

    fn show(&self, line: &[u8]) -> Action {
        reply(line)
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Demo)
}

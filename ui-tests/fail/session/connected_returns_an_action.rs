use kai_tcp_server::{Action, Result, tcp_server};

struct Demo;

#[tcp_server(port = 10000, packet = line(crlf))]
impl Demo {
    async fn connected(&self) -> Result<Action> {
        Ok(reply("hello"))
    }

    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Demo)
}

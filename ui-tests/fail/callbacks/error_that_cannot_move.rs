use kai_tcp_server::{Action, Result, tcp_server};

struct Demo;

#[tcp_server(port = 10000, packet = line(crlf))]
impl Demo {
    fn handle_call(&self, data: &str) -> Result<Action, Box<dyn std::error::Error>> {
        let n: u32 = data.parse()?;
        Ok(reply(n.to_string()))
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Demo)
}

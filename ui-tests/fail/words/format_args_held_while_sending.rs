use kai_tcp_server::{Action, tcp_server};

use kai_tcp_server::{Result, Socket};

struct Demo;

#[tcp_server(port = 10000, packet = line(crlf))]
impl Demo {
    async fn handle_call(&self, data: &[u8], socket: &mut Socket) -> Result<Action> {
        let n = data.len();
        socket.send(format_args!("{n} bytes")).await?;
        Ok(reply(data))
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Demo)
}

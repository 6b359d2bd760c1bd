#![deny(unused_must_use)]

use kai_tcp_server::{Action, tcp_server};

struct Echo;

#[tcp_server(port = 0)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> kai_tcp_server::Result {
    kai_tcp_server::start(Echo).await?;
    Ok(())
}

//! A node behind HAProxy: it greets with the peer's address, and promises an answer before it gives
//! it, so that a test can tell which calls were begun.

use std::time::Duration;

use kai_tcp_server::{Action, Result, Socket, run, tcp_server};

struct Node;

#[tcp_server(
    port = 0,
    env = "BEHIND",
    packet = line(lf),
    max_processes = 1000,
    proxy_protocol = required,
    trusted_proxies = ["127.0.0.1"],
)]
impl Node {
    async fn connected(&self, socket: &mut Socket) -> Result {
        let greeting = format!("peer {}", socket.peer_addr());
        socket.send(greeting).await
    }

    async fn handle_call(&self, data: &[u8], socket: &mut Socket) -> Result<Action> {
        if data != b"work" {
            return Ok(reply(data));
        }
        socket.send("promised").await?;
        tokio::time::sleep(Duration::from_millis(20)).await;
        Ok(reply("kept"))
    }

    fn stopping(&self) -> Action {
        close("bye")
    }
}

fn main() -> Result {
    run(Node)
}

#![deny(warnings)]

use std::future::ready;
use std::io;

use kai_tcp_server::{Action, BoxError, CloseReason, ExitReason, Failure, Peer, Socket, Supervisor, tcp_server};

struct Server;

type Answer<T> = Result<T, BoxError>;

#[tcp_server(port = 0)]
impl Server {
    async fn init(&mut self, _: &Supervisor) -> io::Result<()> {
        ready(Ok(())).await
    }

    async fn connected(&self, peer: Peer<u64>, _: &mut Socket) -> Answer<Peer<u64>> {
        ready(()).await;
        Ok(peer)
    }

    async fn handle_call(&self, peer: &mut Peer<u64>, data: &str, _: &mut Socket) -> Answer<Action> {
        ready(()).await;
        let _ = peer.clone();
        Ok(reply(data))
    }

    async fn handle_info(&self, peer: &mut Peer<u64>, _: &mut Socket, number: u64) -> Answer<Action> {
        let _ = peer.clone();
        Ok(reply(ready(number).await.to_string()))
    }

    async fn passive(&self, peer: &mut Peer<u64>, _: &mut Socket) -> Answer<Action> {
        ready(()).await;
        Ok(reply(format_args!("{peer:?}")))
    }

    async fn failed(&self, _: &Failure) -> Action {
        ready(()).await;
        close
    }

    async fn stopping(&self, peer: &mut Peer<u64>, _: &mut Socket) -> Answer<Action> {
        ready(()).await;
        Ok(close(format_args!("{peer:?}")))
    }

    async fn closed(&self, _: CloseReason, peer: Peer<u64>) -> Answer<()> {
        drop(peer);
        ready(Ok(())).await
    }

    async fn terminate(&self, _: &ExitReason) -> Answer<()> {
        ready(Ok(())).await
    }
}

fn main() {
    let _ = || kai_tcp_server::run(Server);
}

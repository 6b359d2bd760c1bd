//! The log of a server whose processes are all busy.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::net::TcpStream;

use kai_tcp_server::{Action, start, tcp_server};
use kai_tcp_server_tests::{Log, eventually};

struct Echo;

#[tcp_server(port = 0, packet = line(lf), max_processes = 3)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

#[tokio::test]
async fn connections_that_come_at_once_and_take_the_last_process_are_told_as_one_alone_is() {
    let log = Log::new();
    let server = start(Echo).await.unwrap();
    // The server shares this thread, so it has no turn until all are connected.
    let _clients = [(); 3].map(|()| TcpStream::connect(server.local_addr()).unwrap());
    eventually("all are served", || server.info().curr_connections == 3).await;
    eventually("it is told", || {
        let text = log.text();
        text.contains("all 3 processes are busy: further connections wait")
    })
    .await;
}

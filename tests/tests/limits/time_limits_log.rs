//! The log of time limits.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::future::pending;
use std::time::Duration;

use kai_tcp_server::{Action, Options, Socket, start, tcp_server, with};
use kai_tcp_server_tests::{Client, Log};

struct Server;

#[tcp_server(port = 0, packet = line(lf))]
impl Server {
    async fn handle_call(&self, data: &[u8], socket: &mut Socket) -> kai_tcp_server::Result<Action> {
        match data {
            b"receive" => Ok(reply(socket.recv().await?.unwrap_or_default())),
            _ => pending().await,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_line_names_the_option_and_its_value() {
    let log = Log::new();
    let five = Duration::from_secs(5);
    let ten = Duration::from_secs(10);
    let options = Server::OPTIONS.in_memory();
    let cases: [(Options, &str, &str); 5] = [
        (
            options.recv_timeout(ten),
            "half",
            "no whole frame came within recv_timeout 10s",
        ),
        (
            options.frame_timeout(five),
            "half",
            "no whole frame came within frame_timeout 5s",
        ),
        (
            options.recv_timeout(ten),
            "receive\nhalf",
            "nothing whole came within recv_timeout 10s",
        ),
        (
            options.frame_timeout(five),
            "receive\nhalf",
            "the rest of a frame didn't come within frame_timeout 5s",
        ),
        (
            options.call_timeout(five),
            "never\n",
            "handle_call failed: it took longer than call_timeout 5s",
        ),
    ];
    for (options, sent, line) in cases {
        log.take();
        let server = start(with(Server, options)).await.unwrap();
        let mut client = Client::in_memory(&server).await;
        client.send(sent).await;
        client.expect_eof().await;
        let text = log.text();
        let warnings: Vec<_> = text.lines().filter(|line| line.contains("WARN")).collect();
        assert!(
            matches!(warnings[..], [warning] if warning.contains(line)),
            "{line}: {text}"
        );
    }
}

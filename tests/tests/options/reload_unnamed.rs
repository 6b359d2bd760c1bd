//! `Server::reload` with options that leave out options of the start.

#![allow(clippy::unused_self)] // a callback's signature is given

use kai_tcp_server::{Action, Options, start, tcp_server, with};
use kai_tcp_server_tests::Client;

struct Echo;

#[tcp_server(port = 0, packet = line, delimiter = b';')]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

#[tokio::test]
async fn options_that_do_not_name_the_delimiter_leave_it_and_say_nothing_of_it() {
    let server = start(Echo).await.unwrap();
    let changes = server.reload(Options::new().port(0).packet_size(512)).unwrap();
    assert!(changes.iter().all(|change| change.name != "delimiter"), "{changes:?}");
    assert!(
        changes
            .iter()
            .any(|change| change.name == "packet_size" && change.applied),
        "{changes:?}"
    );
    let mut client = Client::connect(server.local_addr()).await;
    client.call("a\n;", "a\n;").await;
}

#[tokio::test]
async fn a_server_without_a_port_reloads_options_that_name_none() {
    let server = start(with(Echo, Echo::OPTIONS.in_memory())).await.unwrap();
    let changes = server.reload(Options::new().packet_size(4)).unwrap();
    assert!(
        changes
            .iter()
            .any(|change| change.name == "packet_size" && change.applied),
        "{changes:?}"
    );
    let mut client = Client::in_memory(&server).await;
    client.call("abc;", "abc;").await;
    client.send("longer;").await;
    client.expect_eof().await;
}

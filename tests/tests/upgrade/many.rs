//! More connections than go over at a time, and fewer descriptors than that takes.

use std::process::Command;

use kai_tcp_server_tests::Client;

use crate::chain::Chain;

/// Hands so many connections over, each of which has made a call.
async fn go_over(mut chain: Chain, count: usize) {
    let addr = chain.addr().await;
    let old = chain.serving;
    let mut clients = Vec::new();
    for _ in 0..count {
        let mut client = Client::connect(addr).await;
        client.call("x\n", format!("x 1 {old}\n")).await;
        clients.push(client);
    }
    chain.replace().await;
    for client in &mut clients {
        // Those that go over last are served by the old process until then.
        client.send("x\n").await;
        let line = client.line().await;
        assert!(
            line == format!("x 2 {old}\n") || line == format!("x 2 {}\n", chain.serving),
            "{line}"
        );
    }
    chain.line_with(&["Replaced stopped: "]).await;
    for client in &mut clients {
        client.call("x\n", format!("x 3 {}\n", chain.serving)).await;
    }
    chain.stop().await;
}

#[tokio::test]
async fn six_hundred_connections_go_over() {
    kai_tcp_server_tests::allow_all_descriptors();
    go_over(Chain::start(&[], &[]), 600).await;
}

#[tokio::test]
async fn connections_go_over_though_their_duplicates_do_not_fit_all_at_once() {
    // Each needs a second descriptor while it goes over.
    let mut command = Command::new("sh");
    let program = env!("CARGO_BIN_EXE_replaced");
    command.args(["-c", &format!("ulimit -n 160; exec {program}")]);
    go_over(Chain::run(command), 100).await;
}

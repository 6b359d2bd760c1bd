//! More connections than go over at a time, and fewer descriptors than that takes.

use std::process::Command;

use kai_tcp_server_tests::replaced::Carrying;
use kai_tcp_server_tests::{Client, Folder};
use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::carried::{New, carrying, connect, taken_over};
use crate::chain::Chain;
use crate::failures::ONE;

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

#[tokio::test]
async fn sessions_of_many_megabytes_go_over_in_several_goes() {
    let _one = ONE.lock().await;
    let server = carrying(Carrying::OPTIONS).await;
    let mut clients = Vec::new();
    for _ in 0..12 {
        let mut client = connect(&server).await;
        client.call("fill 8000000\n", "fill ok\n").await;
        clients.push(client);
    }
    let (new, upgraded) = New::upgraded(&server, &[]).await;
    assert!((1..12).contains(&upgraded.connections), "{upgraded:?}");
    assert_eq!(upgraded.connections + upgraded.waiting, 12);
    for client in &mut clients {
        taken_over(client, &new).await;
    }
    server.wait().await.unwrap();
}

#[tokio::test]
async fn connections_that_a_serving_process_has_no_descriptors_for_go_on_in_the_old_one() {
    let folder = Folder::new();
    let gate = folder.path("gate");
    let mut chain = Chain::start(&[], &[]);
    let addr = chain.addr().await;
    let old = chain.serving;
    let mut idle = Client::connect(addr).await;
    idle.call("x\n", format!("x 1 {old}\n")).await;
    let mut busy = Vec::new();
    for _ in 0..3 {
        let mut client = Client::connect(addr).await;
        client.call("x\n", format!("x 1 {old}\n")).await;
        client.send(format!("h{}\n", gate.display())).await;
        busy.push(client);
    }
    chain.replace().await;
    idle.call("x\n", format!("x 2 {}\n", chain.serving)).await;
    let none = Rlimit {
        current: Some(1),
        maximum: Some(1),
    };
    let new = Pid::from_raw(chain.serving.try_into().unwrap());
    prlimit(new, Resource::Nofile, none).unwrap();
    std::fs::write(&gate, "").unwrap();
    chain.line_with(&["the last connections stay"]).await;
    for client in &mut busy {
        client.expect(format!("h{} 2 {old}\n", gate.display())).await;
        client.call("x\n", format!("x 3 {old}\n")).await;
    }
    idle.call("x\n", format!("x 3 {}\n", chain.serving)).await;
    chain.stop().await;
}

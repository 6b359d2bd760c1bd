//! `max_processes` and `max_per_ip` while some connections have gone over and others follow.

use std::net::SocketAddr;

use kai_tcp_server_tests::{Client, Folder};

use crate::chain::Chain;

/// Starts a program that serves so many at a time, and waits for the calls of its connections.
fn so_many_at_a_time(most: &str) -> Chain {
    Chain::start(
        &["carrying"],
        &[("CARRYING_MAX_PROCESSES", most), ("CARRYING_SHUTDOWN", "1h")],
    )
}

async fn connected(addr: SocketAddr) -> Client {
    let mut client = Client::connect(addr).await;
    client.call("say x\n", "say ok\n").await;
    client
}

/// Upgrades, and waits until this idle connection has gone over.
async fn replace(chain: &mut Chain, idle: &mut Client) {
    chain.replace().await;
    idle.expect(format!("taken over by {}\n", chain.serving)).await;
}

#[tokio::test]
async fn a_connection_that_follows_has_its_place_among_max_processes() {
    let folder = Folder::new();
    let gate = folder.path("gate");
    let mut chain = so_many_at_a_time("2");
    let addr = chain.addr().await;
    let [mut idle, mut busy] = [connected(addr).await, connected(addr).await];
    busy.send(format!("hold {}\n", gate.display())).await;
    let mut next = Client::connect(addr).await;
    next.send("pid\n").await;
    replace(&mut chain, &mut idle).await;
    idle.call("connections\n", "1\n").await;
    std::fs::write(&gate, "").unwrap();
    busy.expect(format!("hold ok\ntaken over by {}\n", chain.serving)).await;
    busy.call("connections\n", "2\n").await;
    drop(idle);
    next.expect(format!("{}\n", chain.serving)).await;
    chain.stop().await;
}

#[tokio::test]
async fn the_place_of_a_connection_that_stays_after_all_is_free() {
    let folder = Folder::new();
    let gate = folder.path("gate");
    let mut chain = so_many_at_a_time("2");
    let addr = chain.addr().await;
    let old = chain.serving;
    let [mut idle, mut busy] = [connected(addr).await, connected(addr).await];
    busy.call("freeze refused\n", "freeze ok\n").await;
    busy.send(format!("hold {}\n", gate.display())).await;
    let mut next = Client::connect(addr).await;
    next.send("pid\n").await;
    replace(&mut chain, &mut idle).await;
    idle.call("connections\n", "1\n").await;
    std::fs::write(&gate, "").unwrap();
    busy.expect("hold ok\n").await;
    next.expect(format!("{}\n", chain.serving)).await;
    busy.call("pid\n", format!("{old}\n")).await;
}

#[tokio::test]
async fn the_place_of_a_connection_that_ends_in_the_old_process_is_free() {
    let mut chain = so_many_at_a_time("3");
    let addr = chain.addr().await;
    let [mut idle, mut busy] = [connected(addr).await, connected(addr).await];
    let mut another = connected(addr).await;
    another.send("hold /nowhere/at/all\n").await;
    busy.call("call 1000\n", "call ok\n").await;
    busy.send("hold /nowhere/at/all\n").await;
    let mut next = Client::connect(addr).await;
    next.send("pid\n").await;
    replace(&mut chain, &mut idle).await;
    assert!(busy.line().await.starts_with("failed: "));
    busy.expect_gone().await;
    // Another one keeps its place.
    next.call("connections\n", format!("{}\n2\n", chain.serving)).await;
}

#[tokio::test]
async fn a_connection_that_follows_is_let_in_though_its_address_has_others_by_then() {
    let folder = Folder::new();
    let gate = folder.path("gate");
    let mut chain = Chain::start(&["carrying"], &[("CARRYING_MAX_PER_IP", "2")]);
    let addr = chain.addr().await;
    let [mut idle, mut busy] = [connected(addr).await, connected(addr).await];
    busy.send(format!("hold {}\n", gate.display())).await;
    replace(&mut chain, &mut idle).await;
    let mut another = connected(addr).await;
    std::fs::write(&gate, "").unwrap();
    busy.expect(format!("hold ok\ntaken over by {}\n", chain.serving)).await;
    // It counts, so two have to end before the next one is let in.
    drop(idle);
    let mut connections = "3\n".to_owned();
    while connections == "3\n" {
        another.send("connections\n").await;
        connections = another.line().await;
    }
    Client::connect(addr).await.expect_gone().await;
    chain.stop().await;
}

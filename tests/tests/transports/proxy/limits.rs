//! The limits by address are judged by the header's address, and given back by the same.

use std::time::Duration;

use kai_tcp_server::{PeerAddr, Refused};
use kai_tcp_server_tests::{Client, eventually};
use tokio::time::Instant;

use super::{Echo, OPTIONAL, Play, blocks, from, is_served, play};

impl Play {
    async fn serves(&self, count: usize) {
        eventually("so many are served", || self.server.info().curr_connections == count).await;
    }
}

#[tokio::test]
async fn max_per_ip_counts_the_clients_and_not_the_proxy() {
    let play = play(Echo::OPTIONS.max_per_ip(2)).await;
    let mut clients = Vec::new();
    for client in ["192.0.2.1:1", "192.0.2.1:2", "192.0.2.2:1", "[2001:db8::1]:1"] {
        let mut client = play.connect(from(client)).await;
        is_served(&mut client).await;
        clients.push(client);
    }
    // An IPv4-mapped address is the IPv4 one.
    for third in ["192.0.2.1:3", "[::ffff:192.0.2.1]:4"] {
        play.connect(from(third)).await.expect_gone().await;
    }
    assert_eq!(play.server.info().refused.per_ip, 2);
    drop(clients.swap_remove(0));
    play.serves(3).await;
    let mut next = play.connect(from("[::ffff:192.0.2.1]:5")).await;
    is_served(&mut next).await;
    play.connect(from("192.0.2.1:6")).await.expect_gone().await;
    drop((clients, next));
    play.serves(0).await;
    // All was given back.
    for port in 7..9 {
        clients = vec![play.connect(from(&format!("192.0.2.1:{port}"))).await];
        is_served(&mut clients[0]).await;
    }
    assert_eq!(play.server.info().refused.per_ip, 3);
}

#[tokio::test]
async fn allow_and_deny_are_for_the_clients_and_not_for_the_proxy() {
    // The proxy is in none of those that are let in, and in one that isn't.
    let options = Echo::OPTIONS
        .allow(blocks(&["192.0.2.0/24", "2001:db8::/32"]))
        .deny(blocks(&["127.0.0.0/8", "192.0.2.64/26"]));
    let mut play = play(options).await;
    for (client, served) in [
        ("192.0.2.1:1", true),
        ("192.0.2.65:1", false),
        ("203.0.113.1:1", false),
        ("[2001:db8::1]:1", true),
        ("[::ffff:192.0.2.1]:1", true),
        ("[::ffff:192.0.2.65]:1", false),
        ("127.0.0.1:1", false),
    ] {
        let mut stream = play.connect(from(client)).await;
        if served {
            is_served(&mut stream).await;
            play.connected().await;
            drop(stream);
            play.closed().await;
        } else {
            stream.expect_gone().await;
        }
    }
    // Nothing was told of who wasn't let in.
    play.nothing_was_told();
    assert_eq!(play.server.info().refused.denied, 4);
}

/// In memory, where a goodbye that waits for its peer would take a second of paused time.
#[tokio::test(start_paused = true)]
async fn who_is_refused_by_its_header_leaves_its_process_at_once() {
    let options = Echo::OPTIONS.in_memory().max_processes(1);
    let play = play(options.deny(blocks(&["192.0.2.1"]))).await;
    let begun = Instant::now();
    // They stay connected.
    let mut refused = Vec::new();
    for _ in 0..5 {
        let mut client = Client::in_memory(&play.server).await;
        client.send(from("192.0.2.1:1")).await;
        refused.push(client);
        let mut next = Client::in_memory(&play.server).await;
        next.send(from("192.0.2.2:1")).await;
        is_served(&mut next).await;
    }
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
    assert_eq!(play.server.info().refused.denied, 5);
}

#[tokio::test]
async fn what_the_proxy_connects_for_itself_is_let_in_by_the_limits_for_clients() {
    let options = Echo::OPTIONS.max_per_ip(1).allow(blocks(&["192.0.2.0/24"]));
    let mut play = play(options).await;
    let mut open = Vec::new();
    for header in [&b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"[..], b"PROXY UNKNOWN\r\n"].repeat(3) {
        let mut check = play.connect(header).await;
        is_served(&mut check).await;
        assert_eq!(play.connected().await.0, PeerAddr::Proxy(Box::new(check.local_addr())));
        open.push(check);
    }
    let mut client = play.connect(from("192.0.2.1:1")).await;
    is_served(&mut client).await;
    assert_eq!(play.server.info().refused, Refused::default());
}

#[tokio::test]
async fn accept_rate_counts_connections_when_they_are_accepted() {
    let play = play(Echo::OPTIONS.accept_rate(1)).await;
    // One that never sends its header has taken the second's.
    let _silent = play.connect("").await;
    play.serves(1).await;
    let begun = std::time::Instant::now();
    is_served(&mut play.connect(from("192.0.2.1:1")).await).await;
    assert!(begun.elapsed().as_millis() > 300, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn without_a_header_the_own_address_counts() {
    // 127.0.0.1 is a proxy that needs no header.
    let play = play(OPTIONAL.max_per_ip(1)).await;
    let mut direct = play.connect("").await;
    is_served(&mut direct).await;
    assert_eq!(
        play.server.connections()[0].peer_addr,
        PeerAddr::Ip(direct.local_addr())
    );
    play.connect("hello\n").await.expect_gone().await;
    let mut client = play.connect(from("192.0.2.1:1")).await;
    is_served(&mut client).await;
    assert_eq!(play.server.info().refused.per_ip, 1);
    drop(direct);
    play.serves(1).await;
    let mut next = play.connect("").await;
    is_served(&mut next).await;
}

#[cfg(target_os = "linux")] // all of 127.0.0.0/8 is this machine there
#[tokio::test]
async fn who_is_no_proxy_counts_when_it_is_accepted() {
    use super::optional::stranger;

    let play = play(OPTIONAL.max_per_ip(1)).await;
    // It is counted before it has sent anything.
    let mut silent = stranger(&play).await;
    play.serves(1).await;
    stranger(&play).await.expect_gone().await;
    assert_eq!(play.server.info().refused.per_ip, 1);
    is_served(&mut silent).await;
}

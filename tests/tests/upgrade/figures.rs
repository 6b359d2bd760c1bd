//! The figures around an upgrade: each process counts what it has done itself, so that the figures
//! of both add up to what clients know.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use kai_tcp_server_tests::Client;
use kai_tcp_server_tests::replaced::Carrying;

use crate::carried::{New, carrying, connect, taken_over};
use crate::chain::moment;
use crate::failures::ONE;

/// Figures for Prometheus.
#[derive(Debug, PartialEq, Eq)]
struct Figures {
    connections: u64,
    accepted: u64,
    closed_by_peers: u64,
    calls: u64,
    received: u64,
    sent: u64,
}

impl Figures {
    async fn scraped(health: SocketAddr) -> Self {
        let mut client = Client::connect(health).await;
        client.send("GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n").await;
        let text = String::from_utf8(client.rest().await).unwrap();
        let figure = |name: &str, labels: &str| {
            let begin = format!("tcp_server_{name}{{server=\"Carrying\"{labels}}} ");
            let value = text.lines().find_map(|line| line.strip_prefix(&begin));
            value.unwrap_or_else(|| panic!("{begin}: {text}")).parse().unwrap()
        };
        Figures {
            connections: figure("connections", ""),
            accepted: figure("accepted_connections_total", ""),
            closed_by_peers: figure("closed_connections_total", ",reason=\"peer\""),
            calls: figure("calls_total", ""),
            received: figure("received_bytes_total", ""),
            sent: figure("sent_bytes_total", ""),
        }
    }

    /// Waits until these are scraped: a client has a reply a moment before it is counted.
    async fn come(&self, health: SocketAddr) {
        let begin = Instant::now();
        let mut scraped = Figures::scraped(health).await;
        while scraped != *self && begin.elapsed() < Duration::from_secs(10) {
            moment().await;
            scraped = Figures::scraped(health).await;
        }
        assert_eq!(scraped, *self);
    }
}

#[tokio::test]
async fn the_new_process_counts_what_it_did_and_connections_have_the_counts_of_their_life() {
    let _one = ONE.lock().await;
    let any = ([127, 0, 0, 1], 0).into();
    let server = carrying(Carrying::OPTIONS.health(any)).await;
    let health = server.health_addr().unwrap();
    let mut clients = Vec::new();
    for _ in 0..4 {
        let mut client = connect(&server).await;
        for _ in 0..3 {
            client.call("say x\n", "say ok\n").await;
        }
        clients.push(client);
    }
    let new = New::of_with(&server, &[("CARRYING_HEALTH", "127.0.0.1:0")]).await;
    for client in &mut clients {
        taken_over(client, &new).await;
    }
    server.wait().await.unwrap();
    let old = server.info();
    assert_eq!((old.accepted, old.calls), (4, 12));
    assert_eq!((old.bytes_in, old.bytes_out), (12 * 6, 12 * 7));

    let greeting = format!("taken over by {}\n", new.0).len() as u64;
    let mut figures = Figures {
        connections: 4,
        accepted: 0,
        closed_by_peers: 0,
        calls: 0,
        received: 0,
        sent: 4 * greeting,
    };
    figures.come(health).await;

    clients[0].send("info\n").await;
    let info = clients[0].line().await;
    // Beside the three calls of the old process the one that runs.
    let life = format!(" calls=4 in={} out={}\n", 3 * 6 + 5, 3 * 7 + greeting);
    assert!(info.ends_with(&life), "{info}");
    figures.calls += 1;
    figures.received += 5;
    figures.sent += info.len() as u64;
    figures.come(health).await;

    // The end of a carried connection changes no total.
    drop(clients.remove(0));
    figures.connections -= 1;
    figures.closed_by_peers += 1;
    figures.come(health).await;

    let mut another = connect(&server).await;
    another.call("say x\n", "say ok\n").await;
    figures.connections += 1;
    figures.accepted += 1;
    figures.calls += 1;
    figures.received += 6;
    figures.sent += 7;
    figures.come(health).await;
}

//! The agent check, asked by HAProxy with the configuration that is shipped.

use kai_tcp_server::{Action, SuspendedPort, start, tcp_server, with};
use kai_tcp_server_tests::Client;

use super::front::{Front, Net, is_there};

struct Echo;

#[tcp_server(
    port = 0,
    packet = line(lf),
    max_processes = 4,
    stop_delay = infinity,
    proxy_protocol = required,
    trusted_proxies = ["127.0.0.1"],
)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

#[tokio::test]
async fn haproxy_sees_the_load_and_drains_a_node_without_cutting_it() {
    if !is_there() {
        return;
    }
    let net = Net::new();
    let options = Echo::OPTIONS.ip(net.node(1).ip()).port(net.node(1).port());
    let options = options.health(net.health(1)).agent_check(net.agent(1));
    let server = start(with(Echo, options)).await.unwrap();
    let front = Front::start(net);
    front
        .sees_soon(1, "is free", |node| node.takes_connections() && node.weight == 100)
        .await;
    let mut clients = Vec::new();
    for weight in [75, 50, 25, 1] {
        let mut client = Client::connect(front.addr()).await;
        client.call("a\n", "a\n").await;
        clients.push(client);
        let what = format!("has the weight {weight}");
        front
            .sees_soon(1, &what, |node| node.takes_connections() && node.weight == weight)
            .await;
    }
    clients.pop();
    front.sees_soon(1, "has a place", |node| node.weight == 25).await;
    server.suspend(SuspendedPort::Kept).unwrap();
    front
        .sees_soon(1, "drains and is down", |node| node.drains && !node.is_up)
        .await;
    for client in &mut clients {
        client.call("b\n", "b\n").await;
    }
    server.resume().await.unwrap();
    front
        .sees_soon(1, "is back", |node| node.takes_connections() && node.weight == 25)
        .await;
    let stopping = server.stop();
    front
        .sees_soon(1, "drains and is down", |node| node.drains && !node.is_up)
        .await;
    for client in &mut clients {
        client.call("c\n", "c\n").await;
    }
    drop((clients, server.stop()));
    stopping.await;
}

//! Peers without an IP address: how they are named, and that limits by address don't count them.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use kai_tcp_server::{Action, Cidr, LocalAddr, PeerAddr, Server, Socket, SuspendedPort, start, tcp_server, with};
use kai_tcp_server_tests::Client;

struct Named;

#[tcp_server(port = 0, packet = line(lf))]
impl Named {
    fn handle_call(&self, data: &[u8], socket: &mut Socket) -> Action {
        match data {
            b"who" => reply(format!("{} {}", socket.peer_addr(), socket.local_addr())),
            data => reply(data),
        }
    }
}

async fn in_memory() -> Server {
    start(with(Named, Named::OPTIONS.in_memory())).await.unwrap()
}

#[tokio::test]
async fn an_in_memory_connection_is_called_memory_everywhere() {
    let server = in_memory().await;
    let mut client = Client::in_memory(&server).await;
    client.call("who\n", "memory memory\n").await;
    let connections = server.connections();
    assert_eq!(connections[0].peer_addr, PeerAddr::Memory);
    assert_eq!(connections[0].peer_addr.socket_addr(), None);
    assert_eq!(server.info().local_addr, LocalAddr::Memory);
    assert_eq!(server.local_addrs(), [LocalAddr::Memory]);
    assert_eq!(format!("{server:?}"), "Server(Named memory)");
    let id = connections[0].id;
    assert_eq!(
        server.tree().to_string(),
        format!(
            "Named on memory\n├── monitor: 1 connected\n├── acceptor_1 serves {id} from memory\n└── 1 idle acceptor"
        )
    );
}

#[tokio::test]
async fn a_tcp_connection_is_called_by_its_addresses() {
    let server = start(Named).await.unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    let (peer, here) = (PeerAddr::from(client.local_addr()), server.local_addr());
    client.call("who\n", format!("{peer} {here}\n")).await;
    assert_eq!(server.connections()[0].peer_addr, peer);
    assert_eq!(peer.ip(), Some(here.ip()));
}

#[tokio::test]
async fn limits_by_address_do_not_apply_to_peers_without_one() {
    const ALL: &[Cidr] = &[
        Cidr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0),
        Cidr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), 0),
    ];
    const ONE: &[Cidr] = &[Cidr::single(IpAddr::V4(Ipv4Addr::LOCALHOST))];
    let options = Named::OPTIONS.in_memory();
    for options in [options.max_per_ip(1), options.deny(ALL), options.allow(ONE)] {
        let server = start(with(Named, options)).await.unwrap();
        let mut clients = Vec::new();
        for _ in 0..3 {
            let mut client = Client::in_memory(&server).await;
            client.call("hello\n", "hello\n").await;
            clients.push(client);
        }
        let refused = server.info().refused;
        assert_eq!((refused.per_ip, refused.denied), (0, 0));
    }
}

/// Released, nothing listens in memory either; who waited is closed, and who comes after is served.
#[tokio::test]
async fn in_memory_a_released_port_opens_again() {
    let server = in_memory().await;
    for _ in 0..3 {
        server.suspend(SuspendedPort::Kept).unwrap();
        let mut waits = Client::in_memory(&server).await;
        server.suspend(SuspendedPort::Released).unwrap();
        waits.expect_eof().await;
        server.connect().await.unwrap_err();
        server.resume().await.unwrap();
        Client::in_memory(&server).await.call("hello\n", "hello\n").await;
    }
    server.stop().await;
    server.connect().await.unwrap_err();
}

//! Options of sockets: a connection has those that apply when it is accepted.

#![cfg(target_os = "linux")]
#![allow(clippy::unused_self)] // a callback's signature is given

use std::net::TcpStream;

use kai_tcp_server::{Action, Options, Server, start, tcp_server, with};
use kai_tcp_server_tests::{Client, connection_of};
use socket2::SockRef;

struct Echo;

#[tcp_server(port = 0, packet = line(lf))]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

/// Duplicates the server's end of a new client's connection.
fn accepted(server: &Server) -> TcpStream {
    connection_of(
        server.local_addr(),
        server.connections().last().unwrap().peer_addr.socket_addr().unwrap(),
    )
}

/// Returns `nodelay` and `keepalive` of a new connection.
async fn options_of_the_next(server: &Server) -> (bool, bool) {
    let mut client = Client::connect(server.local_addr()).await;
    client.call("hello\n", "hello\n").await;
    let accepted = accepted(server);
    let socket = SockRef::from(&accepted);
    // This holds for every way to accept: otherwise the kernel buffers megabytes for a peer that
    // reads slowly.
    assert_eq!(socket.tcp_notsent_lowat().unwrap(), 128 * 1024);
    (socket.tcp_nodelay().unwrap(), socket.keepalive().unwrap())
}

async fn echo(nodelay: bool, keepalive: bool) -> (Server, Options) {
    let options = Echo::OPTIONS.nodelay(nodelay).keepalive(keepalive);
    (start(with(Echo, options)).await.unwrap(), options)
}

#[tokio::test]
async fn a_connection_has_those_of_its_server() {
    for nodelay in [true, false] {
        for keepalive in [true, false] {
            let (server, _) = echo(nodelay, keepalive).await;
            assert_eq!(options_of_the_next(&server).await, (nodelay, keepalive));
        }
    }
}

#[tokio::test]
async fn after_a_reload_it_has_the_new_ones() {
    for (nodelay, keepalive) in [(true, false), (false, true)] {
        let (server, options) = echo(nodelay, keepalive).await;
        assert_eq!(options_of_the_next(&server).await, (nodelay, keepalive));
        server.reload(options.nodelay(!nodelay).keepalive(!keepalive)).unwrap();
        assert_eq!(options_of_the_next(&server).await, (!nodelay, !keepalive));
        server.reload(options).unwrap();
        assert_eq!(options_of_the_next(&server).await, (nodelay, keepalive));
    }
}

#[tokio::test]
async fn a_port_that_was_released_and_is_resumed_gives_them_too() {
    let (server, options) = echo(true, false).await;
    server.reload(options.nodelay(false)).unwrap();
    server.suspend(kai_tcp_server::SuspendedPort::Released).unwrap();
    server.resume().await.unwrap();
    assert_eq!(options_of_the_next(&server).await, (false, false));
}

//! The end of a server with several listeners.

#![allow(clippy::unused_self)] // a callback's signature is given

use kai_tcp_server::{Action, Overload, start, tcp_server, with};
use kai_tcp_server_tests::{Client, Folder};
use tokio::net::{TcpStream, UnixStream};

struct Echo;

#[tcp_server(port = 0, packet = line(lf), max_processes = 1, overload = refuse(b"busy\n"))]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data.to_vec())
    }
}

#[tokio::test]
async fn a_refusal_reaches_who_comes_to_any_listener() {
    let folder = Folder::new();
    let server = start(with(Echo, Echo::OPTIONS.listen(vec![folder.unix("e")].leak())))
        .await
        .unwrap();
    let mut first = Client::at(folder.path("e")).await;
    first.call("a\n", "a\n").await;
    assert_eq!(Client::connect(server.local_addr()).await.rest().await, b"busy\n");
    assert_eq!(Client::at(folder.path("e")).await.rest().await, b"busy\n");
    assert_eq!(server.info().refused.overloaded, 2);
}

#[tokio::test]
async fn a_stop_says_goodbye_to_all_who_wait_at_any_listener() {
    let folder = Folder::new();
    let listen = vec!["127.0.0.1:0", folder.unix("e"), folder.unix("f")];
    // They wait, as a server that is suspended refuses nobody.
    let options = Echo::OPTIONS
        .overload(Overload::RefuseWith(b"bye\n"))
        .listen(listen.leak());
    let server = start(with(Echo, options)).await.unwrap();
    server.suspend(kai_tcp_server::SuspendedPort::Kept).unwrap();
    let addrs = server.local_addrs();
    let (mut tcp, mut unix) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        for addr in addrs.iter().filter_map(kai_tcp_server::LocalAddr::socket_addr) {
            tcp.push(Client::over(TcpStream::connect(addr).await.unwrap()));
        }
        for name in ["e", "f"] {
            unix.push(Client::over(UnixStream::connect(folder.path(name)).await.unwrap()));
        }
    }
    let stopping = server.stop();
    for client in &mut tcp {
        assert_eq!(client.rest().await, b"bye\n");
    }
    for client in &mut unix {
        assert_eq!(client.rest().await, b"bye\n");
    }
    drop((tcp, unix));
    let stopped = stopping.await;
    assert_eq!(stopped.unserved, 20);
    assert!(!folder.path("e").exists() && !folder.path("f").exists());
    for addr in addrs.iter().filter_map(kai_tcp_server::LocalAddr::socket_addr) {
        assert!(TcpStream::connect(addr).await.is_err());
    }
}

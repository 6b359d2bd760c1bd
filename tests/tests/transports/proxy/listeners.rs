//! Listeners of one server, each with its own word about headers.

use std::path::PathBuf;

use kai_tcp_server::{LocalAddr, PeerAddr, ProxyProtocol};
use kai_tcp_server_tests::Client;
use tokio::net::UnixStream;

use super::{CLIENT, Echo, V1, V2, addr, from, is_served, play};

#[tokio::test]
async fn each_listener_has_its_own_and_a_unix_peer_is_trusted() {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("proxy-listeners.sock");
    let unix = format!("unix:{} mode=600 proxy_protocol", path.display());
    let listen: &'static [&'static str] = vec!["127.0.0.1:0", "127.0.0.1:0 proxy_protocol", unix.leak()].leak();
    // The port begins in plain, and so does the first of the others.
    let options = Echo::OPTIONS
        .proxy_protocol(ProxyProtocol::Off)
        .listen(listen)
        .max_per_ip(1);
    let mut play = play(options).await;
    let addrs = play.server.local_addrs();
    let [port, plain, proxied, unix] = &addrs[..] else {
        panic!("four listeners: {addrs:?}")
    };
    assert_eq!(*unix, LocalAddr::Unix(path.clone()));

    let mut direct = Client::connect(port.clone()).await;
    is_served(&mut direct).await;
    assert_eq!(play.connected().await.0, direct.local_addr());
    // The same address once more.
    Client::connect(plain.clone()).await.expect_gone().await;

    let mut client = Client::connect(proxied.clone()).await;
    client.send(V1).await;
    is_served(&mut client).await;
    assert_eq!(play.connected().await.0, PeerAddr::Ip(addr(CLIENT)));

    // The limit is of the client, by whichever listener it comes.
    let mut again = Client::over(UnixStream::connect(&path).await.unwrap());
    again.send(V2).await;
    again.expect_gone().await;
    let mut other = Client::over(UnixStream::connect(&path).await.unwrap());
    other.send(from("192.0.2.2:1")).await;
    is_served(&mut other).await;
    let (peer, proxy) = play.connected().await;
    assert_eq!(peer, addr("192.0.2.2:1"));
    assert!(matches!(proxy.unwrap().proxy_addr(), PeerAddr::Unix(_)));
    assert_eq!(play.server.info().refused.per_ip, 2);
    assert_eq!(play.server.info().curr_connections, 3);
}

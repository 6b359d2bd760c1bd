//! `proxy_protocol = optional`: a proxy may send a header, others may not.

use std::time::Duration;

use kai_tcp_server::{Action, CloseReason, PeerAddr, ProxyProtocol, Result, Socket, start, tcp_server, with};
use kai_tcp_server_tests::{Client, Log};
use tokio::net::TcpSocket;

use super::{CLIENT, OPTIONAL, Play, V1, V2, addr, blocks, is_served, play};

/// Connects from an address that isn't one of the proxies.
#[cfg(target_os = "linux")] // all of 127.0.0.0/8 is this machine there
pub(super) async fn stranger(play: &Play) -> Client {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 2], 0).into()).unwrap();
    Client::over(socket.connect(play.addr()).await.unwrap())
}

#[tokio::test]
async fn a_proxy_may_send_a_header_or_none() {
    // For so long the first bytes of a frame that are those of a signature are kept.
    let mut play = play(OPTIONAL.proxy_timeout(Duration::from_millis(300))).await;
    for header in [V1, V2] {
        is_served(&mut play.connect(header).await).await;
        let (peer, proxy) = play.connected().await;
        assert_eq!(peer, addr(CLIENT));
        assert!(proxy.is_some());
        play.closed().await;
    }
    // Each begins as a signature does, but for the first.
    for frame in ["hello\n", "PROXIES\n", "P\n", "\n", "\r\n", "\r\n\r\n\0\r\nQUIET\n"] {
        let mut client = play.connect(frame).await;
        client.expect(frame).await;
        let (peer, proxy) = play.connected().await;
        assert_eq!(peer, client.local_addr());
        assert!(proxy.is_none());
        drop(client);
        play.closed().await;
    }
    // Its end comes before its first byte.
    let mut client = play.connect("").await;
    client.half_close().await;
    client.expect_eof().await;
    assert_eq!(play.connected().await.0, client.local_addr());
    assert_eq!(play.closed().await, CloseReason::Peer);
    // Or in the middle of what would be a signature.
    let mut client = play.connect("PROX").await;
    client.half_close().await;
    client.expect_eof().await;
    assert_eq!(play.connected().await.0, client.local_addr());
    assert_eq!(play.closed().await, CloseReason::Peer);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn who_is_no_proxy_is_served_without_a_wait() {
    let mut play = play(OPTIONAL.proxy_timeout(Duration::from_mins(10))).await;
    let mut client = stranger(&play).await;
    let (peer, proxy) = play.connected().await;
    assert_eq!(peer, client.local_addr());
    assert!(proxy.is_none());
    // One byte that a signature may begin with isn't kept from the protocol.
    for frame in ["P\n", "PROXY\n", "hello\n", "PROXY TCP4\n"] {
        client.call(frame, frame).await;
    }
}

/// Answers each byte.
struct Bytes;

#[tcp_server(port = 0, packet = raw, proxy_protocol = optional, trusted_proxies = ["192.0.2.1"])]
impl Bytes {
    async fn connected(&self, socket: &mut Socket) -> Result {
        socket.send("hi").await
    }

    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

#[tokio::test]
async fn who_is_no_proxy_may_wait_for_the_answer_to_each_byte() {
    let server = start(Bytes).await.unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    client.expect("hi").await;
    for byte in "PROXY".bytes().chain("PROXY ".bytes()).chain("\r\n\r\n".bytes()) {
        client.call([byte], [byte]).await;
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_header_of_who_is_no_proxy_ends_the_connection_with_a_reason() {
    let log = Log::new();
    let mut play = play(OPTIONAL).await;
    for (header, at_once) in [(V1, true), (V2, true), (V1, false), (V2, false)] {
        let mut client = stranger(&play).await;
        let from = client.local_addr();
        assert_eq!(play.connected().await.0, from);
        if at_once {
            client.send([header, b"who\n"].concat()).await;
        } else {
            client.stream().set_nodelay(true).unwrap();
            for byte in header {
                if client.stream().try_write(&[*byte]).is_err() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        client.expect_gone().await;
        assert_eq!(play.closed().await, CloseReason::Malformed, "{}", header.escape_ascii());
    }
    let text = log.text();
    let said = "it sent a PROXY header, and trusted_proxies doesn't list it";
    let lines: Vec<&str> = text.lines().filter(|line| line.contains(said)).collect();
    // One in ten seconds.
    assert!(
        matches!(lines[..], [line] if line.contains("WARN") && line.contains("refused 127.0.0.2:")),
        "{text}"
    );
    is_served(&mut play.connect(V1).await).await;
}

#[tokio::test]
async fn mapped_addresses_are_trusted_as_ipv4_ones() {
    for (trusted, is_trusted) in [("127.0.0.1", true), ("::ffff:127.0.0.1", true), ("::/0", false)] {
        let options = OPTIONAL.ip([0; 16].into()).trusted_proxies(blocks(&[trusted]));
        let mut play = play(options.proxy_protocol(ProxyProtocol::Optional)).await;
        // It comes as a mapped address.
        let mut client = Client::connect(([127, 0, 0, 1], play.addr().port())).await;
        client.send(V1).await;
        if is_trusted {
            is_served(&mut client).await;
            assert_eq!(play.connected().await.0, PeerAddr::Ip(addr(CLIENT)), "{trusted}");
        } else {
            client.expect_gone().await;
            assert_eq!(
                play.connected().await.0.ip().map(|ip| ip.to_canonical()),
                Some([127, 0, 0, 1].into())
            );
            assert_eq!(play.closed().await, CloseReason::Malformed);
        }
    }
}

#[tokio::test]
async fn servers_may_be_started_with_it_and_without() {
    let server = start(with(Bytes, Bytes::OPTIONS.proxy_protocol(ProxyProtocol::Off)))
        .await
        .unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    client.expect("hi").await;
    client.call(V1, V1).await;
}

//! TLS behind a header of the PROXY protocol, as a balancer that passes TLS on sends it.

use kai_tcp_server::{Cidr, Options, ProxyProtocol, Server, start, start_on, with};
use kai_tcp_server_tests::Client;
use tokio::io::AsyncWriteExt as _;

#[cfg(unix)]
use crate::proxy::haproxy;

use super::echo::Echo;
use super::handshakes::ByHand;
use super::{Setup, handshake};

const V1: &[u8] = b"PROXY TCP4 192.0.2.1 203.0.113.7 49152 443\r\n";
const V2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xcb\0\x71\x07\xc0\0\x01\xbb";
const IS_KNOWN: &str = "192.0.2.1:49152 true true";

/// The options of a server that only proxies connect to.
fn behind_proxy(options: Options) -> Options {
    let trusted: Vec<Cidr> = vec!["127.0.0.1".parse().unwrap()];
    options
        .proxy_protocol(ProxyProtocol::Required)
        .trusted_proxies(trusted.leak())
}

async fn serve(setup: &Setup) -> Server {
    start(with(Echo, setup.options(behind_proxy(Echo::OPTIONS))))
        .await
        .unwrap()
}

/// Sends a header, shakes hands, and asks who the peer is.
async fn is_known_at(server: &Server, setup: &Setup, header: &[u8]) {
    let mut plain = Client::connect(server.local_addr()).await;
    plain.send(header).await;
    let stream = handshake(plain.into_inner(), "localhost", setup.authority.client()).await;
    let mut client = Client::over(stream.expect("it speaks TLS behind the header"));
    client.call("who\n", format!("{IS_KNOWN}\n")).await;
    client.call("bye\n", "cya\n").await;
    client.expect_eof().await;
}

#[tokio::test]
async fn the_peer_is_the_client_of_the_proxy_and_the_connection_speaks_tls() {
    let setup = Setup::new();
    let server = serve(&setup).await;
    for header in [V1, V2] {
        is_known_at(&server, &setup, header).await;
    }
    server.stop().await;
}

#[tokio::test]
async fn header_and_handshake_may_come_byte_by_byte() {
    let setup = Setup::new();
    let server = serve(&setup).await;
    for header in [V1, V2] {
        let mut client = ByHand::connect(&setup, server.local_addr()).await;
        for byte in header {
            client.stream.write_all(&[*byte]).await.unwrap();
            tokio::task::yield_now().await;
        }
        assert_eq!(client.call_byte_by_byte(b"who\n").await, IS_KNOWN);
    }
    server.stop().await;
}

#[tokio::test]
async fn header_and_greeting_may_come_in_one_segment() {
    let setup = Setup::new();
    let server = serve(&setup).await;
    for header in [V1, V2] {
        let mut client = ByHand::connect(&setup, server.local_addr()).await;
        let begin = [header, &client.output()].concat();
        client.stream.write_all(&begin).await.unwrap();
        client.input().await;
        assert_eq!(client.call_byte_by_byte(b"who\n").await, IS_KNOWN);
    }
    server.stop().await;
}

#[tokio::test]
async fn who_sends_no_header_is_closed_in_good_order() {
    let setup = Setup::new();
    let server = serve(&setup).await;
    let mut client = Client::connect(server.local_addr()).await;
    client.send("no header\r\n".repeat(1_000)).await;
    client.expect_eof().await;
    assert_eq!(server.info().failed_handshakes, 1);
    server.stop().await;
}

#[tokio::test]
async fn a_connection_that_begins_in_plain_behind_a_proxy_goes_on_in_tls() {
    let setup = Setup::new();
    let (server, mut told) = super::starttls::mail(&setup, behind_proxy).await;
    let mut plain = Client::connect(server.local_addr()).await;
    plain.send([V2, b"EHLO me\r\n"].concat()).await;
    plain.expect("EHLO me\r\n").await;
    let mut client = super::starttls::encrypt(plain, &setup).await;
    client.call("QUIT\r\n", "221 bye\r\n").await;
    client.expect_eof().await;
    super::starttls::tells(
        &mut told,
        &["call EHLO me", "call STARTTLS", "call QUIT", "closed Handler"],
    )
    .await;
    server.stop().await;
}

#[cfg(unix)]
#[tokio::test]
async fn haproxy_passes_tls_on_and_says_who_its_client_is() {
    if !haproxy::is_there() {
        return;
    }
    let setup = Setup::new();
    let server = serve(&setup).await;
    for words in ["send-proxy", "send-proxy-v2"] {
        let front = haproxy::start(server.local_addr(), "", words);
        let mut client = setup.connect(front.addr).await;
        let own = client.stream().get_ref().0.local_addr().unwrap();
        client.call("who\n", format!("{own} true true\n")).await;
        client.call("bye\n", "cya\n").await;
        client.expect_eof().await;
    }
    server.stop().await;
}

/// A listener that is given stands for the port.
#[tokio::test]
async fn a_given_listener_has_the_proxy_protocol_and_tls_of_the_port() {
    let setup = Setup::new();
    for own in [false, true] {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let echo = if own {
            with(Echo, behind_proxy(Echo::OPTIONS)).tls(setup.tls())
        } else {
            with(Echo, setup.options(behind_proxy(Echo::OPTIONS)))
        };
        let server = start_on(echo, listener).await.unwrap();
        is_known_at(&server, &setup, V1).await;
        server.stop().await;
    }
}

use std::future::poll_fn;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::task::Waker;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

use super::rules::{Expected, Rules};
use super::*;
use crate::transport::addr::PeerAddr;

#[tokio::test]
async fn what_came_behind_a_header_is_there_to_be_read() {
    let (mut proxy, stream) = duplex(1024);
    proxy.write_all(b"PROXY UNKNOWN\r\nhello").await.expect("it has space");
    let connected = PeerAddr::Ip(SocketAddr::from((Ipv4Addr::LOCALHOST, 1)));
    let rules = Arc::new(Rules::new(true, &Options::new()));
    let handshake = Handshake::new(Expected::Header, connected, rules);
    let mut transport = Box::new(ProxyTransport::new(AnyTransport::Memory(stream.into()), handshake));
    poll_fn(|cx| transport.poll_handshake(cx)).await.expect("a header");
    let cx = &mut Context::from_waker(Waker::noop());
    for letter in *b"hello" {
        assert_eq!(transport.look(true, cx), Sight::Unread);
        assert!(transport.poll_read_ready(cx).is_ready());
        assert_eq!(transport.read_u8().await.expect("it is there"), letter);
    }
    assert_eq!(transport.look(true, cx), Sight::There);
}

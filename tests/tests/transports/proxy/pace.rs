//! Headers that come byte by byte, and with the first frames in one segment.

use std::time::Duration;

use kai_tcp_server::PeerAddr;
use kai_tcp_server_tests::Client;
use kai_tcp_server_tests::proxy::v2;
use ppp::v2::{Command, Protocol};
use tokio::time::sleep;

use super::{CLIENT, Echo, OPTIONAL, Play, V1, V2, addr, play};

/// Sends one byte at a time, each in a segment of its own, and waits until the server has it.
async fn byte_by_byte(client: &mut Client, bytes: &[u8]) {
    client.stream().set_nodelay(true).unwrap();
    for byte in bytes {
        client.send([*byte]).await;
        sleep(Duration::from_millis(1)).await;
    }
}

async fn is_the_client(play: &mut Play) {
    assert_eq!(play.connected().await.0, PeerAddr::Ip(addr(CLIENT)));
    play.closed().await;
}

/// Returns a header as long as they may be.
fn longest() -> Vec<u8> {
    let value = [b'x'; 4096 - 16 - 12 - 3];
    let header = v2(
        Command::Proxy,
        Protocol::Stream,
        addr(CLIENT),
        addr("203.0.113.7:443"),
        &[(0xe0, &value)],
    );
    assert_eq!(header.len(), 4096);
    header
}

#[tokio::test]
async fn a_header_may_come_byte_by_byte() {
    for options in [Echo::OPTIONS, OPTIONAL] {
        let mut play = play(options).await;
        for header in [V1, V2] {
            let mut client = play.connect("").await;
            byte_by_byte(&mut client, header).await;
            byte_by_byte(&mut client, b"who\n").await;
            client.expect(format!("{CLIENT}\n")).await;
            drop(client);
            is_the_client(&mut play).await;
        }
    }
}

#[tokio::test]
async fn the_first_frames_may_come_in_the_segment_of_the_header() {
    for options in [Echo::OPTIONS, OPTIONAL] {
        let mut play = play(options).await;
        for header in [V1, V2, &longest()] {
            // One of them is longer than what is read at a time.
            let frame = [&[b'x'; 3000][..], b"\n"].concat();
            let mut client = play.connect([header, b"who\n", &frame, b"left"].concat()).await;
            client.expect(format!("{CLIENT}\n")).await;
            client.expect(&frame).await;
            client.call("over\n", "leftover\n").await;
            drop(client);
            is_the_client(&mut play).await;
        }
    }
}

#[tokio::test]
async fn an_end_behind_the_first_frames_is_noticed() {
    let mut play = play(Echo::OPTIONS).await;
    for header in [V1, V2] {
        let mut client = play.connect([header, b"who\n"].concat()).await;
        client.half_close().await;
        assert_eq!(client.rest().await, format!("{CLIENT}\n").as_bytes());
        is_the_client(&mut play).await;
    }
}

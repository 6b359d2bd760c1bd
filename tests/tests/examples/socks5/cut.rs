//! Ends: in good order, one side after the other, and all others.

use std::io::ErrorKind;
use std::time::Duration;

use kai_tcp_server_tests::{resident, within};
use tokio::io::AsyncReadExt as _;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::*;

#[tokio::test]
async fn a_client_that_ends_its_side_still_receives() {
    let (_example, proxy) = start();
    let (listener, _) = listen(LOCALHOST).await;
    let (mut client, mut target) = through(proxy, &listener).await;
    client.send("the last word").await;
    client.half_close().await;
    assert_eq!(target.rest().await, b"the last word");
    for word in ["not ", "quite"] {
        target.send(word).await;
        client.expect(word).await;
    }
    target.half_close().await;
    client.expect_eof().await;
}

#[tokio::test]
async fn a_target_that_ends_its_side_still_receives() {
    let (_example, proxy) = start();
    let (listener, _) = listen(LOCALHOST).await;
    let (mut client, mut target) = through(proxy, &listener).await;
    target.send("the last word").await;
    target.half_close().await;
    assert_eq!(client.rest().await, b"the last word");
    for word in ["not ", "quite"] {
        client.send(word).await;
        target.expect(word).await;
    }
    client.half_close().await;
    target.expect_eof().await;
}

#[tokio::test]
async fn an_upload_that_the_client_cuts_is_cut_for_the_target_too() {
    let (example, proxy) = start();
    let (listener, _) = listen(LOCALHOST).await;
    let (mut client, mut target) = through(proxy, &listener).await;
    client.send("half of it").await;
    target.expect("half of it").await;
    client.reset();
    let error = within("a reset", target.stream().read(&mut [0; 1])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    example.line_with(": broken: the connection is broken; 10 bytes up, 0 bytes down");
}

#[tokio::test]
async fn a_target_that_breaks_ends_the_connection_of_the_client() {
    let (example, proxy) = start();
    let (listener, _) = listen(LOCALHOST).await;
    let (mut client, mut target) = through(proxy, &listener).await;
    target.send("half of it").await;
    client.expect("half of it").await;
    target.reset();
    client.expect_eof_or_reset().await;
    let line = example.line_with(": broken: ");
    assert!(line.contains("; 0 bytes up, 10 bytes down in "), "{line}");
}

#[tokio::test]
async fn a_part_that_does_not_come_in_time_ends_the_connection() {
    // The limit also holds while this test sends.
    let login = [("SOCKS5_RECV_TIMEOUT", "3s"), ("PROXY_USER", "anna:sesame")];
    let (_example, proxy) = start_under(&login);
    let conversation = b"\x05\x01\x02\x01\x04anna\x06sesame\x05\x01\0\x03\x09localhost\0\x50";
    let mut clients = JoinSet::new();
    for length in 0..conversation.len() {
        clients.spawn(async move {
            let mut client = Client::connect(proxy).await;
            client.send(&conversation[..length]).await;
            let answers: &[u8] = match length {
                0..3 => b"",
                3..16 => b"\x05\x02",
                _ => b"\x05\x02\x01\0",
            };
            assert_eq!(client.rest().await, answers, "after {length} bytes");
        });
    }
    clients.join_all().await;
}

#[tokio::test]
async fn a_connection_that_is_passed_on_may_be_silent_and_slow_to_read() {
    let limits = [("SOCKS5_RECV_TIMEOUT", "1s"), ("SOCKS5_SEND_TIMEOUT", "1s")];
    let (example, proxy) = start_under(&limits);
    let (listener, _) = listen(LOCALHOST).await;
    let (mut client, mut target) = through(proxy, &listener).await;
    // Somebody else is cut off meanwhile, more than once.
    for _ in 0..3 {
        Client::connect(proxy).await.expect_eof().await;
    }
    talk(&mut client, &mut target).await;

    // The client reads nothing until the target can't send more.
    let chunk = vec![7; 64 * 1024];
    let mut sent = 0;
    let target = target.stream();
    while timeout(Duration::from_secs(1), target.writable()).await.is_ok() {
        match target.try_write(&chunk) {
            Ok(bytes) => sent += bytes,
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock, "the target was cut off"),
        }
        assert!(sent < 64 << 20, "nobody holds the target back");
    }
    if cfg!(target_os = "linux") {
        let memory = resident(example.id());
        assert!(memory < 64 << 20, "{memory} bytes");
    }
    for _ in 0..3 {
        Client::connect(proxy).await.expect_eof().await;
    }
    let mut left = vec![0; sent];
    let read = within("the rest", client.stream().read_exact(&mut left)).await;
    read.expect("nothing is lost");
    assert!(left.iter().all(|byte| *byte == 7));
}

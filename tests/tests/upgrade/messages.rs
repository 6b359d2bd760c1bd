//! Messages for connections that are just being handed over.

use std::time::Duration;

use kai_tcp_server::{Group, SendError};
use kai_tcp_server_tests::replaced::Carrying;

use crate::carried::{New, carrying, connect, connection};
use crate::failures::ONE;

#[tokio::test]
async fn a_broadcast_takes_no_frozen_member_for_a_slow_one() {
    let _one = ONE.lock().await;
    let server = carrying(Carrying::OPTIONS.upgrade_timeout(Duration::from_millis(500))).await;
    let mut freezing = connect(&server).await;
    freezing.call("freeze forever\n", "freeze ok\n").await;
    let frozen = Carrying::peer(connection(&server).id).unwrap();
    let group = Group::new();
    let membership = group.join(&frozen).unwrap();
    let _new = New::of(&server).await;
    assert!(matches!(frozen.send("one".to_owned()), Err(SendError::Full(_))));
    let told = group.broadcast("two".to_owned());
    assert_eq!((told.sent, told.full.len()), (0, 0));
    drop(membership);
    server.stop().await;
    freezing.expect_gone().await;
}

#[tokio::test]
async fn a_slow_peer_is_told_what_is_sent_to_it_until_it_has_its_replies() {
    let _one = ONE.lock().await;
    let server = carrying(Carrying::OPTIONS).await;
    let mut slow = connect(&server).await;
    let most = 16_000_000;
    slow.send(format!("flood {most}\n")).await;
    slow.expect("x").await;
    let peer = Carrying::peer(connection(&server).id).unwrap();
    let (new, upgraded) = New::upgraded(&server, &[]).await;
    assert_eq!((upgraded.connections, upgraded.waiting), (0, 1));
    peer.send("one".to_owned()).unwrap();
    let mut rest = "x".repeat(most - 1);
    rest.push_str("\none\n");
    slow.expect(rest).await;
    slow.expect(format!("taken over by {}\n", new.0)).await;
    server.wait().await.unwrap();
}

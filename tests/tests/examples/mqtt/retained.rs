//! Retained messages.

use kai_tcp_server_tests::{Client, within};
use tokio::io::AsyncReadExt as _;

use super::{PING, PONG, ack, client, packet, publish, start, stuck, suback, subscribe, text};

/// Receives a packet. Returns its first byte, and its body.
async fn receive(client: &mut Client) -> (u8, Vec<u8>) {
    let stream = client.stream();
    let read = async {
        let first = stream.read_u8().await?;
        let (mut length, mut place) = (0, 0);
        loop {
            let byte = stream.read_u8().await?;
            length |= usize::from(byte & 0x7f) << place;
            place += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        std::io::Result::Ok((first, body))
    };
    within("a packet", read).await.expect("it stays")
}

#[tokio::test]
async fn nothing_is_kept_for_a_slow_subscriber_but_what_is_retained_when_its_turn_comes() {
    let (_example, addr) = start();
    let mut publisher = client(addr, "publisher").await;
    let long = vec![b'x'; 200 * 1024];
    // More than the buffers of a connection hold.
    for id in 1..=64 {
        let topic = format!("t/{id:02}");
        publisher.call(publish(3, &topic, id, &long), ack(0x40, id)).await;
    }
    let mut slow = stuck(addr, "t/+", 0).await;
    publisher.call(publish(3, "t/64", 65, b"new"), ack(0x40, 65)).await;
    publisher.call(publish(3, "t/63", 66, b""), ack(0x40, 66)).await;
    let mut topics = Vec::new();
    loop {
        let (first, body) = receive(&mut slow).await;
        let (topic, payload) = body[2..].split_at(4);
        // Otherwise it is a message that was published just now.
        if first == 0x31 {
            topics.push(String::from_utf8_lossy(topic).into_owned());
            if topic == b"t/64" {
                assert_eq!(payload, b"new");
                break;
            }
        }
    }
    let expected: Vec<_> = (1..=64).filter(|n| *n != 63).map(|n| format!("t/{n:02}")).collect();
    assert_eq!(topics, expected);
}

#[tokio::test]
async fn a_filter_that_stands_in_a_packet_twice_is_looked_up_once() {
    let (_example, addr) = start();
    let mut publisher = client(addr, "publisher").await;
    publisher.call(publish(3, "a", 1, b"kept"), ack(0x40, 1)).await;
    let mut subscriber = client(addr, "subscriber").await;
    let filters = [text("a"), vec![0], text("a"), vec![0], text("a"), vec![1]].concat();
    let granted = packet(0x90, &[0, 7, 0, 0, 1]);
    subscriber
        .call(packet(0x82, &[&[0, 7][..], &filters].concat()), granted)
        .await;
    subscriber.expect(publish(3, "a", 1, b"kept")).await;
    publisher.call(publish(2, "a", 2, b"new"), ack(0x40, 2)).await;
    subscriber.expect(publish(2, "a", 2, b"new")).await;
}

#[tokio::test]
async fn who_unsubscribes_gets_no_more_of_what_is_retained() {
    let (_example, addr) = start();
    let mut publisher = client(addr, "publisher").await;
    for id in 1..=200 {
        publisher
            .call(publish(3, &format!("t/{id}"), id, b"kept"), ack(0x40, id))
            .await;
    }
    let mut subscriber = client(addr, "subscriber").await;
    let unsubscribe = packet(0xa2, &[&[0, 9][..], &text("t/+")].concat());
    subscriber.send([subscribe(1, "t/+", 0), unsubscribe].concat()).await;
    subscriber.expect(suback(1, 0)).await;
    let mut retained = 0;
    while receive(&mut subscriber).await.0 != 0xb0 {
        retained += 1;
    }
    assert!(retained < 200, "{retained}");
    // No more follow.
    subscriber.call(PING, PONG).await;
    subscriber.call(PING, PONG).await;
}

#[tokio::test]
async fn filters_and_topics_have_32_levels() {
    let (_example, addr) = start();
    let mut subscriber = client(addr, "subscriber").await;
    let levels = |number: usize| vec!["+"; number].join("/");
    subscriber.call(subscribe(1, &levels(33), 0), suback(1, 0x80)).await;
    subscriber.call(subscribe(2, &"/".repeat(32), 0), suback(2, 0x80)).await;
    subscriber.call(subscribe(3, &levels(32), 0), suback(3, 0)).await;
    let deep = "/".repeat(31);
    let mut publisher = client(addr, "publisher").await;
    publisher.call(publish(2, &deep, 1, b"x"), ack(0x40, 1)).await;
    subscriber.expect(publish(0, &deep, 0, b"x")).await;
    publisher.send(publish(2, &"/".repeat(32), 2, b"x")).await;
    publisher.expect_eof().await;
    subscriber.call(PING, PONG).await;
}

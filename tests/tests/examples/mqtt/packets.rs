//! The rules of packets.

use std::time::Instant;

use kai_tcp_server_tests::Client;

use super::{
    DISCONNECT, PING, PONG, WELCOME, ack, client, connect, connect_with, packet, publish, start, suback, subscribe,
    subscriber, text,
};

#[tokio::test]
async fn packets_may_come_together_or_byte_by_byte() {
    let (_example, addr) = start();
    let sent = [
        connect("one", 0),
        subscribe(7, "a/+", 0),
        publish(2, "a/b", 9, b"hi"),
        PING.to_vec(),
    ];
    let sent = sent.concat();
    // Its own message comes before or behind the answer to the ping.
    let begin = [&WELCOME[..], &suback(7, 0), &ack(0x40, 9)].concat();
    let mut together = Client::connect(addr).await;
    together.call(&sent, &begin).await;
    let mut slow = Client::connect(addr).await;
    slow.stream().set_nodelay(true).expect("the option is known");
    let (packets, ping) = sent.split_at(sent.len() - PING.len());
    for byte in packets {
        slow.send([*byte]).await;
    }
    slow.expect(&begin).await;
    slow.expect(publish(0, "a/b", 0, b"hi")).await;
    for byte in ping {
        slow.send([*byte]).await;
    }
    slow.expect(PONG).await;
    slow.call(DISCONNECT, []).await;
    slow.expect_eof().await;
}

#[tokio::test]
async fn a_packet_against_the_rules_closes_its_connection_and_no_other() {
    let (_example, addr) = start();
    let mut honest = client(addr, "honest").await;
    let long = "x".repeat(300);
    for (why, sent) in [
        ("no kind", vec![0x00, 0]),
        ("reserved kind", vec![0xf0, 0]),
        ("CONNACK of a client", WELCOME.to_vec()),
        ("PINGRESP of a client", PONG.to_vec()),
        ("flags of PINGREQ", vec![0xc1, 0]),
        ("flags of SUBSCRIBE", packet(0x80, &subscribe(1, "a", 0)[2..])),
        ("flags of PUBREL", ack(0x60, 1)),
        ("flags of PUBACK", ack(0x42, 1)),
        ("quality 3", publish(6, "a", 1, b"")),
        ("sent again, at most once", publish(8, "a", 0, b"")),
        ("length of five bytes", vec![0x30, 0x80, 0x80, 0x80, 0x80]),
        ("256 MiB", vec![0x30, 0xff, 0xff, 0xff, 0x7f]),
        ("one byte more than 256 KiB", vec![0x30, 0x81, 0x80, 0x10]),
        ("PUBLISH without a topic", packet(0x30, &[])),
        ("topic beyond the end", packet(0x30, &[0, 9, b'a'])),
        ("empty topic", publish(0, "", 0, b"x")),
        ("topic with +", publish(0, "a/+", 0, b"x")),
        ("topic with #", publish(0, "#", 0, b"x")),
        ("topic with NUL", publish(0, "a\0b", 0, b"x")),
        ("topic that is no UTF-8", packet(0x30, &[0, 2, 0xc3, 0x28])),
        ("topic with a surrogate", packet(0x30, &[0, 3, 0xed, 0xa0, 0x80])),
        ("id 0", publish(2, "a", 0, b"x")),
        ("no id", packet(0x32, &text("a"))),
        ("PUBACK of id 0", ack(0x40, 0)),
        ("PUBACK of three bytes", packet(0x40, &[0, 1, 0])),
        ("PUBACK of one byte", packet(0x40, &[1])),
        ("PINGREQ with a body", packet(0xc0, &[0])),
        ("DISCONNECT with a body", packet(0xe0, &[0])),
        ("SUBSCRIBE of nothing", packet(0x82, &[0, 1])),
        ("SUBSCRIBE of id 0", subscribe(0, "a", 0)),
        ("SUBSCRIBE of quality 3", subscribe(1, "a", 3)),
        ("SUBSCRIBE without quality", packet(0x82, &[0, 1, 0, 1, b'a'])),
        ("empty filter", subscribe(1, "", 0)),
        ("# in the middle", subscribe(1, "a/#/b", 0)),
        ("+ in a level", subscribe(1, "a+/b", 0)),
        ("UNSUBSCRIBE of nothing", packet(0xa2, &[0, 1])),
        (
            "too many filters",
            packet(0x82, &[&[0, 1][..], &[0, 1, b'a', 0].repeat(101)].concat()),
        ),
        ("second CONNECT", connect("honest too", 0)),
    ] {
        let mut stranger = client(addr, "").await;
        stranger.send(&sent).await;
        let rest = stranger.rest().await;
        assert!(rest.is_empty(), "{why}: {rest:?}");
    }
    let will = |flags| connect_with("", flags, 0, &[text("will"), text("gone")].concat());
    for (why, sent) in [
        ("no CONNECT first", PING.to_vec()),
        ("PUBLISH first", publish(2, "a", 1, b"x")),
        ("empty CONNECT", packet(0x10, &[])),
        (
            "another protocol",
            packet(0x10, &[text("MQIsdp"), vec![3, 2, 0, 0, 0, 0]].concat()),
        ),
        ("reserved flag", connect_with("", 0x03, 0, &[])),
        ("password without user", connect_with("", 0x42, 0, &text("secret"))),
        ("retained will without will", connect_with("", 0x22, 0, &[])),
        ("quality of no will", connect_with("", 0x0a, 0, &[])),
        ("will of quality 3", will(0x1e)),
        ("will without payload", connect_with("", 0x06, 0, &text("will"))),
        (
            "will for a wildcard",
            connect_with("", 0x06, 0, &[text("a/#"), text("gone")].concat()),
        ),
        ("user is missing", connect_with("", 0x82, 0, &[])),
        ("more than there is", connect_with("", 0x02, 0, b"x")),
        ("an HTTP request", b"GET / HTTP/1.1\r\nHost: here\r\n\r\n".to_vec()),
        ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec()),
    ] {
        let mut stranger = Client::connect(addr).await;
        let begin = Instant::now();
        stranger.send(&sent).await;
        let rest = stranger.rest().await;
        assert!(rest.is_empty(), "{why}: {rest:?}");
        // Silence ends after 10 s as well.
        assert!(begin.elapsed().as_secs() < 8, "{why}: {:?}", begin.elapsed());
    }
    for (sent, code) in [
        (packet(0x10, &[text("MQTT"), b"\x05whatever".to_vec()].concat()), 1),
        (connect_with("", 0x00, 0, &[]), 2),
        (connect(&long, 0), 2),
    ] {
        let mut refused = Client::connect(addr).await;
        refused.call(&sent, [0x20, 2, 0, code]).await;
        refused.expect_eof().await;
    }
    honest.call(PING, PONG).await;
}

#[tokio::test]
async fn users_and_passwords_are_read_and_everybody_is_let_in() {
    let (_example, addr) = start();
    for (flags, rest) in [
        (0x82, text("anna")),
        (0xc2, [text("anna"), text("secret")].concat()),
        (
            0xc6,
            [text("will"), text("gone"), text("anna"), vec![0, 1, 0xff]].concat(),
        ),
    ] {
        let mut client = Client::connect(addr).await;
        client.call(connect_with("", flags, 0, &rest), WELCOME).await;
    }
}

#[tokio::test]
async fn the_longest_packet_comes_through() {
    let (_example, addr) = start();
    let mut subscriber = subscriber(addr, "big", 0).await;
    let payload = vec![b'x'; 256 * 1024 - 5];
    let mut publisher = client(addr, "publisher").await;
    publisher
        .call([publish(0, "big", 0, &payload), PING.to_vec()].concat(), PONG)
        .await;
    subscriber.expect(publish(0, "big", 0, &payload)).await;
}

#[tokio::test]
async fn a_message_is_delivered_exactly_once_however_often_it_is_sent() {
    let (_example, addr) = start();
    let mut subscriber = subscriber(addr, "a", 2).await;
    let mut publisher = client(addr, "publisher").await;
    publisher.call(publish(4, "a", 7, b"1"), ack(0x50, 7)).await;
    // The same one again, until it is released.
    publisher.call(publish(12, "a", 7, b"1"), ack(0x50, 7)).await;
    publisher.call(ack(0x62, 7), ack(0x70, 7)).await;
    publisher.call(ack(0x62, 7), ack(0x70, 7)).await;
    publisher.call(publish(4, "a", 7, b"2"), ack(0x50, 7)).await;
    subscriber.expect(publish(4, "a", 1, b"1")).await;
    subscriber.expect(publish(4, "a", 2, b"2")).await;
    subscriber.call(ack(0x50, 1), ack(0x62, 1)).await;
    subscriber.call(ack(0x50, 1), ack(0x62, 1)).await;
    subscriber.send(ack(0x70, 1)).await;
    let released = [ack(0x62, 2), PONG.to_vec()].concat();
    subscriber
        .call([ack(0x50, 2), ack(0x70, 2), PING.to_vec()].concat(), released)
        .await;
}

#[tokio::test]
async fn who_never_releases_what_it_sends_is_cut_off() {
    let (_example, addr) = start();
    let mut publisher = client(addr, "publisher").await;
    for id in 1..=1024 {
        publisher.call(publish(4, "a", id, b""), ack(0x50, id)).await;
    }
    publisher.call(ack(0x62, 1), ack(0x70, 1)).await;
    publisher.call(publish(4, "a", 2000, b""), ack(0x50, 2000)).await;
    publisher.send(publish(4, "a", 2001, b"")).await;
    publisher.expect_eof().await;
}

#[tokio::test]
async fn subscriptions_end_and_change_and_there_are_so_many() {
    let (_example, addr) = start();
    let mut anna = client(addr, "anna").await;
    anna.call(subscribe(1, "a", 0), suback(1, 0)).await;
    // The second one replaces the first one.
    anna.call(subscribe(2, "a", 1), suback(2, 1)).await;
    anna.send(publish(2, "a", 5, b"x")).await;
    anna.expect(ack(0x40, 5)).await;
    anna.expect(publish(2, "a", 1, b"x")).await;
    let unsubscribe = packet(0xa2, &[&[0, 3][..], &text("a"), &text("never")].concat());
    anna.call([ack(0x40, 1), unsubscribe].concat(), ack(0xb0, 3)).await;
    anna.call(
        [publish(2, "a", 6, b"x"), PING.to_vec()].concat(),
        [ack(0x40, 6), PONG.to_vec()].concat(),
    )
    .await;
    for n in 0..100 {
        anna.call(subscribe(4, &format!("t/{n}"), 0), suback(4, 0)).await;
    }
    anna.call(subscribe(5, "one more", 0), suback(5, 0x80)).await;
    anna.call(subscribe(6, "t/7", 2), suback(6, 2)).await;
    let mut bob = client(addr, "bob").await;
    bob.call(subscribe(1, &"x".repeat(1025), 0), suback(1, 0x80)).await;
    bob.call(subscribe(2, &"x".repeat(1024), 0), suback(2, 0)).await;
}

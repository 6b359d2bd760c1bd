//! Clients: takeovers, lasting sessions, silence, wills.

use std::time::{Duration, Instant};

use kai_tcp_server_tests::{Client, Example};

use super::{
    DISCONNECT, PING, PONG, WELCOME, ack, client, connect, connect_with, publish, start, suback, subscribe, subscriber,
    text,
};

#[tokio::test]
async fn a_second_connection_of_a_client_closes_the_first_one() {
    let (_example, addr) = start();
    let mut heir = subscriber(addr, "will", 0).await;
    let will = [text("will"), text("gone")].concat();
    let mut first = Client::connect(addr).await;
    first.call(connect_with("same", 0x06, 0, &will), WELCOME).await;
    let mut second = client(addr, "same").await;
    first.expect_gone().await;
    second.call(PING, PONG).await;
    // Its will comes when the broker has forgotten it.
    heir.expect(publish(0, "will", 0, b"gone")).await;
    // The end of the first one took nothing from the second one.
    let mut third = client(addr, "same").await;
    second.expect_gone().await;
    third.call(PING, PONG).await;
    // Clients without an id are all different.
    let (mut a, mut b) = (client(addr, "").await, client(addr, "").await);
    a.call(PING, PONG).await;
    b.call(PING, PONG).await;
}

#[tokio::test]
async fn no_session_outlives_its_connection() {
    let (_example, addr) = start();
    let lasting = connect_with("lasting", 0x00, 0, &[]);
    let mut first = Client::connect(addr).await;
    first.call(&lasting, WELCOME).await;
    first.call(subscribe(1, "a", 1), suback(1, 1)).await;
    first.send(DISCONNECT).await;
    first.expect_eof().await;
    let mut publisher = client(addr, "publisher").await;
    publisher.call(publish(2, "a", 1, b"x"), ack(0x40, 1)).await;
    // CONNACK says that there was no session.
    let mut second = Client::connect(addr).await;
    second.call(&lasting, WELCOME).await;
    publisher.call(publish(2, "a", 2, b"y"), ack(0x40, 2)).await;
    // A message would come before or behind the first answer.
    second.call(PING, PONG).await;
    second.call(PING, PONG).await;
}

#[tokio::test]
async fn a_client_that_is_silent_for_one_and_a_half_times_its_keep_alive_is_cut_off() {
    let (_example, addr) = start();
    let will = [text("will"), text("gone")].concat();
    let mut heir = subscriber(addr, "will", 0).await;
    let mut busy = subscriber(addr, "news", 0).await;
    let mut silent = Client::connect(addr).await;
    silent.call(connect_with("silent", 0x06, 1, &will), WELCOME).await;
    let begin = Instant::now();
    silent.call(subscribe(1, "news", 0), suback(1, 0)).await;
    // Packets to the client don't count: only its own do.
    let mut publisher = client(addr, "publisher").await;
    let mut ends = tokio::spawn(async move {
        silent.expect_gone().await;
    });
    loop {
        publisher
            .call([publish(0, "news", 0, b"x"), PING.to_vec()].concat(), PONG)
            .await;
        busy.expect(publish(0, "news", 0, b"x")).await;
        let pause = Duration::from_millis(50);
        if tokio::time::timeout(pause, &mut ends).await.is_ok() {
            break;
        }
        assert!(begin.elapsed().as_secs() < 20, "it is never cut off");
    }
    assert!(begin.elapsed().as_millis() >= 1400, "{:?}", begin.elapsed());
    heir.expect(publish(0, "will", 0, b"gone")).await;
}

#[tokio::test]
async fn a_client_that_pings_in_time_and_one_without_a_keep_alive_stay() {
    let (_example, addr) = start();
    let mut forever = client(addr, "forever").await;
    let mut punctual = Client::connect(addr).await;
    punctual.call(connect("punctual", 2), WELCOME).await;
    let begin = Instant::now();
    while begin.elapsed().as_millis() < 4000 {
        punctual.call(PING, PONG).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    forever.call(PING, PONG).await;
}

#[tokio::test]
async fn who_begins_a_packet_and_does_not_end_it_is_cut_off() {
    let example = Example::start_under("mqtt", &["0"], &[("KAI_MQTT_FRAME_TIMEOUT", "200ms")]);
    let addr = example.addr();
    let mut half = Client::connect(addr).await;
    half.send(&connect("half", 0)[..5]).await;
    half.expect_eof().await;
    let mut later = client(addr, "later").await;
    later.send(&publish(0, "a", 0, b"some text")[..7]).await;
    later.expect_eof().await;
}

#[tokio::test]
async fn a_will_follows_each_end_but_a_disconnect() {
    let (_example, addr) = start();
    let mut heir = subscriber(addr, "will/#", 1).await;
    let ends = ["closed", "reset", "malformed", "taken over"];
    for (id, how) in (1..).zip(ends) {
        let will = [text(&format!("will/{how}")), text("gone")].concat();
        let mut client = Client::connect(addr).await;
        client.call(connect_with("x", 0x0e, 0, &will), WELCOME).await;
        match how {
            "closed" => client.half_close().await,
            "reset" => client.reset(),
            "malformed" => client.send([0xff, 0]).await,
            _ => drop(self::client(addr, "x").await),
        }
        heir.expect(publish(2, &format!("will/{how}"), id, b"gone")).await;
        heir.send(ack(0x40, id)).await;
    }
    let will = [text("will/polite"), text("gone")].concat();
    let mut polite = Client::connect(addr).await;
    polite.call(connect_with("x", 0x0e, 0, &will), WELCOME).await;
    polite.send(DISCONNECT).await;
    polite.expect_eof().await;
    let mut publisher = client(addr, "publisher").await;
    publisher.call(publish(2, "will/end", 1, b""), ack(0x40, 1)).await;
    heir.expect(publish(2, "will/end", 5, b"")).await;
}

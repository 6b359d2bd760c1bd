//! Subscribers that read slowly, or are many, and publishers that are fast.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use kai_tcp_server_tests::{Client, Example, within};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::oneshot::{self, error::TryRecvError};
use tokio::time::{sleep, timeout};

use super::{PATIENCE, PING, PONG, ack, client, publish, start, stuck, subscriber};

/// Starts the example with mailboxes of 64 messages. A subscriber that reads nothing is cut off for
/// no other reason than a full one.
fn start_small() -> (Example, SocketAddr) {
    let options = [("KAI_MQTT_MAILBOX", "64"), ("KAI_MQTT_SEND_TIMEOUT", "10m")];
    let example = Example::start_under("mqtt", &["0", "600"], &options);
    let addr = example.addr();
    (example, addr)
}

#[tokio::test]
async fn a_message_reaches_each_of_many_subscribers() {
    let (_example, addr) = start();
    let mut subscribers = Vec::new();
    for n in 0..500 {
        let filter = ["news/today", "news/+", "#", "news/#"][n % 4];
        subscribers.push(subscriber(addr, filter, 1).await);
    }
    let mut publisher = client(addr, "publisher").await;
    for n in 1..=3 {
        publisher
            .call(publish(2, "news/today", n, b"hello"), ack(0x40, n))
            .await;
    }
    for subscriber in &mut subscribers {
        for n in 1..=3 {
            subscriber.expect(publish(2, "news/today", n, b"hello")).await;
        }
    }
}

#[tokio::test]
async fn who_must_not_miss_a_message_and_reads_nothing_is_cut_off_and_holds_up_nobody() {
    let (_example, addr) = start_small();
    let mut stuck = stuck(addr, "big", 1).await;
    let mut reader = subscriber(addr, "big", 1).await;
    let mut publisher = client(addr, "publisher").await;
    let payload = vec![b'x'; 16 * 1024];
    // More than all buffers and the mailbox hold.
    for n in 1..=1000_u16 {
        publisher.call(publish(2, "big", n, &payload), ack(0x40, n)).await;
        reader.expect(publish(2, "big", n, &payload)).await;
        reader.send(ack(0x40, n)).await;
    }
    // It gets what was sent before, in order, and then the end.
    for n in 1..=4 {
        stuck.expect(publish(2, "big", n, &payload)).await;
    }
    stuck.expect_gone().await;
}

#[tokio::test]
async fn who_may_miss_messages_and_reads_slowly_misses_some_and_stays() {
    let (_example, addr) = start_small();
    let mut stuck = stuck(addr, "#", 0).await;
    let mut reader = subscriber(addr, "#", 0).await;
    let mut publisher = client(addr, "publisher").await;
    let payload = vec![b'x'; 16 * 1024];
    let sent = 1000;
    for _ in 0..sent {
        publisher
            .call(
                [publish(2, "big", 1, &payload), PING.to_vec()].concat(),
                [&ack(0x40, 1)[..], &PONG].concat(),
            )
            .await;
        reader.expect(publish(0, "big", 0, &payload)).await;
    }
    // It reads now, and gets all that waits, and messages that are sent behind that.
    let message = publish(0, "big", 0, &payload);
    let mut got = 0;
    stuck.send(PING).await;
    while next(&mut stuck, &message, &PONG).await {
        got += 1;
    }
    publisher.call(publish(2, "end", 1, b""), ack(0x40, 1)).await;
    while next(&mut stuck, &message, &publish(0, "end", 0, b"")).await {
        got += 1;
    }
    assert!((64..sent).contains(&got), "{got} of {sent}");
}

/// Receives PUBACK, or the end.
async fn is_acknowledged(publisher: &mut Client, id: u16) -> bool {
    let mut got = [0; 4];
    let read = publisher.stream().read_exact(&mut got);
    let read = within("an answer", read).await;
    read.is_ok_and(|_| got[..] == ack(0x40, id))
}

/// Receives one of two packets. Returns whether it is the first one.
async fn next(client: &mut Client, this: &[u8], that: &[u8]) -> bool {
    let mut head = [0; 2];
    let read = client.stream().read_exact(&mut head);
    within("a packet", read).await.expect("it stays");
    let is_this = head == this[..2];
    client.expect(if is_this { &this[2..] } else { &that[2..] }).await;
    assert!(is_this || head == that[..2], "{head:?}");
    is_this
}

#[tokio::test]
async fn who_fills_the_memory_for_messages_is_closed_without_an_acknowledgement() {
    let options = [("KAI_MQTT_SEND_TIMEOUT", "10m")];
    let example = Example::start_under("mqtt", &["0", "600"], &options);
    let addr = example.addr();
    let stuck = stuck(addr, "#", 0).await;
    let payload = vec![b'x'; 200 * 1024];
    // Each is held back behind 2 MiB, and together they have 64 MiB, and what the buffers hold.
    let (mut publishers, mut most) = (Vec::new(), 0);
    'publishers: for _ in 0..40 {
        let mut publisher = client(addr, "").await;
        for id in 1..=11 {
            publisher.send(publish(2, "big", id, &payload)).await;
            if !is_acknowledged(&mut publisher, id).await {
                break 'publishers;
            }
            most += 1;
        }
        publishers.push(publisher);
    }
    assert!((64 * 5..40 * 11).contains(&most), "{most}");
    // At most once is dropped, and the end of the subscriber frees all.
    let mut other = client(addr, "other").await;
    let message = publish(0, "big", 0, &payload);
    let mut witness = subscriber(addr, "big", 0).await;
    other.call([&message[..], &PING].concat(), PONG).await;
    // A message comes at the latest behind the first packet.
    witness.call(PING, PONG).await;
    witness.call(PING, PONG).await;
    drop(stuck);
    let mut reader = subscriber(addr, "big", 0).await;
    let begin = Instant::now();
    loop {
        assert!(begin.elapsed() < PATIENCE, "the memory never comes back");
        other.call([&message[..], &PING].concat(), PONG).await;
        reader.send(PING).await;
        if next(&mut reader, &message, &PONG).await {
            break;
        }
    }
}

#[tokio::test]
async fn a_publisher_is_not_faster_than_its_subscribers() {
    let (_example, addr) = start();
    let mut reader = subscriber(addr, "fast", 1).await;
    let mut publisher = client(addr, "publisher").await;
    // Many times what the mailbox of a subscriber holds, all at once.
    let sent: Vec<u8> = (1..=20_000).flat_map(|id| publish(2, "fast", id, b"x")).collect();
    let acknowledged: Vec<u8> = (1..=20_000).flat_map(|id| ack(0x40, id)).collect();
    let publishing = tokio::spawn(async move {
        publisher.send(sent).await;
        publisher.expect(acknowledged).await;
    });
    let begin = Instant::now();
    for id in 1..=20_000_u16 {
        // An id is free again when it is acknowledged.
        reader.expect(publish(2, "fast", id, b"x")).await;
        reader.send(ack(0x40, id)).await;
    }
    publishing.await.expect("all is acknowledged");
    // Held back for the longest time at each pause it would take more than two minutes.
    assert!(begin.elapsed() < 2 * PATIENCE, "{:?}", begin.elapsed());
}

#[tokio::test]
async fn who_subscribes_to_what_it_publishes_does_not_wait_for_itself() {
    let (_example, addr) = start();
    let mut both = subscriber(addr, "echo", 0).await;
    let sent: Vec<u8> = (0..10_000).flat_map(|_| publish(0, "echo", 0, b"x")).collect();
    both.call(&sent, &sent).await;
}

#[tokio::test]
async fn who_acknowledges_nothing_is_cut_off() {
    let (_example, addr) = start();
    let mut reader = subscriber(addr, "x", 1).await;
    let mut publisher = client(addr, "publisher").await;
    let most: u16 = 16 * 1024;
    for id in 1..=most {
        publisher.call(publish(2, "x", id, b""), ack(0x40, id)).await;
    }
    for id in 1..=most {
        reader.expect(publish(2, "x", id, b"")).await;
    }
    publisher.call(publish(2, "x", 1, b""), ack(0x40, 1)).await;
    reader.expect_eof().await;
}

#[tokio::test]
async fn who_reads_a_little_now_and_then_disturbs_no_other_and_is_cut_off() {
    let example = Example::start("mqtt", &["0", "4"]);
    let addr = example.addr();
    let mut slow = stuck(addr, "big", 0).await;
    let payload = vec![b'x'; 250 * 1024];
    let mut flood = client(addr, "flood").await;
    let message = publish(0, "big", 0, &payload);
    let flooding = tokio::spawn(async move {
        // More than all buffers and the memory for messages hold, so it ends when nobody is slow.
        for _ in 0..400 {
            flood.stream().write_all(&message).await.expect("it isn't closed");
        }
        flood.call(PING, PONG).await;
    });
    let (done, mut flooded) = oneshot::channel::<()>();
    let trickle = tokio::spawn(async move {
        let mut some = [0; 4096];
        while flooded.try_recv() == Err(TryRecvError::Empty) {
            let read = timeout(PATIENCE, slow.stream().read(&mut some)).await;
            if !matches!(read, Ok(Ok(1..))) {
                break;
            }
            sleep(Duration::from_millis(100)).await;
        }
        slow.expect_gone().await;
    });
    // Another publisher, whose messages are as long, and its subscriber.
    let mut reader = subscriber(addr, "other", 1).await;
    let mut honest = client(addr, "honest").await;
    let begin = Instant::now();
    let mut id = 0;
    while !flooding.is_finished() {
        assert!(begin.elapsed() < 2 * PATIENCE, "it is never cut off");
        id += 1;
        honest.call(publish(2, "other", id, &payload), ack(0x40, id)).await;
        reader.expect(publish(2, "other", id, &payload)).await;
        reader.send(ack(0x40, id)).await;
        sleep(Duration::from_millis(20)).await;
    }
    flooding.await.expect("all is taken");
    drop(done);
    trickle.await.expect("it is cut off");
}

#[tokio::test]
async fn who_reads_slowly_and_steadily_holds_its_publishers_back_and_misses_nothing() {
    let (_example, addr) = start_small();
    let mut slow = stuck(addr, "slow", 1).await;
    let mut publisher = client(addr, "publisher").await;
    let payload = vec![b'x'; 2048];
    let sent: Vec<u8> = (1..=300).flat_map(|id| publish(2, "slow", id, &payload)).collect();
    let acknowledged: Vec<u8> = (1..=300).flat_map(|id| ack(0x40, id)).collect();
    let publishing = tokio::spawn(async move {
        publisher.stream().write_all(&sent).await.expect("all is taken");
        publisher.call(PING, [acknowledged, PONG.to_vec()].concat()).await;
    });
    for id in 1..=300 {
        slow.expect(publish(2, "slow", id, &payload)).await;
        slow.send(ack(0x40, id)).await;
        // About 24 in a second, and longer pauses than a publisher is held back for without a look.
        if id % 12 == 0 {
            sleep(Duration::from_millis(500)).await;
        }
    }
    publishing.await.expect("all is acknowledged");
}

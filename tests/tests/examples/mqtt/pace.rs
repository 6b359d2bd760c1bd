//! Subscribers that read slowly, or are many, and publishers that are fast.

use std::net::SocketAddr;

use kai_tcp_server_tests::Client;
use socket2::{Domain, Socket, Type};
use tokio::net::TcpStream;

use super::{PING, PONG, WELCOME, ack, client, connect, publish, start, suback, subscribe, subscriber};

/// Connects a subscriber that reads nothing, and of whose socket the kernel keeps little.
async fn stuck(addr: SocketAddr, filter: &str, qos: u8) -> Client {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(4096).expect("the option is known");
    socket.connect(&addr.into()).expect("it listens");
    socket.set_nonblocking(true).expect("the option is known");
    let stream = TcpStream::from_std(socket.into()).expect("a runtime");
    let mut stuck = Client::over(stream);
    stuck.call(connect("stuck", 0), WELCOME).await;
    stuck.call(subscribe(1, filter, qos), suback(1, qos)).await;
    stuck
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
    let (_example, addr) = start();
    let mut stuck = stuck(addr, "big", 1).await;
    let mut reader = subscriber(addr, "big", 1).await;
    let mut publisher = client(addr, "publisher").await;
    let payload = vec![b'x'; 16 * 1024];
    // More than all buffers and the mailbox hold.
    for n in 1..=2000_u16 {
        publisher.call(publish(2, "big", n, &payload), ack(0x40, n)).await;
        reader.expect(publish(2, "big", n, &payload)).await;
        reader.send(ack(0x40, n)).await;
    }
    // It gets what was sent before, in order, and then the end.
    let begin = publish(2, "big", 1, &payload);
    stuck.expect(&begin).await;
    stuck.expect_gone().await;
}

#[tokio::test]
async fn who_may_miss_messages_and_reads_slowly_misses_some_and_stays() {
    let (_example, addr) = start();
    let mut stuck = stuck(addr, "#", 0).await;
    let mut reader = subscriber(addr, "#", 0).await;
    let mut publisher = client(addr, "publisher").await;
    let payload = vec![b'x'; 16 * 1024];
    let sent = 1500;
    for _ in 0..sent {
        publisher
            .call(
                [publish(2, "big", 1, &payload), PING.to_vec()].concat(),
                [&ack(0x40, 1)[..], &PONG].concat(),
            )
            .await;
        reader.expect(publish(0, "big", 0, &payload)).await;
    }
    // It reads now, and is asked for an answer that comes behind all that waits.
    stuck.send(PING).await;
    let message = publish(0, "big", 0, &payload);
    let mut got = 0;
    let mut is_alive = false;
    while !is_alive || got < 1024 {
        let mut first = [0; 1];
        tokio::io::AsyncReadExt::read_exact(stuck.stream(), &mut first)
            .await
            .expect("it stays");
        if first == PONG[..1] {
            stuck.expect(&PONG[1..]).await;
            is_alive = true;
        } else {
            assert_eq!(first, message[..1]);
            stuck.expect(&message[1..]).await;
            got += 1;
        }
    }
    publisher.call(publish(2, "end", 1, b""), ack(0x40, 1)).await;
    let end = publish(0, "end", 0, b"");
    loop {
        let mut head = [0; 2];
        tokio::io::AsyncReadExt::read_exact(stuck.stream(), &mut head)
            .await
            .expect("it stays");
        if head == end[..2] {
            stuck.expect(&end[2..]).await;
            break;
        }
        stuck.expect(&message[2..]).await;
        got += 1;
    }
    assert!((1024..sent).contains(&got), "{got} of {sent}");
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
    for id in 1..=20_000_u16 {
        // An id is free again when it is acknowledged.
        reader.expect(publish(2, "fast", id, b"x")).await;
        reader.send(ack(0x40, id)).await;
    }
    publishing.await.expect("all is acknowledged");
}

#[tokio::test]
async fn who_subscribes_to_what_it_publishes_does_not_wait_for_itself() {
    let (_example, addr) = start();
    let mut both = subscriber(addr, "echo", 0).await;
    let sent: Vec<u8> = (0..10_000).flat_map(|_| publish(0, "echo", 0, b"x")).collect();
    let begin = std::time::Instant::now();
    both.call(&sent, &sent).await;
    // Held back for the longest time at each pause it would take more than a minute.
    assert!(begin.elapsed().as_secs() < 30, "{:?}", begin.elapsed());
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

//! Nodes of `chat_nats` behind HAProxy, while HAProxy and nats-server are killed and stopped at
//! random moments.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use kai_tcp_server_tests::{Client, Random};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use super::cluster::say_and_hear_all;
use super::front::{Net, Seen};
use super::nodes::{NODES, Site};

/// `KAI_SEED=7 cargo test … chaos` plays another course of events.
const SEED: u64 = 0x5eed_0c4a;

/// The time in which things happen. After that, all must recover.
const LASTS: Duration = Duration::from_secs(15);

const SPEAKERS: u8 = 6;

#[derive(Default)]
struct Talk {
    ends: AtomicBool,
    connections: AtomicUsize,
    heard: AtomicUsize,
}

impl Talk {
    /// Connects again and again, under another name each time, and talks as long as it can.
    async fn speak(self: Arc<Self>, net: Net, number: u8, front: SocketAddr) {
        for attempt in 0.. {
            // No line comes twice on a connection. It may come late to another node, where its
            // speaker and who heard it have come meanwhile.
            let mut heard = HashSet::new();
            if self.ends.load(Relaxed) {
                return;
            }
            let name = format!("m{number}-{attempt}");
            if let Ok(client) = net.connect_from(number, front).await {
                self.connections.fetch_add(1, Relaxed);
                self.talk(client, &name, &mut heard).await;
            }
            // A refused connection is tried again a little later, as people do.
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Talks on one connection, until it ends.
    async fn talk(&self, client: Client<TcpStream>, name: &str, heard: &mut HashSet<String>) {
        let (read, mut write) = client.into_inner().into_split();
        let mut lines = BufReader::new(read).lines();
        if write.write_all(format!("{name}\r\n").as_bytes()).await.is_err() {
            return;
        }
        for number in 0.. {
            if self.ends.load(Relaxed) {
                return;
            }
            if write
                .write_all(format!("{name} says {number}\r\n").as_bytes())
                .await
                .is_err()
            {
                return;
            }
            let until = Instant::now() + Duration::from_millis(20);
            while let Ok(line) = tokio::time::timeout_at(until, lines.next_line()).await {
                let Ok(Some(line)) = line else { return };
                if let Some((_, said)) = line.split_once("> ") {
                    assert!(heard.insert(said.to_owned()), "{name} heard this twice: {line}");
                    self.heard.fetch_add(1, Relaxed);
                }
            }
        }
    }
}

/// Waits for less than this number of milliseconds.
async fn random_pause(random: &mut Random, most: usize) {
    let time = u64::try_from(random.below(most)).expect("it is small");
    sleep(Duration::from_millis(time)).await;
}

/// Lets something happen, and puts it right again after a while.
async fn happen(site: &mut Site, random: &mut Random) {
    random_pause(random, 700).await;
    match random.below(5) {
        0 => {
            println!("HAProxy is killed");
            site.front.kill();
            random_pause(random, 500).await;
            site.front.start_again();
        }
        1 => {
            println!("nats-server is killed");
            site.nats.kill();
            random_pause(random, 1500).await;
            site.nats.start_again();
        }
        2 => {
            println!("nats-server stands still");
            site.nats.signal("STOP");
            random_pause(random, 3000).await;
            site.nats.signal("CONT");
        }
        3 => {
            println!("HAProxy stands still");
            site.front.signal("STOP");
            random_pause(random, 1000).await;
            site.front.signal("CONT");
        }
        _ => {
            println!("both are killed");
            site.nats.kill();
            site.front.kill();
            random_pause(random, 500).await;
            site.front.start_again();
            site.nats.start_again();
        }
    }
}

#[tokio::test]
async fn whatever_happens_to_haproxy_and_nats_no_line_comes_twice_and_all_recovers() {
    let Some(mut site) = Site::start().await else { return };
    let seed = std::env::var("KAI_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.filter(|seed| *seed > 0).unwrap_or(SEED);
    println!("KAI_SEED={seed}");
    let mut random = Random(seed);
    let talk = Arc::new(Talk::default());
    let speakers: Vec<_> = (0..SPEAKERS)
        .map(|number| tokio::spawn(Arc::clone(&talk).speak(site.net, number, site.front.addr())))
        .collect();
    let begin = Instant::now();
    while begin.elapsed() < LASTS {
        happen(&mut site, &mut random).await;
    }
    talk.ends.store(true, Relaxed);
    for speaker in speakers {
        speaker.await.expect("nothing was heard twice");
    }
    println!("{:?} connections, {:?} lines heard", talk.connections, talk.heard);
    for node in NODES {
        assert_eq!(site.node(node).success(), None, "no node ends");
        site.front.sees_soon(node, "is up", Seen::takes_connections).await;
    }
    let mut members = Vec::new();
    for guest in site.members(&["anna", "bob", "carol", "dave", "emil", "fred"]).await {
        members.push(guest.member);
    }
    say_and_hear_all(&mut members, 50).await;
}

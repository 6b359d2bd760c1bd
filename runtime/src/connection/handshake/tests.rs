//! Handshakes of a transport of tests, from outside: by clients and by the handle.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::*;
use crate::api::action::Action;
use crate::api::input;
use crate::api::peer::Peer;
use crate::api::socket::Socket;
use crate::api::tcp_server::Frame;
use crate::error::BoxError;
use crate::options::Options;
use crate::options::overload::Overload;
use crate::packet::Packet;
use crate::server::Server;
use crate::start::start;
use crate::transport::testing::{CLIENT, FAILS, GOES_ON, PANICS, TELLS, have_handshakes};

/// Tells of its callbacks.
struct Told(mpsc::UnboundedSender<&'static str>, Options);

impl TcpServer for Told {
    type Input = input::Slice;
    type Session = ();
    type Message = ();

    fn options(&self) -> Options {
        self.1
    }

    async fn connected(&self, _: &mut Socket, _: Peer<()>) -> Result<(), BoxError> {
        let _ = self.0.send("connected");
        Ok(())
    }

    async fn handle_call<'a>(&'a self, data: Frame<'a, Self>, (): &'a mut ()) -> Result<Action<'a>, BoxError> {
        Ok(Action::reply(data))
    }

    async fn closed(&self, (): (), _: CloseReason) -> Result<(), BoxError> {
        let _ = self.0.send("closed");
        Ok(())
    }
}

struct Play {
    server: Server,
    told: mpsc::UnboundedReceiver<&'static str>,
}

fn options() -> Options {
    Options::new().in_memory().packet(Packet::Line)
}

async fn play(options: Options) -> Play {
    have_handshakes();
    let (tell, told) = mpsc::unbounded_channel();
    let server = start(Told(tell, options)).await.expect("it starts");
    Play { server, told }
}

impl Play {
    /// Connects, and begins the handshake with these bytes.
    async fn connect(&self, begins: &[u8]) -> DuplexStream {
        let mut client = self.server.connect().await.expect("it runs");
        client.write_all(begins).await.expect("it is there");
        client
    }

    /// Waits until so many are connected.
    async fn are_connected(&self, count: usize) {
        while self.server.info().curr_connections != count {
            tokio::task::yield_now().await;
        }
    }

    fn nothing_was_told(&mut self) {
        assert_eq!(self.told.try_recv().ok(), None);
    }
}

async fn is_served(client: &mut DuplexStream) {
    client.write_all(b"hello\n").await.expect("it is there");
    let mut answer = [0; 6];
    client.read_exact(&mut answer).await.expect("it is answered");
    assert_eq!(&answer, b"hello\n");
}

async fn is_closed(client: &mut DuplexStream) {
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).await.expect("memory has no resets");
    assert_eq!(rest, b"");
}

#[tokio::test(start_paused = true)]
async fn while_handshakes_wait_others_are_accepted_and_served() {
    let mut play = play(options().max_processes(4)).await;
    let mut silent = [
        play.connect(b"").await,
        play.connect(b"").await,
        play.connect(b"").await,
    ];
    let mut client = play.connect(&[GOES_ON]).await;
    is_served(&mut client).await;
    assert_eq!(play.told.recv().await, Some("connected"));
    play.nothing_was_told();
    assert_eq!(play.server.info().curr_connections, 4);
    // The bytes behind the handshake are the first frame.
    silent[1].write_all(&[GOES_ON]).await.unwrap();
    is_served(&mut silent[1]).await;
    assert_eq!(play.told.recv().await, Some("connected"));
    play.nothing_was_told();
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_fails_closes_its_connection_without_connected_or_closed() {
    let mut play = play(options().max_processes(1)).await;
    for begins in [FAILS, PANICS] {
        let mut client = play.connect(&[begins]).await;
        is_closed(&mut client).await;
    }
    // Its input ends.
    drop(play.connect(b"").await);
    let mut next = play.connect(&[GOES_ON]).await;
    is_served(&mut next).await;
    assert_eq!(play.told.recv().await, Some("connected"));
    play.nothing_was_told();
}

#[tokio::test(start_paused = true)]
async fn a_handshake_has_a_deadline_of_its_own() {
    for (options, limit) in [
        (options(), Duration::from_secs(10)),
        (
            options().handshake_timeout(Duration::from_secs(2)),
            Duration::from_secs(2),
        ),
        (options().recv_timeout(Duration::from_secs(3)), Duration::from_secs(3)),
    ] {
        let mut play = play(options.max_processes(1)).await;
        let begun = Instant::now();
        let mut silent = play.connect(b"").await;
        is_closed(&mut silent).await;
        let took = begun.elapsed();
        assert!(took >= limit && took < limit + Duration::from_secs(1), "{took:?}");
        drop(silent);
        let mut next = play.connect(&[GOES_ON]).await;
        is_served(&mut next).await;
        assert_eq!(play.told.recv().await, Some("connected"));
        play.nothing_was_told();
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_and_a_kick_cut_a_handshake() {
    let mut play = play(options()).await;
    let begun = Instant::now();
    let mut kicked = play.connect(b"").await;
    play.are_connected(1).await;
    let id = play.server.connections()[0].id;
    assert!(play.server.close(id));
    is_closed(&mut kicked).await;
    drop(kicked);
    play.are_connected(0).await;
    let mut silent = play.connect(b"").await;
    play.are_connected(1).await;
    let stopping = play.server.stop();
    is_closed(&mut silent).await;
    drop(silent);
    let stopped = stopping.await;
    assert_eq!((stopped.finished, stopped.cut), (1, 0));
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    play.nothing_was_told();
}

#[tokio::test(start_paused = true)]
async fn the_peer_that_a_handshake_tells_is_the_peer_and_is_limited_as_such() {
    let mut play = play(options().max_per_ip(1)).await;
    let mut first = play.connect(&[TELLS]).await;
    is_served(&mut first).await;
    let told = PeerAddr::Ip(CLIENT.into());
    assert_eq!(play.server.connections()[0].peer_addr, told);
    assert!(play.server.tree().to_string().contains("from 192.0.2.1:49152"));
    let mut second = play.connect(&[TELLS]).await;
    is_closed(&mut second).await;
    assert_eq!(play.server.info().refused.per_ip, 1);
    // Connections aren't counted until their address is known.
    let mut others = [play.connect(&[GOES_ON]).await, play.connect(&[GOES_ON]).await];
    for other in &mut others {
        is_served(other).await;
    }
    drop((first, second));
    play.are_connected(2).await;
    let mut third = play.connect(&[TELLS]).await;
    is_served(&mut third).await;
    assert_eq!(play.server.info().refused.per_ip, 1);
    let connected = std::iter::from_fn(|| play.told.try_recv().ok()).filter(|told| *told == "connected");
    assert_eq!(connected.count(), 4);
}

#[tokio::test(start_paused = true)]
async fn who_is_refused_is_told_so_after_the_handshake() {
    let options = options().max_processes(1).overload(Overload::RefuseWith(b"busy\n"));
    let play = play(options).await;
    let mut served = play.connect(&[GOES_ON]).await;
    is_served(&mut served).await;
    let mut refused = play.connect(b"").await;
    let early = tokio::time::timeout(lingers() / 2, refused.read_u8()).await;
    early.expect_err("it waits for the handshake");
    refused.write_all(&[GOES_ON]).await.unwrap();
    refused.shutdown().await.unwrap();
    let mut words = String::new();
    refused.read_to_string(&mut words).await.unwrap();
    assert_eq!(words, "busy\n");
}

fn lingers() -> Duration {
    crate::transport::lingering_close::TIME
}

/// Tests of the log, which need the subscriber that comes with its feature.
#[cfg(feature = "log")]
mod log {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use tracing::span;
    use tracing_subscriber::util::SubscriberInitExt as _;

    use super::*;

    /// Counts the events of failed handshakes, and what is above `debug` of those.
    #[derive(Clone, Default)]
    struct Failures(Arc<AtomicUsize>);

    impl tracing::Subscriber for Failures {
        fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
            true
        }

        fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
            span::Id::from_u64(1)
        }

        fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

        fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

        fn event(&self, event: &tracing::Event<'_>) {
            let metadata = event.metadata();
            if metadata.name() == "handshake failed" {
                assert_eq!(*metadata.level(), tracing::Level::DEBUG);
                self.0.fetch_add(1, SeqCst);
            } else {
                assert!(*metadata.level() >= tracing::Level::INFO, "{metadata:?}");
            }
        }

        fn enter(&self, _: &span::Id) {}

        fn exit(&self, _: &span::Id) {}
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_can_cause_no_more_than_ten_lines_a_second_about_handshakes() {
        let failures = Failures::default();
        // Two, as tracing asks the thread that comes by an event first what all want, where there
        // is but one.
        let both = [(); 2].map(|()| tracing::Dispatch::new(failures.clone()));
        let _guard = both[0].clone().set_default();
        let play = play(options()).await;
        for _ in 0..30 {
            let mut client = play.connect(&[FAILS]).await;
            is_closed(&mut client).await;
        }
        assert_eq!(failures.0.load(SeqCst), 10);
    }
}

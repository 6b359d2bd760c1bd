//! A subscriber that panics at each thing that it is told of a span.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use kai_tcp_server::{Action, start, tcp_server, with};
use kai_tcp_server_tests::{Client, eventually, subscribe};
use tracing::Subscriber;
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

static PANICS: AtomicUsize = AtomicUsize::new(0);

struct Panicking {
    /// True if spans are made before it panics.
    later: bool,
}

fn panics() {
    PANICS.fetch_add(1, Relaxed);
    panic!("the subscriber's panic");
}

impl<S: Subscriber> Layer<S> for Panicking {
    fn on_new_span(&self, _: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        if !self.later {
            panics();
        }
    }

    fn on_record(&self, _: &Id, _: &Record<'_>, _: Context<'_, S>) {
        panics();
    }

    fn on_enter(&self, _: &Id, _: Context<'_, S>) {
        panics();
    }

    fn on_exit(&self, _: &Id, _: Context<'_, S>) {
        panics();
    }

    fn on_close(&self, _: Id, _: Context<'_, S>) {
        panics();
    }
}

struct Waits;

#[tcp_server(port = 0, packet = line(lf))]
impl Waits {
    async fn handle_call(&self, line: &str) -> Action {
        tokio::task::yield_now().await;
        match line {
            "panic" => panic!("as asked"),
            line => reply(line.to_owned()),
        }
    }
}

struct Quick;

#[tcp_server(port = 0, packet = line(lf))]
impl Quick {
    fn handle_call(&self, line: &[u8]) -> Action {
        match line {
            b"panic" => panic!("as asked"),
            line => reply(line),
        }
    }
}

#[tokio::test]
async fn a_subscriber_that_panics_at_spans_ends_nothing() {
    for later in [false, true] {
        let _subscribed = subscribe(tracing_subscriber::registry().with(Panicking { later }));
        let servers = [
            start(with(Waits, Waits::OPTIONS.in_memory())).await.unwrap(),
            start(with(Quick, Quick::OPTIONS.in_memory())).await.unwrap(),
        ];
        for server in servers {
            for _ in 0..3 {
                let mut client = Client::in_memory(&server).await;
                client.call("a\nb\n", "a\nb\n").await;
                client.send("panic\n").await;
                client.rest().await;
                eventually("it has ended", || server.info().curr_connections == 0).await;
            }
            // Its own panics aren't those of connections.
            assert_eq!(server.info().restarts, 0);
            server.stop().await;
        }
    }
    assert!(PANICS.load(Relaxed) > 50);
}

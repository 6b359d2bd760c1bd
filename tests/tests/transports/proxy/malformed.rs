//! Malformed headers, of a generator: the same checks as those of the fuzz target, and a server
//! that goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use kai_tcp_server::__private::{ProxyBegin, read_proxy_header};
use kai_tcp_server_tests::proxy::{begins_alike_in_any_chunks, broken_header};
use kai_tcp_server_tests::{Client, Random, eventually, subscribe};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::{Echo, V1, is_served, play};

const SEED: u64 = 0x5eed_0fda_7a5e_ed01;

#[test]
fn broken_headers_are_read_alike_in_any_chunks() {
    let mut random = Random(SEED);
    let mut headers = 0;
    for _ in 0..10_000 {
        let header = broken_header(&mut random);
        headers += usize::from(matches!(read_proxy_header(&header), ProxyBegin::Header(..)));
        begins_alike_in_any_chunks(&header);
    }
    // Both kinds are among them.
    assert!(headers > 100 && headers < 9_000, "{headers}");
}

/// Counts the connections that were closed as their handshake failed.
#[derive(Clone, Default)]
struct Failed(Arc<AtomicUsize>);

impl Subscriber for Failed {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        if event.metadata().name() == "closed" {
            event.record(&mut Reason(self));
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Reason<'f>(&'f Failed);

impl Visit for Reason<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "reason" && format!("{value:?}") == "the handshake failed" {
            self.0.0.fetch_add(1, SeqCst);
        }
    }
}

#[tokio::test]
async fn ten_thousand_malformed_headers_end_their_connections_with_a_reason_and_nothing_else() {
    const COUNT: usize = 10_000;
    let failed = Failed::default();
    let _guard = subscribe(failed.clone());
    let mut play = play(Echo::OPTIONS.in_memory()).await;
    let mut random = Random(SEED);
    let mut bystander = Client::in_memory(&play.server).await;
    bystander.send(V1).await;
    is_served(&mut bystander).await;
    play.connected().await;
    let mut sent = 0;
    while sent < COUNT {
        let header = broken_header(&mut random);
        if matches!(read_proxy_header(&header), ProxyBegin::Header(..)) {
            continue;
        }
        sent += 1;
        let mut client = Client::in_memory(&play.server).await;
        client.send(&header).await;
        client.half_close().await;
        client.expect_eof().await;
        if sent % 1000 == 0 {
            is_served(&mut bystander).await;
        }
    }
    eventually("all are closed", || failed.0.load(SeqCst) == COUNT).await;
    play.nothing_was_told();
    assert_eq!(play.server.info().curr_connections, 1);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn ten_thousand_malformed_headers_leave_the_memory_as_it_was() {
    use std::process::Command;

    use kai_tcp_server_tests::{Example, resident};

    let server = Example::run(&mut Command::new(env!("CARGO_BIN_EXE_proxied")));
    let (addr, pid) = (server.addr(), server.id());
    let mut random = Random(SEED + 1);
    let mut after_a_thousand = 0;
    for count in 0..10_000 {
        let mut client = Client::connect(addr).await;
        client.send(broken_header(&mut random)).await;
        // One that isn't broken is served until then.
        let _ = tokio::io::AsyncWriteExt::shutdown(client.stream()).await;
        client.expect_gone().await;
        if count == 1000 {
            after_a_thousand = resident(pid);
        }
    }
    let grown = resident(pid).saturating_sub(after_a_thousand);
    assert!(grown < 1024 * 1024, "it has grown by {grown} bytes");
    let mut client = Client::connect(addr).await;
    client.send(V1).await;
    is_served(&mut client).await;
}

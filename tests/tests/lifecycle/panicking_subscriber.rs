//! A log subscriber that panics at each event.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use kai_tcp_server::{
    Action, BoxError, ChildSpec, ErrorKind, Result, Supervisor, SuspendedPort, start, tcp_server, with,
};
use kai_tcp_server_tests::{Client, eventually, subscribe};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

static EVENTS: AtomicUsize = AtomicUsize::new(0);

struct Panicking;

impl<S: tracing::Subscriber> Layer<S> for Panicking {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        EVENTS.fetch_add(1, Relaxed);
        panic!("the subscriber's panic at {:?}", event.metadata().name());
    }
}

struct Probe;

#[tcp_server(port = 0, max_processes = 1, max_restarts = 0, packet = line(lf), overload = refuse, max_per_ip = 1)]
impl Probe {
    fn init(&mut self, supervisor: &Supervisor) -> Result {
        let child = ChildSpec::new("child", || async { Err::<(), _>("a child's error") });
        supervisor
            .start_child(child.restart(kai_tcp_server::Restart::Temporary))
            .map(drop)
    }

    fn handle_call(&self, data: &str) -> Result<Action, BoxError> {
        Ok(match data {
            "panic" => panic!("a call's panic"),
            "fail" => return Err("a failure".into()),
            data => reply(data.to_owned()),
        })
    }

    fn terminate(&self) -> Result<(), BoxError> {
        Err("a failure".into())
    }
}

#[tokio::test]
async fn a_subscriber_that_panics_ends_nothing() {
    let _subscribed = subscribe(tracing_subscriber::registry().with(Panicking));
    let server = start(with(Probe, Probe::OPTIONS.packet_size(10))).await.unwrap();
    let addr = server.local_addr();
    for round in 0..3 {
        for call in ["panic\n", "fail\n", "more than ten bytes\n"] {
            let mut client = Client::connect(addr).await;
            client.send(call).await;
            client.expect_gone().await;
            drop(client);
            eventually("its place is free", || server.info().curr_connections == 0).await;
        }
        let mut client = Client::connect(addr).await;
        client.call("a\n", "a\n").await;
        Client::connect(addr).await.expect_gone().await;
        drop(client);
        eventually("its place is free", || server.info().curr_connections == 0).await;
        server.set_max_processes(round + 2).unwrap();
        let options = Probe::OPTIONS
            .recv_timeout(Duration::from_secs(100 + round as u64))
            .backlog(7)
            .packet_size(10);
        assert_eq!(server.reload(options).unwrap().len(), 3);
        server.suspend(SuspendedPort::Released).unwrap();
        server.resume().await.unwrap();
        let error = server.reload(Probe::OPTIONS.max_processes(0)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Options);
        server.set_max_processes(1).unwrap();
    }
    assert_eq!(server.info().restarts, 0);
    server.stop().await;
    server.wait().await.unwrap();
    assert!(EVENTS.load(Relaxed) > 50, "{EVENTS:?}");
}

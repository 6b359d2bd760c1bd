//! The session of a connection is shown to whoever asks, between calls and at no risk to it.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::fmt;
use std::sync::Arc;

use kai_tcp_server::{Action, Inspection, Server, start, tcp_server, with};
use kai_tcp_server_tests::Client;
use tokio::sync::Semaphore;

#[derive(Debug, Default)]
struct Told {
    lines: Vec<String>,
}

/// A call to `wait` waits until it is let go.
struct Keeper {
    begun: Arc<Semaphore>,
    go: Arc<Semaphore>,
}

#[tcp_server(port = 0, packet = line(lf))]
impl Keeper {
    async fn handle_call(&self, data: &str, told: &mut Told) -> Action {
        if data == "wait" {
            self.begun.add_permits(1);
            self.go.acquire().await.unwrap().forget();
        }
        told.lines.push(data.to_owned());
        reply(data)
    }
}

async fn keeper() -> (Server, Arc<Semaphore>, Arc<Semaphore>) {
    let (begun, go) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let keeper = Keeper {
        begun: Arc::clone(&begun),
        go: Arc::clone(&go),
    };
    let server = start(with(keeper, Keeper::OPTIONS.in_memory())).await.unwrap();
    (server, begun, go)
}

async fn shown(server: &Server) -> Inspection {
    server.inspect(server.connections()[0].id).await
}

fn text(inspection: Inspection) -> String {
    match inspection {
        Inspection::Session(text) => text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_shows_its_session() {
    let (server, ..) = keeper().await;
    let mut client = Client::in_memory(&server).await;
    client.call("a\n", "a\n").await;
    assert_eq!(
        text(shown(&server).await),
        "Told {\n    lines: [\n        \"a\",\n    ],\n}"
    );
    client.call("b\n", "b\n").await;
    assert!(text(shown(&server).await).contains("\"b\""));
}

#[tokio::test(start_paused = true)]
async fn several_who_ask_at_a_time_are_all_answered() {
    let (server, ..) = keeper().await;
    let mut client = Client::in_memory(&server).await;
    client.call("a\n", "a\n").await;
    let (one, other) = tokio::join!(shown(&server), shown(&server));
    assert_eq!(text(one), text(other));
}

#[tokio::test(start_paused = true)]
async fn a_running_call_is_waited_for_and_not_interrupted() {
    let (server, begun, go) = keeper().await;
    let mut client = Client::in_memory(&server).await;
    client.send("wait\n").await;
    begun.acquire().await.unwrap().forget();
    assert_eq!(shown(&server).await, Inspection::Busy);
    // One that is asked for while the call runs is answered when it ends.
    let (answered, ()) = tokio::join!(shown(&server), async {
        tokio::task::yield_now().await;
        go.add_permits(1);
    });
    assert!(text(answered).contains("wait"));
    client.expect("wait\n").await;
    client.call("b\n", "b\n").await;
}

#[tokio::test(start_paused = true)]
async fn one_that_has_ended_or_never_was_is_gone() {
    let (server, ..) = keeper().await;
    let mut client = Client::in_memory(&server).await;
    client.call("a\n", "a\n").await;
    let id = server.connections()[0].id;
    drop(client);
    while !server.connections().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.inspect(id).await, Inspection::Gone);
    assert_eq!(server.inspect("#999999999".parse().unwrap()).await, Inspection::Gone);
}

/// A session without `Debug`.
struct Secret;

struct Silent;

#[tcp_server(port = 0, packet = line(lf))]
impl Silent {
    fn connected(&self) -> Secret {
        Secret
    }

    fn handle_call(&self, data: &[u8], _session: &mut Secret) -> Action {
        reply(data)
    }
}

struct Generic<T>(T);

#[tcp_server(port = 0, packet = line(lf))]
impl<T: Clone + fmt::Debug + Send + Sync + 'static> Generic<T> {
    fn connected(&self) -> T {
        self.0.clone()
    }

    fn handle_call(&self, data: &[u8], _session: &mut T) -> Action {
        reply(data)
    }
}

struct Unbound<T>(T);

#[tcp_server(port = 0, packet = line(lf))]
impl<T: Clone + Send + Sync + 'static> Unbound<T> {
    fn connected(&self) -> T {
        self.0.clone()
    }

    fn handle_call(&self, data: &[u8], _session: &mut T) -> Action {
        reply(data)
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_is_shown_where_its_type_is_known_to_implement_debug() {
    async fn of(server: Server) -> Inspection {
        let mut client = Client::in_memory(&server).await;
        client.call("a\n", "a\n").await;
        shown(&server).await
    }
    let options = Silent::OPTIONS.in_memory();
    assert_eq!(
        of(start(with(Silent, options)).await.unwrap()).await,
        Inspection::Opaque
    );
    let options = Generic::<u8>::OPTIONS.in_memory();
    assert_eq!(text(of(start(with(Generic(7_u8), options)).await.unwrap()).await), "7");
    let options = Unbound::<u8>::OPTIONS.in_memory();
    assert_eq!(
        of(start(with(Unbound(7_u8), options)).await.unwrap()).await,
        Inspection::Opaque
    );
}

/// A session that panics when it is shown.
struct Bad;

impl fmt::Debug for Bad {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("asked for")
    }
}

struct Fragile;

#[tcp_server(port = 0, packet = line(lf))]
impl Fragile {
    fn connected(&self) -> Bad {
        Bad
    }

    fn handle_call(&self, data: &[u8], _session: &mut Bad) -> Action {
        reply(data)
    }
}

#[tokio::test(start_paused = true)]
async fn a_debug_that_panics_harms_nothing() {
    let server = start(with(Fragile, Fragile::OPTIONS.in_memory())).await.unwrap();
    let mut client = Client::in_memory(&server).await;
    client.call("a\n", "a\n").await;
    assert_eq!(text(shown(&server).await), " (its Debug panicked)");
    client.call("b\n", "b\n").await;
}

/// Frames that never run out don't keep the question waiting: the turn of the connection ends.
#[tokio::test]
async fn a_connection_under_load_answers_too() {
    let (server, ..) = keeper().await;
    let mut stream = server.connect().await.unwrap();
    let (mut read, mut write) = tokio::io::split(&mut stream);
    let lines = "x\n".repeat(4096);
    let flood = async {
        loop {
            tokio::io::AsyncWriteExt::write_all(&mut write, lines.as_bytes())
                .await
                .unwrap();
        }
    };
    let mut replies = tokio::io::sink();
    let drain = tokio::io::copy(&mut read, &mut replies);
    let asked = async {
        while server.info().calls < 10_000 {
            tokio::task::yield_now().await;
        }
        shown(&server).await
    };
    let shown = tokio::select! {
        shown = asked => shown,
        () = flood => unreachable!(),
        _ = drain => unreachable!(),
    };
    assert!(text(shown).ends_with('…'));
}

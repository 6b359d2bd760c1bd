//! `stopping`: the protocol's goodbye to each connection when its server stops.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use kai_tcp_server::{
    Action, BRUTAL_KILL, CloseReason, Failure, INFINITY, Options, Peer, Result, Server, Socket, start, tcp_server, with,
};
use kai_tcp_server_tests::{Client, eventually, next};
use tokio::io::DuplexStream;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;

/// Reports its calls, and says the goodbye that its client chose.
struct Polite {
    events: UnboundedSender<String>,
    go: Arc<Semaphore>,
}

struct Session {
    peer: Peer,
    goodbye: String,
}

#[tcp_server(port = 0, packet = line(lf), max_processes = 10, shutdown = "10s")]
impl Polite {
    async fn connected(&self, socket: &mut Socket, peer: Peer) -> Result<Session> {
        if socket.recv().await?.as_deref() == Some(b"refuse me") {
            return Err("refused".into());
        }
        Ok(Session {
            peer,
            goodbye: "bye".to_owned(),
        })
    }

    async fn handle_call(&self, data: &str, socket: &mut Socket, session: &mut Session) -> Action {
        match data {
            "work" | "work and close" => {
                let _ = self.events.send("working".to_owned());
                self.go.acquire().await.unwrap().forget();
                if data == "work" { reply("done") } else { close("closed") }
            }
            "stop" => {
                drop(socket.server().stop());
                reply("stopping")
            }
            "flood" => reply("x".repeat(300_000)),
            data => {
                data.clone_into(&mut session.goodbye);
                reply("well")
            }
        }
    }

    async fn stopping(&self, socket: &mut Socket, session: &mut Session) -> Result<Action> {
        let _ = self.events.send(format!("asked {}", session.goodbye));
        Ok(match session.goodbye.as_str() {
            "wait" => pending().await,
            "kick" => {
                session.peer.close();
                pending().await
            }
            "fail" => return Err("failed".into()),
            "panic" => panic!("a panic"),
            "nothing" => noreply,
            "close" => close,
            "ask" => {
                socket.send("sure?").await?;
                let sure = socket.recv().await?.unwrap_or_default();
                reply(("so: ", sure))
            }
            goodbye => reply(goodbye.to_owned()),
        })
    }

    fn failed(&self, failure: &Failure) -> Action {
        reply(failure.to_string())
    }

    fn closed(&self, reason: CloseReason) {
        let _ = self.events.send(format!("{reason:?}"));
    }
}

struct Play {
    server: Server,
    go: Arc<Semaphore>,
    told: UnboundedReceiver<String>,
}

async fn play(options: Options) -> Play {
    let (events, told) = unbounded_channel();
    let go = Arc::new(Semaphore::new(0));
    let polite = Polite {
        events,
        go: Arc::clone(&go),
    };
    let server = start(with(polite, options.in_memory())).await.unwrap();
    Play { server, go, told }
}

impl Play {
    async fn client(&self) -> Client<DuplexStream> {
        let mut client = Client::in_memory(&self.server).await;
        client.send("hello\n").await;
        client
    }

    /// Connects a client that has chosen this goodbye.
    async fn client_who_wants(&self, goodbye: &str) -> Client<DuplexStream> {
        let mut client = self.client().await;
        client.call(format!("{goodbye}\n"), "well\n").await;
        client
    }

    async fn told(&mut self, event: &str) {
        assert_eq!(next(&mut self.told).await.as_deref(), Some(event));
    }
}

#[tokio::test(start_paused = true)]
async fn each_connection_is_asked_once_after_its_running_call_and_its_goodbye_is_the_last_that_is_sent() {
    let mut play = play(Polite::OPTIONS).await;
    let mut idle = play.client_who_wants("bye").await;
    let mut busy = play.client().await;
    busy.send("work\nnever\n").await;
    play.told("working").await;
    let stopping = play.server.stop();
    idle.expect("bye\n").await;
    idle.expect_eof().await;
    play.told("asked bye").await;
    play.told("Stopped").await;
    assert!(
        play.told.try_recv().is_err(),
        "whose call runs isn't asked before it is done"
    );
    play.go.add_permits(1);
    busy.expect("done\nbye\n").await;
    busy.expect_eof().await;
    play.told("asked bye").await;
    play.told("Stopped").await;
    let stopped = stopping.await;
    assert_eq!((stopped.finished, stopped.cut), (2, 0));
    play.server.stop().await;
    assert!(play.told.try_recv().is_err(), "asked once");
}

#[tokio::test(start_paused = true)]
async fn the_connection_closes_whatever_it_is_told() {
    for (goodbye, heard, reason) in [
        ("nothing", "", "Stopped"),
        ("close", "", "Stopped"),
        ("panic", "", "Panic"),
        ("fail", "a callback failed: failed\n", "Stopped"),
    ] {
        let mut play = play(Polite::OPTIONS).await;
        let mut client = play.client_who_wants(goodbye).await;
        let stopping = play.server.stop();
        client.expect(heard).await;
        client.expect_eof().await;
        play.told(&format!("asked {goodbye}")).await;
        play.told(reason).await;
        let stopped = stopping.await;
        assert_eq!((stopped.finished, stopped.cut), (1, 0), "{goodbye}");
    }
}

#[tokio::test(start_paused = true)]
async fn it_may_speak_with_the_peer_within_shutdown_and_is_cut_when_that_is_over() {
    let mut play = play(Polite::OPTIONS).await;
    let mut asked = play.client_who_wants("ask").await;
    let mut waits = play.client_who_wants("wait").await;
    let begin = Instant::now();
    let stopping = play.server.stop();
    asked.call("yes\n", "sure?\nso: yes\n").await;
    asked.expect_eof().await;
    waits.expect_eof().await;
    let stopped = stopping.await;
    assert_eq!((stopped.finished, stopped.cut), (1, 1));
    assert_eq!(begin.elapsed().as_secs(), 10);
    let mut events = Vec::new();
    for _ in 0..4 {
        events.extend(next(&mut play.told).await);
    }
    events.sort();
    assert_eq!(events, ["Stopped", "Stopped", "asked ask", "asked wait"]);
}

#[tokio::test(start_paused = true)]
async fn call_timeout_and_close_timeout_hold_for_it_too() {
    let limit = Duration::from_secs(2);
    let unbounded = Polite::OPTIONS.shutdown(INFINITY);
    // `failed` answers in the time that is left.
    let answer = "a callback failed: stopping took longer than call_timeout 2s\n";
    for (options, answer) in [
        (unbounded.call_timeout(limit), answer),
        (unbounded.close_timeout(limit), ""),
    ] {
        let mut play = play(options).await;
        let mut client = play.client_who_wants("wait").await;
        let begin = Instant::now();
        let stopping = play.server.stop();
        play.told("asked wait").await;
        client.expect(answer).await;
        play.told("Stopped").await;
        assert_eq!(begin.elapsed(), limit);
        client.expect_eof().await;
        stopping.await;
    }
}

#[tokio::test(start_paused = true)]
async fn whose_call_is_cut_is_not_asked() {
    for shutdown in [BRUTAL_KILL, Duration::from_secs(1)] {
        let mut play = play(Polite::OPTIONS.shutdown(shutdown)).await;
        let mut client = play.client().await;
        client.send("work\n").await;
        play.told("working").await;
        assert_eq!(play.server.stop().await.cut, 1);
        client.expect_eof().await;
        play.told("Stopped").await;
        assert_eq!(next(&mut play.told).await, None);
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_kicked_meanwhile_is_cut() {
    let mut play = play(Polite::OPTIONS.shutdown(INFINITY)).await;
    let mut client = play.client_who_wants("kick").await;
    play.server.stop().await;
    client.expect_eof().await;
    play.told("asked kick").await;
    play.told("Kicked").await;
}

#[tokio::test(start_paused = true)]
async fn who_has_no_session_or_was_kicked_or_is_closed_by_its_last_call_is_not_asked() {
    let mut play = play(Polite::OPTIONS.shutdown(INFINITY)).await;
    // Its `connected` waits for a line.
    let mut greeted = Client::in_memory(&play.server).await;
    eventually("it is served", || play.server.info().curr_connections == 1).await;
    let mut kicked = play.client_who_wants("bye").await;
    let mut last = play.client().await;
    last.send("work and close\n").await;
    play.told("working").await;
    let id = play.server.connections()[1].id;
    assert!(play.server.close(id));
    let stopping = play.server.stop();
    kicked.expect_eof().await;
    play.told("Kicked").await;
    play.go.add_permits(1);
    last.expect("closed\n").await;
    last.expect_eof().await;
    play.told("Handler").await;
    greeted.send("refuse me\n").await;
    greeted.expect_eof().await;
    stopping.await;
    assert_eq!(next(&mut play.told).await.as_deref(), None);
}

#[tokio::test(start_paused = true)]
async fn the_callback_that_stops_its_server_has_its_goodbye_after_its_reply() {
    let mut play = play(Polite::OPTIONS).await;
    let mut client = play.client().await;
    client.call("stop\nnever\n", "stopping\nbye\n").await;
    client.expect_eof().await;
    play.told("asked bye").await;
    play.told("Stopped").await;
}

#[tokio::test(start_paused = true)]
async fn it_comes_behind_all_that_was_replied_to_a_peer_that_reads_slowly() {
    let play = play(Polite::OPTIONS).await;
    let mut client = play.client().await;
    client.send("flood\n").await;
    // The reply is so long that it can't all have gone out.
    client.expect("x".repeat(100)).await;
    let stopping = play.server.stop();
    let rest = client.rest().await;
    assert!(rest.ends_with(b"x\nbye\n"), "{} bytes", rest.len());
    assert_eq!(rest.len(), 300_000 - 100 + 1 + 4);
    assert_eq!(stopping.await.finished, 1);
}

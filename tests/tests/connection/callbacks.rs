//! The callbacks: which are called and how often, and the effect of their errors and panics.
//!
//! Longer than other files, as all callbacks share one server that records them.

#![allow(clippy::unused_self, clippy::trivially_copy_pass_by_ref, clippy::unused_async)] // a callback's signature is given

use std::io;
use std::sync::Arc;
use std::time::Duration;

use kai_tcp_server::{
    Action, ChildSpec, CloseReason, ErrorKind, ExitReason, Failure, Options, Peer, Server, Socket, Supervisor, start,
    tcp_server, whereis, with,
};
use kai_tcp_server_tests::{Client, eventually, next};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

type Events = UnboundedSender<String>;

/// Checks that these are the next events, in this order.
async fn told(events: &mut UnboundedReceiver<String>, expected: &[&str]) {
    for expected in expected {
        assert_eq!(next(events).await.as_deref(), Some(*expected));
    }
}

/// Reports its drop.
struct Child(Events);

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.0.send("child ended".to_owned());
    }
}

enum Init {
    Well,
    Fails,
    Panics,
    Waits,
}

struct Starting {
    events: Events,
    init: Init,
}

#[tcp_server(port = 0, name = "starting")]
impl Starting {
    async fn init(&mut self, supervisor: &Supervisor) -> Result<(), io::Error> {
        let events = self.events.clone();
        let child = ChildSpec::new("helper", move || {
            let events = events.clone();
            async move {
                let _child = Child(events.clone());
                events.send("child runs".to_owned()).unwrap();
                std::future::pending::<()>().await;
            }
        });
        supervisor.start_child(child).map_err(io::Error::other)?;
        match self.init {
            Init::Well => {}
            Init::Fails => return Err(io::Error::other("no such table")),
            Init::Panics => panic!("as asked for"),
            Init::Waits => {
                self.events.send("init waits".to_owned()).unwrap();
                std::future::pending::<()>().await;
            }
        }
        Ok(())
    }

    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }

    fn terminate(&self, reason: &ExitReason) {
        self.events.send(format!("terminate {reason:?}")).unwrap();
    }
}

fn starting(init: Init) -> (Starting, UnboundedReceiver<String>) {
    let (events, receiver) = unbounded_channel();
    (Starting { events, init }, receiver)
}

/// The two run in sequence, because they share a name.
#[tokio::test]
async fn a_start_that_does_not_come_to_its_end_leaves_nothing_behind() {
    for (init, why) in [(Init::Fails, "no such table"), (Init::Panics, "panicked")] {
        let (server, mut events) = starting(init);
        let error = start(server).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Init);
        assert!(format!("{error:?}").contains(why), "{error:?}");
        // A child that never ran has no end.
        while next(&mut events).await.is_some() {}
        assert!(whereis("starting").is_none());
    }

    // Its future is dropped in the middle of `init`.
    let (server, mut events) = starting(Init::Waits);
    {
        let starting = start(server);
        tokio::select! {
            _ = starting => unreachable!(),
            () = told(&mut events, &["init waits", "child runs"]) => {}
        }
    }
    told(&mut events, &["child ended"]).await;
    assert_eq!(
        next(&mut events).await,
        None,
        "and so did everything that holds the channel"
    );

    // Its port is taken: `init` has run, and what it started ends.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (server, mut events) = starting(Init::Well);
    let options = Starting::OPTIONS.port(port.local_addr().unwrap().port());
    let error = start(with(server, options)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Listen);
    while next(&mut events).await.is_some() {}

    // The name is free, `init` runs before the port opens, and the children of `init` live as long
    // as the server.
    let (server, mut events) = starting(Init::Well);
    let server = start(server).await.unwrap();
    told(&mut events, &["child runs"]).await;
    assert_eq!(
        server.tree().to_string(),
        format!(
            "starting on {}\n├── helper\n├── monitor: 0 connected\n└── 1 idle acceptor",
            server.local_addr()
        )
    );
    server.stop().await;
    told(&mut events, &["child ended", "terminate Stopped"]).await;
    drop(server);
    assert_eq!(
        next(&mut events).await,
        None,
        "nothing holds the server's state any more"
    );
}

/// Fails as its lines say.
struct Failing(Events);

#[tcp_server(port = 0, packet = line(lf), packet_size = 100, max_processes = 1, recv_timeout = "10s")]
impl Failing {
    fn handle_call(&self, data: &str, calls: &mut u32) -> Result<Action, io::Error> {
        *calls += 1;
        Ok(match data {
            "go on" | "say" | "end" | "fail again" | "panic again" => {
                return Err(io::Error::other(data.to_owned()));
            }
            data => reply(format!("{data} {calls}")),
        })
    }

    fn failed(&self, failure: &Failure, calls: &mut u32) -> Result<Action, io::Error> {
        let text = failure.to_string();
        self.0.send(text.clone()).unwrap();
        let Failure::Call(error) = failure else {
            return Ok(reply(text));
        };
        Ok(match error.to_string().as_str() {
            "go on" => noreply,
            "say" => reply(format_args!("{error} after {calls}")),
            "fail again" => return Err(io::Error::other("again")),
            "panic again" => panic!("as asked for"),
            _ => close("that was it"),
        })
    }

    fn closed(&self, calls: u32, reason: CloseReason) {
        self.0.send(format!("closed {reason:?} {calls}")).unwrap();
    }
}

async fn failing(options: Options) -> (Server, UnboundedReceiver<String>) {
    let (events, told) = unbounded_channel();
    (start(with(Failing(events), options)).await.unwrap(), told)
}

#[tokio::test]
async fn after_an_error_of_a_call_failed_says_whether_the_connection_goes_on() {
    let (server, mut events) = failing(Failing::OPTIONS).await;
    let mut client = Client::connect(server.local_addr()).await;
    client
        .call("a\ngo on\nb\nsay\nc\n", "a 1\nb 3\nsay after 4\nc 5\n")
        .await;
    client.call("end\nnever\n", "that was it\n").await;
    client.expect_eof().await;
    told(
        &mut events,
        &[
            "a callback failed: go on",
            "a callback failed: say",
            "a callback failed: end",
            "closed Call 6",
        ],
    )
    .await;
}

#[tokio::test]
async fn an_error_or_a_panic_of_failed_closes_the_connection_and_asks_nobody_again() {
    let (server, mut events) = failing(Failing::OPTIONS).await;
    for (line, reason) in [("fail again", "closed Call 2"), ("panic again", "closed Panic 2")] {
        let mut client = Client::connect(server.local_addr()).await;
        client.call(format!("a\n{line}\nnever\n"), "a 1\n").await;
        client.expect_eof().await;
        told(&mut events, &[&format!("a callback failed: {line}"), reason]).await;
    }
    assert_eq!(server.info().restarts, 0);
}

#[tokio::test]
async fn after_a_frame_that_is_not_utf8_a_reply_lets_the_connection_go_on() {
    let (server, mut events) = failing(Failing::OPTIONS).await;
    let mut client = Client::connect(server.local_addr()).await;
    client.call(b"\xff\nb\n", "the frame is not UTF-8\nb 1\n").await;
    told(&mut events, &["the frame is not UTF-8"]).await;
}

#[tokio::test]
async fn after_a_frame_that_is_too_long_a_reply_is_sent_and_the_connection_closes() {
    let (server, mut events) = failing(Failing::OPTIONS).await;
    let mut client = Client::connect(server.local_addr()).await;
    client.send("a\n").await;
    client.send("b".repeat(101)).await;
    client.expect("a 1\na frame exceeds packet_size\n").await;
    client.expect_eof().await;
    told(&mut events, &["a frame exceeds packet_size", "closed TooLong 1"]).await;
}

#[tokio::test(start_paused = true)]
async fn after_a_timeout_a_reply_lets_the_connection_go_on() {
    let (server, mut events) = failing(Failing::OPTIONS.in_memory()).await;
    let mut client = Client::in_memory(&server).await;
    client.expect("no whole frame came in time\n").await;
    client.call("a\n", "a 1\n").await;
    told(&mut events, &["no whole frame came in time"]).await;
}

/// Panics where its lines say.
struct Panicking(Events, Arc<Semaphore>);

struct Guest {
    peer: Peer<&'static str>,
}

#[tcp_server(port = 0, packet = line(lf), max_processes = 1)]
impl Panicking {
    async fn connected(&self, socket: &mut Socket, peer: Peer<&'static str>) -> kai_tcp_server::Result<Guest> {
        socket.send("who?").await?;
        match socket.recv().await?.as_deref() {
            Some(b"panic") => panic!("connected"),
            Some(b"fail") => Err("connected".into()),
            _ => Ok(Guest { peer }),
        }
    }

    async fn handle_call(&self, data: &[u8], guest: &mut Guest) -> Action {
        match data {
            b"panic" => panic!("handle_call"),
            b"panic later" => {
                tokio::task::yield_now().await;
                panic!("handle_call")
            }
            b"tell panic" => {
                guest.peer.send("panic").unwrap();
                reply("told")
            }
            data => reply(data),
        }
    }

    fn handle_info(&self, message: &'static str) -> Action {
        panic!("handle_info {message}")
    }

    async fn closed(&self, guest: Guest, reason: CloseReason) {
        self.0.send(format!("closed {reason:?}")).unwrap();
        assert!(guest.peer.is_gone(), "it has ended");
        self.1.acquire().await.unwrap().forget();
        panic!("closed")
    }

    fn terminate(&self) {
        self.0.send("terminate".to_owned()).unwrap();
        panic!("terminate")
    }
}

#[tokio::test]
async fn a_panic_of_any_callback_ends_that_connection_and_nothing_else() {
    let (sender, mut events) = unbounded_channel();
    let server = start(Panicking(sender, Arc::new(Semaphore::new(100)))).await.unwrap();
    for lines in ["x\na\npanic\n", "x\na\npanic later\n", "x\na\ntell panic\n"] {
        let mut client = Client::connect(server.local_addr()).await;
        client.call(lines, "who?\na\n").await;
        if lines.contains("tell") {
            client.expect("told\n").await;
        }
        client.expect_eof().await;
        told(&mut events, &["closed Panic"]).await;
    }
    // Without a session `closed` isn't called.
    for line in ["panic\n", "fail\n"] {
        let mut client = Client::connect(server.local_addr()).await;
        client.call(line, "who?\n").await;
        client.expect_eof().await;
    }
    let mut client = Client::connect(server.local_addr()).await;
    client.call("x\na\n", "who?\na\n").await;
    drop(client);
    told(&mut events, &["closed Peer"]).await;
    assert_eq!(server.info().restarts, 0, "the one acceptor survived all of it");
    server.stop().await;
    server.wait().await.unwrap();
    told(&mut events, &["terminate"]).await;
    drop(server);
    assert_eq!(next(&mut events).await, None);
}

/// Ends in each possible way, and counts.
struct Ends {
    events: Events,
    go: Semaphore,
}

#[tcp_server(port = 0, packet = line(lf), packet_size = 100, recv_timeout = "10s", max_processes = 1, shutdown = "1s")]
impl Ends {
    fn connected(&self, socket: &mut Socket) -> Server {
        socket.server().clone()
    }

    async fn handle_call(&self, data: &str, socket: &mut Socket, server: &mut Server) -> Result<Action, io::Error> {
        Ok(match data {
            "close" => close,
            "fail" => return Err(io::Error::other("as asked for")),
            "panic" => panic!("as asked for"),
            "kick" => {
                server.close(socket.id());
                reply("kicked")
            }
            "kick and wait" => {
                server.close(socket.id());
                self.go.acquire().await.unwrap().forget();
                reply("never")
            }
            "stop" => {
                drop(server.stop());
                reply("stopping")
            }
            data => reply(data.to_owned()),
        })
    }

    fn closed(&self, _server: Server, reason: CloseReason) {
        self.events.send(format!("{reason:?}")).unwrap();
    }

    fn terminate(&self, reason: &ExitReason) {
        self.events.send(format!("terminate {reason:?}")).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn closed_is_told_exactly_once_whatever_the_cause() {
    let (events, mut ends) = unbounded_channel();
    let go = Semaphore::new(0);
    let server = start(with(Ends { events, go }, Ends::OPTIONS.in_memory()))
        .await
        .unwrap();
    let long = "x".repeat(101);
    let causes: [(&[u8], &str, CloseReason); 9] = [
        (b"close\n", "", CloseReason::Handler),
        (b"fail\n", "", CloseReason::Call),
        (b"panic\n", "", CloseReason::Panic),
        (b"\xff\n", "", CloseReason::NotUtf8),
        (long.as_bytes(), "", CloseReason::TooLong),
        (b"half", "", CloseReason::Timeout),
        (b"kick\n", "kicked\n", CloseReason::Kicked),
        (b"kick and wait\n", "", CloseReason::Kicked),
        (b"stop\n", "stopping\n", CloseReason::Stopped),
    ];
    for (lines, replies, reason) in causes {
        let mut client = Client::in_memory(&server).await;
        client.call("a\n", "a\n").await;
        client.call(lines, replies).await;
        client.expect_eof().await;
        told(&mut ends, &[&format!("{reason:?}")]).await;
    }
    server.wait().await.unwrap();
    told(&mut ends, &["terminate Stopped"]).await;
    drop(server);
    // The channel ends with the server, and holds no further event.
    assert_eq!(next(&mut ends).await, None);
}

#[tokio::test]
async fn a_call_that_is_killed_with_its_acceptor_is_told_closed_once_though_closed_waits() {
    let (events, mut ends) = unbounded_channel();
    let go = Arc::new(Semaphore::new(0));
    let server = start(Panicking(events, Arc::clone(&go))).await.unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    client.call("x\na\n", "who?\na\n").await;
    assert!(kai_tcp_server::__private::kill_acceptor(&server, 1));
    client.expect_gone().await;
    told(&mut ends, &["closed Stopped"]).await;
    // The rest of `closed` continues, and ends.
    go.add_permits(1);
    eventually("it has taken its permit", || go.available_permits() == 0).await;
    server.stop().await;
    told(&mut ends, &["terminate"]).await;
    drop(server);
    assert_eq!(next(&mut ends).await, None);
}

/// Greets, then talks to a peer that it remembers.
struct Greeter;

#[tcp_server(port = 0, packet = line(lf))]
impl Greeter {
    async fn connected(&self, socket: &mut Socket, peer: Peer) -> kai_tcp_server::Result<Vec<String>> {
        socket.send(format!("welcome {}", peer.addr())).await?;
        Ok(Vec::new())
    }

    fn handle_call(&self, data: &str, said: &mut Vec<String>) -> Action {
        said.push(data.to_owned());
        reply(said.join(" "))
    }
}

#[tokio::test]
async fn connected_may_greet_and_its_session_is_its_own() {
    let server = start(Greeter).await.unwrap();
    let mut first = Client::connect(server.local_addr()).await;
    first.expect(format!("welcome {}\n", first.local_addr())).await;
    let mut second = Client::connect(server.local_addr()).await;
    second.expect(format!("welcome {}\n", second.local_addr())).await;
    first.call("a\n", "a\n").await;
    second.call("b\n", "b\n").await;
    first.call("c\n", "a c\n").await;
    second.call("d\n", "b d\n").await;
}

#[tokio::test(start_paused = true)]
async fn a_server_value_is_dropped_when_the_server_has_ended_and_its_handles_are_gone() {
    let (events, mut ends) = unbounded_channel();
    let go = Semaphore::new(0);
    let server = start(with(Ends { events, go }, Ends::OPTIONS.in_memory()))
        .await
        .unwrap();
    let client = server.connect().await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    server.stop().await;
    drop(client);
    told(&mut ends, &["Stopped", "terminate Stopped"]).await;
    // Even while the test keeps a handle.
    assert_eq!(next(&mut ends).await, None);
    assert_eq!(server.info().accepted, 1);
}

//! Acceptors: they bound the connections at a time, whatever happens to the connections.

#![allow(clippy::unused_self, clippy::trivially_copy_pass_by_ref)] // a callback's signature is given

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use kai_tcp_server::__private::kill_acceptor;
use kai_tcp_server::{Action, CloseReason, ErrorKind, ExitReason, Options, Server, Socket, start, tcp_server, with};
use kai_tcp_server_tests::{Client, eventually, next};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// The present connections, their peak, and those that began and ended.
#[derive(Default)]
struct Count {
    now: AtomicUsize,
    peak: AtomicUsize,
    began: AtomicUsize,
    ended: AtomicUsize,
}

struct Counting(Arc<Count>);

#[tcp_server(port = 0, max_processes = 2)]
impl Counting {
    fn connected(&self) {
        let now = self.0.now.fetch_add(1, SeqCst) + 1;
        self.0.peak.fetch_max(now, SeqCst);
        self.0.began.fetch_add(1, SeqCst);
    }

    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }

    fn closed(&self) {
        self.0.now.fetch_sub(1, SeqCst);
        self.0.ended.fetch_add(1, SeqCst);
    }
}

async fn counting(options: Options) -> (Server, Arc<Count>) {
    let count = Arc::new(Count::default());
    (start(with(Counting(Arc::clone(&count)), options)).await.unwrap(), count)
}

/// Connects a client with a line. A client that connects later waits behind it.
async fn caller(server: &Server, line: &str) -> Client {
    let mut client = Client::connect(server.local_addr()).await;
    client.send(line).await;
    client
}

#[tokio::test]
async fn two_processes_serve_exactly_two_and_the_third_when_one_leaves() {
    let (server, count) = counting(Counting::OPTIONS).await;
    let mut first = Client::connect(server.local_addr()).await;
    first.call("hello\n", "hello\n").await;
    let mut second = Client::connect(server.local_addr()).await;
    second.call("hello\n", "hello\n").await;
    for n in 0..1000 {
        let mut third = caller(&server, "third\n").await;
        second.call("still\n", "still\n").await;
        assert_eq!(
            (server.info().curr_connections, count.began.load(SeqCst)),
            (2, n + 2),
            "the third waits"
        );
        drop(first);
        third.expect("third\n").await;
        (first, second) = (second, third);
    }
    assert_eq!(count.peak.load(SeqCst), 2);
    assert_eq!(server.info().restarts, 0);
}

#[tokio::test]
async fn who_waits_is_served_first_come_first_served_with_what_it_sent_meanwhile() {
    let (server, _) = counting(Counting::OPTIONS.max_processes(1)).await;
    let mut first = Client::connect(server.local_addr()).await;
    first.call("hello\n", "hello\n").await;
    let mut waiting = VecDeque::new();
    for n in 0..20 {
        waiting.push_back(caller(&server, &format!("{n}\n")).await);
    }
    drop(first);
    for n in 0..20 {
        let mut next = waiting.pop_front().unwrap();
        next.expect(format!("{n}\n")).await;
        assert_eq!(server.info().accepted, n + 2, "nobody else was let in before");
    }
}

#[tokio::test]
async fn acceptors_are_started_as_they_are_needed() {
    let (server, _) = counting(Counting::OPTIONS.max_processes(100_000)).await;
    let addr = server.local_addr();
    assert_eq!(
        server.tree().to_string(),
        format!("Counting on {addr}\n├── monitor: 0 connected\n└── 1 idle acceptor")
    );
    let mut clients = Vec::new();
    for _ in 0..5 {
        let mut client = Client::connect(addr).await;
        client.call("hello\n", "hello\n").await;
        clients.push(client);
    }
    assert_eq!(server.tree().children.len(), 1 + 5 + 1, "{}", server.tree());
    assert!(
        server.tree().to_string().ends_with("└── 1 idle acceptor"),
        "{}",
        server.tree()
    );
    drop(clients);
    eventually("six are idle", || {
        server.tree().to_string().ends_with("connected\n└── 6 idle acceptors")
    })
    .await;
}

/// Greets when the test allows it.
struct Shy(Semaphore);

#[tcp_server(port = 0, max_processes = 2)]
impl Shy {
    async fn connected(&self, socket: &mut Socket) -> kai_tcp_server::Result {
        if socket.recv().await?.as_deref() == Some(b"wait\n") {
            self.0.acquire().await.unwrap().forget();
        }
        socket.send("welcome\n").await
    }

    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

#[tokio::test]
async fn the_next_is_accepted_before_this_one_is_greeted() {
    let server = start(Shy(Semaphore::new(0))).await.unwrap();
    let mut slow = caller(&server, "wait\n").await;
    let mut quick = caller(&server, "go\n").await;
    quick.expect("welcome\n").await;
    let shy_one_waits = server.info().curr_connections;
    assert_eq!(shy_one_waits, 2);
    drop(quick);
    // The waiting client has never got a word, and is still there.
    assert!(server.close(server.connections()[0].id));
    slow.expect_gone().await;
}

#[tokio::test]
async fn one_whose_greeting_never_ends_delays_nobody_who_comes_after_it() {
    let server = start(Shy(Semaphore::new(0))).await.unwrap();
    let mut slow = caller(&server, "wait\n").await;
    eventually("it is accepted", || server.info().curr_connections == 1).await;
    for _ in 0..100 {
        let mut quick = caller(&server, "go\n").await;
        quick.expect("welcome\n").await;
        quick.half_close().await;
        quick.expect_eof().await;
    }
    assert!(server.close(server.connections()[0].id));
    slow.expect_gone().await;
}

/// Talks over one connection after another until `stop` is set; returns the number of answered
/// calls.
async fn talk(server: Server, stop: Arc<AtomicBool>) -> usize {
    let mut answered = 0;
    while !stop.load(SeqCst) {
        let Ok(mut stream) = TcpStream::connect(server.local_addr()).await else {
            continue;
        };
        for _ in 0..3 {
            let mut answer = [0; 6];
            if stream.write_all(b"hello\n").await.is_err() || stream.read_exact(&mut answer).await.is_err() {
                break;
            }
            assert_eq!(&answer, b"hello\n");
            answered += 1;
        }
    }
    answered
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acceptors_killed_by_the_hundred_are_all_back_and_every_connection_is_told_its_end_once() {
    const PROCESSES: usize = 4;
    let options = Counting::OPTIONS.max_processes(PROCESSES).max_restarts(10_000);
    let (server, count) = counting(options).await;
    let stop = Arc::new(AtomicBool::new(false));
    let talkers: Vec<_> = (0..PROCESSES * 2)
        .map(|_| tokio::spawn(talk(server.clone(), Arc::clone(&stop))))
        .collect();
    let mut kills = 0;
    while kills < 400 {
        for number in 1..=PROCESSES {
            kills += u64::from(kill_acceptor(&server, number));
        }
        // The server serves clients between the kills.
        let calls = server.info().calls;
        eventually("a client is served", || server.info().calls > calls).await;
    }
    stop.store(true, SeqCst);
    // No client is stuck behind an acceptor that didn't restart.
    let mut answered = 0;
    for talker in talkers {
        answered += talker.await.unwrap();
    }
    assert!(answered > 0, "clients were served meanwhile");
    eventually("all have left", || server.info().curr_connections == 0).await;
    assert!(count.peak.load(SeqCst) <= PROCESSES);
    assert_eq!(count.began.load(SeqCst), count.ended.load(SeqCst));
    assert_eq!(count.now.load(SeqCst), 0);
    // A kill of an already aborted acceptor counts, so there may be fewer restarts than kills.
    let restarts = server.info().restarts;
    assert!(
        restarts > 0 && restarts <= kills,
        "{restarts} restarts after {kills} kills"
    );

    // The server serves as many at a time as before.
    let mut clients = Vec::new();
    for _ in 0..PROCESSES {
        let mut client = Client::connect(server.local_addr()).await;
        client.call("hello\n", "hello\n").await;
        clients.push(client);
    }
    assert_eq!(server.info().curr_connections, PROCESSES);
}

#[tokio::test]
async fn a_killed_acceptor_loses_its_client_alone_and_comes_back_under_its_name() {
    let (server, count) = counting(Counting::OPTIONS).await;
    let mut first = Client::connect(server.local_addr()).await;
    first.call("hello\n", "hello\n").await;
    let mut second = Client::connect(server.local_addr()).await;
    second.call("hello\n", "hello\n").await;
    let tree = server.tree().to_string();
    assert!(
        tree.contains("acceptor_1 serves") && tree.contains("acceptor_2 serves"),
        "{tree}"
    );

    assert!(kill_acceptor(&server, 1));
    first.expect_gone().await;
    second.call("hello\n", "hello\n").await;
    eventually("the counter is corrected", || server.info().curr_connections == 1).await;
    assert_eq!(count.ended.load(SeqCst), 1);
    eventually("it is restarted", || server.info().restarts == 1).await;

    let mut next = Client::connect(server.local_addr()).await;
    next.call("hello\n", "hello\n").await;
    assert!(
        server.tree().to_string().contains("acceptor_1 serves"),
        "{}",
        server.tree()
    );
    assert!(!kill_acceptor(&server, 3), "there is none");
}

#[tokio::test]
async fn an_idle_acceptor_that_is_killed_gives_its_place_to_the_next() {
    let (server, _) = counting(Counting::OPTIONS.max_restarts(10)).await;
    for _ in 0..5 {
        // The leading acceptor is one of these.
        kill_acceptor(&server, 1);
        kill_acceptor(&server, 2);
        let mut client = Client::connect(server.local_addr()).await;
        client.call("hello\n", "hello\n").await;
    }
}

#[tokio::test]
async fn restarts_are_told_also_of_a_server_that_has_ended() {
    let (server, _) = counting(Counting::OPTIONS.max_restarts(10)).await;
    assert!(kill_acceptor(&server, 1));
    eventually("it is restarted", || server.info().restarts == 1).await;
    server.stop().await;
    assert_eq!(server.info().restarts, 1);
}

struct Ending(UnboundedSender<String>);

#[tcp_server(port = 0, max_processes = 2, name = "ending")]
impl Ending {
    fn connected(&self) {}

    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }

    fn closed(&self, reason: CloseReason) {
        self.0.send(format!("closed: {reason:?}")).unwrap();
    }

    fn terminate(&self, reason: &ExitReason) {
        self.0.send(format!("terminate: {reason:?}")).unwrap();
    }
}

#[tokio::test]
async fn one_kill_more_than_max_restarts_ends_the_server_with_that_reason() {
    let (sender, mut events) = unbounded_channel();
    let server = start(with(Ending(sender), Ending::OPTIONS.max_restarts(3)))
        .await
        .unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    client.call("hello\n", "hello\n").await;
    for restarts in 1..=3 {
        assert!(kill_acceptor(&server, 2));
        eventually("it is restarted", || server.info().restarts == restarts).await;
    }
    client.call("hello\n", "hello\n").await;
    assert!(kill_acceptor(&server, 2));

    let error = server.wait().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RestartIntensity);
    assert!(error.to_string().contains("more than 3 restarts within 60s"), "{error}");
    client.expect_gone().await;
    assert_eq!(next(&mut events).await.unwrap(), "closed: Stopped");
    assert_eq!(next(&mut events).await.unwrap(), "terminate: RestartIntensity");
    let refused = TcpStream::connect(server.local_addr()).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    assert!(kai_tcp_server::whereis("ending").is_none(), "the name is free again");
    assert_eq!(server.stop().await, server.stop().await);
}

#[tokio::test]
async fn with_max_restarts_0_the_first_kill_ends_the_server() {
    let (server, _) = counting(Counting::OPTIONS.in_memory().max_restarts(0)).await;
    assert!(kill_acceptor(&server, 1));
    assert_eq!(server.wait().await.unwrap_err().kind(), ErrorKind::RestartIntensity);
    assert_eq!(server.connect().await.unwrap_err().kind(), ErrorKind::NotRunning);
}

#[tokio::test(start_paused = true)]
async fn restarts_count_for_restart_period_and_no_longer() {
    let options = Counting::OPTIONS.in_memory().restart_period(Duration::from_secs(10));
    let (server, _) = counting(options).await;
    for restarts in 1..=12 {
        assert!(kill_acceptor(&server, 1));
        eventually("it is restarted", || server.info().restarts == restarts).await;
        tokio::time::advance(Duration::from_secs(4)).await;
    }
    for _ in 0..3 {
        kill_acceptor(&server, 1);
        tokio::time::advance(Duration::from_millis(10)).await;
    }
    assert_eq!(server.wait().await.unwrap_err().kind(), ErrorKind::RestartIntensity);
}

//! `max_processes` is exact, whatever happens to the acceptors, and while it changes.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use kai_tcp_server::__private::kill_acceptor;
use kai_tcp_server::{Action, ErrorKind, OptionSource, Options, Server, start, tcp_server, with};
use kai_tcp_server_tests::{Client, come_and_go, eventually};
use tokio::task::JoinHandle;

/// The connections at a time, and their peak. They share one lock, so that no peak is from before a
/// reset.
#[derive(Clone, Copy, Default)]
struct Count {
    now: usize,
    peak: usize,
}

impl Count {
    fn is(&mut self, now: usize) {
        self.now = now;
        self.peak = self.peak.max(now);
    }
}

type Shared = Arc<Mutex<Count>>;

fn of(count: &Shared) -> Count {
    *count.lock().unwrap()
}

struct Counting(Shared);

#[tcp_server(port = 0, packet = line(lf), max_processes = 2)]
impl Counting {
    fn connected(&self) {
        let mut count = self.0.lock().unwrap();
        let now = count.now + 1;
        count.is(now);
    }

    async fn handle_call(&self, data: &str) -> Action {
        match data {
            "panic" => panic!("asked for"),
            "yield" => {
                tokio::task::yield_now().await;
                reply("yielded")
            }
            data => reply(data.to_owned()),
        }
    }

    fn closed(&self) {
        self.0.lock().unwrap().now -= 1;
    }
}

async fn counting(options: Options) -> (Server, Shared) {
    let count = Shared::default();
    (start(with(Counting(Arc::clone(&count)), options)).await.unwrap(), count)
}

async fn served(server: &Server) -> Client {
    let mut client = Client::connect(server.local_addr()).await;
    client.call("hello\n", "hello\n").await;
    client
}

/// Connects a client that waits. A client that connects later waits behind it.
async fn waiting(server: &Server) -> Client {
    let mut client = Client::connect(server.local_addr()).await;
    client.send("hello\n").await;
    client
}

/// Clients that come and go, some by a panic, and a task that watches their number from outside.
struct Churn {
    stop: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<()>>,
    seen: Shared,
}

impl Churn {
    fn begin(server: &Server, clients: usize) -> Self {
        let (stop, seen) = (Arc::new(AtomicBool::new(false)), Shared::default());
        let mut tasks: Vec<_> = (0..clients)
            .map(|n| tokio::spawn(come_and_go(server.local_addr(), Arc::clone(&stop), n)))
            .collect();
        let (server, over, count) = (server.clone(), Arc::clone(&stop), Arc::clone(&seen));
        tasks.push(tokio::spawn(async move {
            while !over.load(SeqCst) {
                look(&count, &server);
                tokio::task::yield_now().await;
            }
        }));
        Churn { stop, tasks, seen }
    }

    async fn end(self) {
        self.stop.store(true, SeqCst);
        for task in self.tasks {
            task.await.unwrap();
        }
    }
}

fn look(count: &Shared, server: &Server) {
    let mut count = count.lock().unwrap();
    count.is(server.info().curr_connections);
}

/// Waits until this many more connections were accepted.
async fn accepts(server: &Server, more: u64) {
    let before = server.info().accepted;
    eventually("clients are served", || server.info().accepted >= before + more).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_holds_under_churn_panics_and_killed_acceptors() {
    const MAX: usize = 3;
    let (server, count) = counting(Counting::OPTIONS.max_processes(MAX).max_restarts(100_000)).await;
    let churn = Churn::begin(&server, 8);
    for n in 0..300 {
        kill_acceptor(&server, n % MAX + 1);
        accepts(&server, 1).await;
    }
    let seen = Arc::clone(&churn.seen);
    churn.end().await;
    eventually("all have left", || server.info().curr_connections == 0).await;
    let (inside, outside) = (of(&count), of(&seen));
    assert_eq!((inside.peak, inside.now), (MAX, 0));
    assert!(outside.peak <= MAX, "{} were seen from outside", outside.peak);
    assert!(server.info().restarts > 0);
    let clients = [served(&server).await, served(&server).await, served(&server).await];
    assert_eq!(server.info().curr_connections, clients.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_holds_while_it_changes() {
    let (server, count) = counting(Counting::OPTIONS.max_restarts(100_000)).await;
    let churn = Churn::begin(&server, 10);
    for max in [6, 1, 4, 3, 8, 2, 1, 5].repeat(4) {
        server.set_max_processes(max).unwrap();
        assert_eq!(server.info().max_processes, max);
        // The earlier ones, 8 at most, continue, and some of them may not be counted yet. One more
        // means that a new connection was accepted under the present maximum.
        accepts(&server, 8 + 1).await;
        for count in [&count, &churn.seen] {
            count.lock().unwrap().peak = 0;
        }
        for number in 1..=2 {
            kill_acceptor(&server, number);
            accepts(&server, 20).await;
        }
        let (inside, outside) = (of(&count).peak, of(&churn.seen).peak);
        assert!(inside <= max && outside <= max, "{inside} and {outside} with {max}");
    }
    churn.end().await;
    // The server serves as many as it may.
    server.set_max_processes(4).unwrap();
    eventually("all have left", || server.info().curr_connections == 0).await;
    let mut clients = Vec::new();
    for _ in 0..4 {
        clients.push(served(&server).await);
    }
    let fifth = waiting(&server).await;
    clients[0].call("a\n", "a\n").await;
    assert_eq!(server.info().curr_connections, 4);
    drop(fifth);
}

#[tokio::test]
async fn raised_it_serves_who_waits_at_once() {
    let (server, _) = counting(Counting::OPTIONS.max_processes(1)).await;
    let mut first = served(&server).await;
    let (mut second, mut third) = (waiting(&server).await, waiting(&server).await);
    first.call("a\n", "a\n").await;
    assert_eq!(server.info().accepted, 1);
    server.set_max_processes(3).unwrap();
    second.expect("hello\n").await;
    third.expect("hello\n").await;
    first.call("a\n", "a\n").await;
}

#[tokio::test]
async fn lowered_it_cuts_nobody_and_lets_nobody_in_until_fewer_are_served() {
    let (server, _) = counting(Counting::OPTIONS.max_processes(4)).await;
    let mut clients = Vec::new();
    for _ in 0..4 {
        clients.push(served(&server).await);
    }
    server.set_max_processes(2).unwrap();
    let mut next = waiting(&server).await;
    for left in [3, 2] {
        drop(clients.pop());
        eventually("one has left", || server.info().curr_connections == left).await;
        for client in &mut clients {
            client.call("still\n", "still\n").await;
        }
        assert_eq!(server.info().accepted, 4, "the next one waits");
    }
    drop(clients.pop());
    next.expect("hello\n").await;
    assert_eq!(server.info().curr_connections, 2);
    assert_eq!(
        server.info().restarts,
        0,
        "an acceptor that is too many ends in good order"
    );
    // The two acceptors, and no other one.
    assert_eq!(server.tree().children.len(), 1 + 2, "{}", server.tree());
}

#[tokio::test]
async fn lowered_to_those_who_are_served_the_next_waits_though_somebody_was_idle() {
    for _ in 0..50 {
        let (server, _) = counting(Counting::OPTIONS.max_processes(4)).await;
        let (mut first, second) = (served(&server).await, served(&server).await);
        server.set_max_processes(2).unwrap();
        let mut third = waiting(&server).await;
        for _ in 0..3 {
            first.call("still\n", "still\n").await;
        }
        assert_eq!(server.info().accepted, 2);
        drop(second);
        third.expect("hello\n").await;
    }
}

#[tokio::test]
async fn lowered_it_ends_idle_acceptors_at_once_and_raised_they_come_back_under_their_numbers() {
    let (server, _) = counting(Counting::OPTIONS.max_processes(8)).await;
    let mut clients = Vec::new();
    for _ in 0..6 {
        clients.push(served(&server).await);
    }
    let mut stays = clients.pop().unwrap();
    drop(clients);
    eventually("six are idle", || {
        server.tree().to_string().ends_with("6 idle acceptors")
    })
    .await;
    server.set_max_processes(2).unwrap();
    eventually("one is idle", || {
        server.tree().to_string().ends_with("└── 1 idle acceptor")
    })
    .await;
    stays.call("still\n", "still\n").await;

    server.set_max_processes(3).unwrap();
    let more = [served(&server).await, served(&server).await];
    assert_eq!(server.info().curr_connections, 1 + more.len());
    let numbers: Vec<usize> = (1..=8).filter(|&number| kill_acceptor(&server, number)).collect();
    assert_eq!(numbers.len(), 3, "{numbers:?}");
}

#[tokio::test]
async fn an_acceptor_killed_while_it_is_one_too_many_does_not_come_back() {
    let (server, _) = counting(Counting::OPTIONS.max_processes(2)).await;
    let (mut first, mut second) = (served(&server).await, served(&server).await);
    server.set_max_processes(1).unwrap();
    assert!(kill_acceptor(&server, 2));
    second.expect_gone().await;
    eventually("it has ended", || server.tree().children.len() == 2).await;
    first.call("still\n", "still\n").await;
    drop(first);
    drop(served(&server).await);
}

#[tokio::test]
async fn it_is_listed_as_it_is_now_and_0_or_a_stopped_server_are_errors() {
    let (server, _) = counting(Counting::OPTIONS.in_memory()).await;
    assert_eq!(server.set_max_processes(0).unwrap_err().kind(), ErrorKind::Options);
    assert_eq!(server.info().max_processes, 2);
    server.set_max_processes(7).unwrap();
    let listed = server
        .options()
        .into_iter()
        .find(|option| option.name == "max_processes")
        .unwrap();
    assert_eq!(
        (listed.value.as_deref(), listed.source),
        (Some("7"), OptionSource::Program)
    );
    let stopping = server.stop();
    assert_eq!(server.set_max_processes(1).unwrap_err().kind(), ErrorKind::NotRunning);
    stopping.await;
    assert_eq!(server.set_max_processes(1).unwrap_err().kind(), ErrorKind::NotRunning);
}

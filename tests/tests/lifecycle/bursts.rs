//! Connections that come at once: the server accepts them within a few turns of the thread, in
//! their order, and never more than it may serve.

use std::future::poll_fn;
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use kai_tcp_server::__private::kill_acceptor;
use kai_tcp_server::{Action, Options, Server, Socket, start, tcp_server, with};
use kai_tcp_server_tests::eventually;
use tokio::task::{JoinSet, yield_now};

/// The numbers of received lines in their order, and the peak of connections.
#[derive(Default)]
struct Lines {
    came: Mutex<Vec<usize>>,
    now: AtomicUsize,
    peak: AtomicUsize,
}

impl Lines {
    fn came(&self) -> Vec<usize> {
        self.came.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

struct Listening(Arc<Lines>);

#[tcp_server(port = 0, packet = line(lf), max_processes = 1000, max_restarts = 1_000_000)]
impl Listening {
    fn connected(&self) {
        let now = self.0.now.fetch_add(1, SeqCst) + 1;
        self.0.peak.fetch_max(now, SeqCst);
    }

    fn handle_call(&self, data: &[u8]) -> Action {
        let mut came = self.0.came.lock().unwrap_or_else(PoisonError::into_inner);
        match data {
            "{number: usize}" => {
                came.push(number);
                noreply
            }
            _ => close,
        }
    }

    fn closed(&self) {
        self.0.now.fetch_sub(1, SeqCst);
    }
}

async fn listening(options: Options) -> (Server, Arc<Lines>) {
    let lines = Arc::default();
    (
        start(with(Listening(Arc::clone(&lines)), options)).await.unwrap(),
        lines,
    )
}

/// Connects `count` clients, each of which sends its number, while the server has no turn: they
/// share this thread.
fn burst(addr: SocketAddr, count: usize) -> Vec<TcpStream> {
    let connect = |number: usize| {
        let mut client = TcpStream::connect(addr).unwrap();
        client.write_all(format!("{number}\n").as_bytes()).unwrap();
        client
    };
    (0..count).map(connect).collect()
}

/// Returns the number of turns of each of some hundred other tasks of this thread until `over`. It
/// doesn't depend on the speed of the machine.
async fn turns_until(mut over: impl FnMut() -> bool) -> usize {
    let turns = Arc::new(AtomicUsize::new(0));
    let mut others = JoinSet::new();
    for n in 0..500 {
        let turns = Arc::clone(&turns);
        // It queues behind all others, as a task does that always has work.
        others.spawn(poll_fn(move |cx| {
            turns.fetch_add(usize::from(n == 0), SeqCst);
            cx.waker().wake_by_ref();
            Poll::<()>::Pending
        }));
    }
    while !over() {
        assert!(turns.load(SeqCst) < 10_000, "it never comes");
        yield_now().await;
    }
    turns.load(SeqCst)
}

#[tokio::test]
async fn connections_that_come_at_once_are_served_in_a_few_turns_of_the_thread() {
    for options in [Listening::OPTIONS, Listening::OPTIONS.max_per_ip(1000)] {
        let (server, lines) = listening(options).await;
        // First with acceptors that must be started, then with waiting ones.
        for round in 1..=2 {
            let clients = burst(server.local_addr(), 500);
            let turns = turns_until(|| lines.came().len() == 500 * round).await;
            assert!(turns <= 25, "{turns} turns");
            drop(clients);
            turns_until(|| server.info().curr_connections == 0).await;
        }
    }
}

#[tokio::test]
async fn those_who_are_turned_away_are_so_in_a_few_turns_of_the_thread() {
    let (server, lines) = listening(Listening::OPTIONS.max_per_ip(10)).await;
    let _clients = burst(server.local_addr(), 500);
    let turns = turns_until(|| server.info().refused.per_ip == 490).await;
    assert!(turns <= 25, "{turns} turns");
    turns_until(|| lines.came().len() == 10).await;
}

#[tokio::test]
async fn they_are_served_first_come_first_served_and_never_more_than_max_processes() {
    for max_processes in [1, 2, 7, 100, 128, 129, 1000] {
        let (server, lines) = listening(Listening::OPTIONS.max_processes(max_processes)).await;
        let mut clients = burst(server.local_addr(), 400);
        let now = max_processes.min(400);
        turns_until(|| lines.came().len() == now).await;
        assert_eq!(server.info().curr_connections, now);
        // Each end admits the next connection.
        let rest = clients.split_off(now);
        for client in clients {
            drop(client);
            yield_now().await;
        }
        drop(rest);
        eventually("all came", || lines.came().len() == 400).await;
        let mut came = lines.came();
        assert!(came[..now].is_sorted(), "{max_processes}: {came:?}");
        came.sort_unstable();
        assert_eq!(came, (0..400).collect::<Vec<_>>());
        assert!(lines.peak.load(SeqCst) <= max_processes);
    }
}

#[tokio::test]
async fn lowered_in_the_middle_of_one_nobody_is_stranded() {
    let (server, lines) = listening(Listening::OPTIONS).await;
    for round in 1..=20 {
        let clients = burst(server.local_addr(), 200);
        for _ in 0..round % 5 {
            yield_now().await;
        }
        server.set_max_processes(1).unwrap();
        drop(clients);
        eventually("all came", || lines.came().len() == 200 * round).await;
        server.set_max_processes(1000).unwrap();
    }
    eventually("all are gone", || server.info().curr_connections == 0).await;
    eventually("those who wait are told apart from none", || {
        server.tree().to_string().contains("idle acceptor")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn though_acceptors_are_killed_each_has_its_end_and_the_server_goes_on() {
    let (server, _) = listening(Listening::OPTIONS.max_processes(50)).await;
    let over = Arc::new(AtomicBool::new(false));
    let killing = {
        let (server, over) = (server.clone(), Arc::clone(&over));
        tokio::spawn(async move {
            let mut number = 0;
            while !over.load(SeqCst) {
                number = number % 50 + 1;
                kill_acceptor(&server, number);
                yield_now().await;
            }
        })
    };
    for _ in 0..20 {
        let addr = server.local_addr();
        let clients = tokio::task::spawn_blocking(move || burst(addr, 100)).await.unwrap();
        drop(clients);
    }
    over.store(true, SeqCst);
    killing.await.unwrap();
    eventually("all had their end", || {
        let info = server.info();
        (info.accepted, info.curr_connections) == (2000, 0)
    })
    .await;
    let stopped = server.stop().await;
    assert_eq!((stopped.finished, stopped.cut, stopped.unserved), (0, 0, 0));
}

/// Stops its own server in the first call.
struct Last;

#[tcp_server(port = 0, packet = line(lf), max_processes = 100)]
impl Last {
    fn handle_call(&self, data: &[u8], socket: &mut Socket) -> Action {
        drop(socket.server().stop());
        reply(data)
    }
}

#[tokio::test]
async fn a_stop_in_the_middle_of_one_loses_nobody_who_was_accepted() {
    let server = start(Last).await.unwrap();
    let clients = burst(server.local_addr(), 300);
    let stopped = server.wait().await;
    stopped.unwrap();
    let ends = clients.into_iter().map(|mut client| {
        let mut said = Vec::new();
        std::io::Read::read_to_end(&mut client, &mut said).map(|_| said)
    });
    let (answers, resets) = ends.fold((0, 0), |(answers, resets), end| match end {
        Ok(said) => (answers + usize::from(!said.is_empty()), resets),
        Err(_) => (answers, resets + 1),
    });
    assert_eq!((answers as u64, resets), (server.info().calls, 0));
}

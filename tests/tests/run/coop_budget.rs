//! Time limits hold whatever is left of tokio's coop budget at their first poll.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use kai_tcp_server::{
    Action, CloseReason, INFINITY, Options, Peer, Result, Socket, TcpServer, run, start, tcp_server, whereis, with,
};
use kai_tcp_server_tests::{Client, eventually, next};
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The numbers of lines that come at once, each on its own connection. The line at which the budget
/// of 128 ends depends on the work per line.
const BATCHES: std::ops::RangeInclusive<usize> = 1..=300;

const SOON: Duration = Duration::from_secs(1);

type Ends = UnboundedSender<(usize, CloseReason)>;

/// The number of lines that a connection has handled.
#[derive(Default)]
struct Handled(usize);

/// Spends one unit of the budget for each line, in `handle_call`.
struct Calls(Ends, Mutex<()>);

#[tcp_server(port = 0, packet = line(lf), max_processes = 400)]
impl Calls {
    fn connected(&self) -> Handled {
        Handled::default()
    }

    async fn handle_call(&self, handled: &mut Handled) -> Action {
        drop(self.1.lock().await);
        handled.0 += 1;
        noreply
    }

    fn closed(&self, handled: Handled, reason: CloseReason) {
        let _ = self.0.send((handled.0, reason));
    }
}

/// Receives the lines in `connected`.
struct Greets(Ends);

#[tcp_server(port = 0, packet = line(lf), max_processes = 400)]
impl Greets {
    async fn connected(&self, socket: &mut Socket) -> Result<Handled> {
        let mut handled = Handled::default();
        while let Some(line) = socket.recv().await? {
            handled.0 += 1;
            if line.ends_with(b".") {
                break;
            }
        }
        Ok(handled)
    }

    fn handle_call(&self) -> Action {
        noreply
    }

    fn closed(&self, handled: Handled, reason: CloseReason) {
        let _ = self.0.send((handled.0, reason));
    }
}

/// Sends itself a message for each line, and spends one unit of the budget for it in `handle_info`.
struct Messages(Ends, Mutex<()>);

#[tcp_server(port = 0, packet = line(lf), max_processes = 400, mailbox = 400)]
impl Messages {
    fn connected(&self, peer: Peer<()>) -> (Peer<()>, Handled) {
        (peer, Handled::default())
    }

    fn handle_call(&self, (peer, _): &mut (Peer<()>, Handled)) -> Action {
        peer.send(()).unwrap();
        noreply
    }

    async fn handle_info(&self, _message: (), (_, handled): &mut (Peer<()>, Handled)) -> Action {
        drop(self.1.lock().await);
        handled.0 += 1;
        noreply
    }

    fn closed(&self, (_, handled): (Peer<()>, Handled), reason: CloseReason) {
        let _ = self.0.send((handled.0, reason));
    }
}

/// Sends each batch, and stays silent until all connections have been closed for `reason`.
async fn silent_peers_are_closed(
    addr: std::net::SocketAddr,
    told: &mut UnboundedReceiver<(usize, CloseReason)>,
    reason: CloseReason,
) {
    let mut clients = Vec::new();
    for batch in BATCHES {
        let mut client = Client::connect(addr).await;
        client
            .send([b"line\n".repeat(batch - 1), b"end.\n".to_vec()].concat())
            .await;
        clients.push(client);
    }
    let mut missing: BTreeSet<usize> = BATCHES.collect();
    while !missing.is_empty() {
        let ended = tokio::time::timeout(Duration::from_secs(20), told.recv()).await;
        let Ok(Some((handled, for_reason))) = ended else {
            panic!("batches of {missing:?} lines are never closed");
        };
        assert_eq!(for_reason, reason, "{handled} lines");
        assert!(missing.remove(&handled), "{handled} lines");
    }
}

/// Returns options that close a silent peer for each of the reasons.
fn limits(options: Options) -> [(Options, CloseReason); 2] {
    [
        (options.recv_timeout(SOON), CloseReason::Timeout),
        (options.recv_timeout(INFINITY).max_age(4 * SOON), CloseReason::MaxAge),
    ]
}

async fn started<S: TcpServer>(options: Options, server: impl Fn(Ends) -> S) {
    for (options, reason) in limits(options) {
        let (ends, mut told) = unbounded_channel();
        let server = start(with(server(ends), options)).await.unwrap();
        silent_peers_are_closed(server.local_addr(), &mut told, reason).await;
        server.stop().await;
    }
}

async fn all_started() {
    started(Calls::OPTIONS, |ends| Calls(ends, Mutex::default())).await;
    started(Greets::OPTIONS, Greets).await;
    started(Messages::OPTIONS, |ends| Messages(ends, Mutex::default())).await;
}

#[tokio::test]
async fn silent_peers_are_closed_after_batches_of_any_size() {
    all_started().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_peers_are_closed_after_batches_of_any_size_on_many_threads() {
    all_started().await;
}

/// Serves as a program does, with its own threads and runtimes.
fn serve<S: TcpServer>(name: &'static str, options: Options, server: impl Fn(Ends) -> S) {
    for (options, reason) in limits(options) {
        let (ends, mut told) = unbounded_channel();
        let server = with(server(ends), options.name(name));
        let running = thread::spawn(move || run(server).unwrap());
        let clients = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        clients.block_on(async {
            eventually("the server runs", || whereis(name).is_some()).await;
            let server = whereis(name).unwrap();
            silent_peers_are_closed(server.local_addr(), &mut told, reason).await;
            server.stop().await;
        });
        running.join().unwrap();
    }
}

#[test]
fn silent_peers_are_closed_after_batches_of_any_size_under_run() {
    serve("calls", Calls::OPTIONS, |ends| Calls(ends, Mutex::default()));
    serve("greets", Greets::OPTIONS, Greets);
    serve("messages", Messages::OPTIONS, |ends| Messages(ends, Mutex::default()));
}

/// Waits in a call that spends all of the budget, again and again, while its peer doesn't read and
/// other peers get replies.
struct Spends(Ends);

#[tcp_server(port = 0, packet = line(lf), recv_timeout = infinity)]
impl Spends {
    async fn handle_call(&self, data: &str) -> Action {
        if data == "spend" {
            let spare = Mutex::new(());
            loop {
                drop(spare.lock().await);
            }
        }
        reply(data.to_owned())
    }

    fn closed(&self, reason: CloseReason) {
        let _ = self.0.send((0, reason));
    }
}

#[tokio::test]
async fn what_was_replied_goes_out_while_a_call_spends_all_of_the_budget() {
    let (ends, mut told) = unbounded_channel();
    let server = start(with(Spends(ends), Spends::OPTIONS.send_timeout(SOON)))
        .await
        .unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    client.send("hello\nspend\n").await;
    client.expect("hello\n").await;
    // The server doesn't take it for a peer that doesn't read either.
    tokio::time::sleep(2 * SOON).await;
    assert!(told.try_recv().is_err());
    client.reset();
    assert_eq!(next(&mut told).await, Some((0, CloseReason::Reset)));
}

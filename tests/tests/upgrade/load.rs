//! Clients that have many calls in flight, and look at each answer.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use kai_tcp_server_tests::Random;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// The time that a client waits for an answer.
const PATIENCE: Duration = Duration::from_mins(1);

/// Every so manieth line waits before it is answered.
const WAITS: u64 = 50;

/// Clients of a [`Replaced`](kai_tcp_server_tests::replaced::Replaced) server.
#[derive(Debug)]
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    /// The answers that have come, to all clients.
    pub(crate) answers: Arc<AtomicU64>,
    clients: Vec<JoinHandle<Client>>,
}

/// The answers that a client has seen.
#[derive(Debug, Default)]
pub(crate) struct Client {
    /// The number of lines that were answered.
    pub(crate) answered: u64,
    /// The connection has ended before it was told to.
    pub(crate) lost: bool,
    /// An answer that isn't the next one.
    pub(crate) wrong: Option<String>,
    /// The processes that have answered, in turn.
    pub(crate) processes: Vec<u32>,
    /// The time without an answer at each change of process, beside calls that wait.
    pub(crate) pauses: Vec<Duration>,
}

/// The answers that all of them have seen.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) answered: u64,
    pub(crate) lost: usize,
    pub(crate) wrong: Vec<String>,
    pub(crate) processes: BTreeSet<u32>,
    /// In order of length.
    pub(crate) pauses: Vec<Duration>,
    /// The number of lines that the last of these processes has answered last.
    pub(crate) last: Vec<Option<u32>>,
}

impl Load {
    /// Connects so many clients, with so many calls in flight at most.
    pub(crate) async fn begin(addr: SocketAddr, clients: usize, in_flight: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let answers = Arc::new(AtomicU64::new(0));
        let mut all = Vec::new();
        for number in 0..clients {
            let stream = TcpStream::connect(addr).await.expect("the server listens");
            let (read, write) = stream.into_split();
            let permits = Arc::new(Semaphore::new(in_flight));
            let random = Random(number as u64 * 7919 + 1);
            let send = tokio::spawn(send(write, Arc::clone(&permits), Arc::clone(&stop), random));
            all.push(tokio::spawn(receive(read, permits, send, Arc::clone(&answers))));
        }
        Load {
            stop,
            answers,
            clients: all,
        }
    }

    /// Waits until so many answers more have come.
    pub(crate) async fn answers(&self, more: u64) {
        let until = self.answers.load(SeqCst) + more;
        while self.answers.load(SeqCst) < until && !self.clients.iter().all(JoinHandle::is_finished) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Returns whether each client still has its connection.
    pub(crate) fn all_there(&self) -> bool {
        !self.clients.iter().any(JoinHandle::is_finished)
    }

    /// Lets the clients send no more, and waits for the last answers.
    pub(crate) async fn end(self) -> Seen {
        self.stop.store(true, SeqCst);
        let mut seen = Seen::default();
        for client in self.clients {
            let client = client.await.expect("the client doesn't panic");
            seen.answered += client.answered;
            seen.lost += usize::from(client.lost);
            seen.wrong.extend(client.wrong);
            seen.last.push(client.processes.last().copied());
            seen.processes.extend(client.processes);
            seen.pauses.extend(client.pauses);
        }
        seen.pauses.sort_unstable();
        seen
    }
}

impl Seen {
    /// Asserts that each line was answered, once and in order.
    pub(crate) fn is_whole(&self) {
        assert_eq!(
            (self.lost, &self.wrong),
            (0, &Vec::new()),
            "of {} answers",
            self.answered
        );
    }

    /// Returns the median and the longest of the pauses.
    pub(crate) fn pause(&self) -> (Duration, Duration) {
        let at = |place: usize| self.pauses.get(place).copied().unwrap_or_default();
        (at(self.pauses.len() / 2), at(self.pauses.len().saturating_sub(1)))
    }
}

fn word(number: u64) -> char {
    if number.is_multiple_of(WAITS) { 'w' } else { 'x' }
}

/// Sends lines that are cut anywhere; returns how many.
async fn send(
    mut to: OwnedWriteHalf,
    permits: Arc<Semaphore>,
    stop: Arc<AtomicBool>,
    mut random: Random,
) -> (u64, OwnedWriteHalf) {
    let mut sent = 0;
    while !stop.load(SeqCst) {
        let mut lines = String::new();
        for _ in 0..=random.below(20) {
            let Ok(permit) = permits.acquire().await else {
                return (sent, to);
            };
            permit.forget();
            sent += 1;
            let _ = writeln!(lines, "{}{sent}", word(sent));
        }
        let mut rest = lines.as_bytes();
        while !rest.is_empty() {
            let (piece, behind) = rest.split_at(1 + random.below(rest.len()));
            if to.write_all(piece).await.is_err() {
                return (sent, to);
            }
            rest = behind;
            if random.one_in(10) {
                tokio::task::yield_now().await;
            }
        }
    }
    (sent, to)
}

/// Receives the answers until all lines have theirs.
async fn receive(
    from: OwnedReadHalf,
    permits: Arc<Semaphore>,
    mut sending: JoinHandle<(u64, OwnedWriteHalf)>,
    answers: Arc<AtomicU64>,
) -> Client {
    let mut from = BufReader::new(from);
    let mut client = Client::default();
    let mut sent = None;
    let mut line = String::new();
    let mut last = Instant::now();
    loop {
        if sent.is_none() && sending.is_finished() {
            sent = Some((&mut sending).await.expect("it doesn't panic"));
        }
        if sent.as_ref().is_some_and(|(sent, _)| *sent == client.answered) {
            break;
        }
        line.clear();
        let read = async {
            tokio::select! {
                biased;
                read = from.read_line(&mut line) => Some(read),
                done = &mut sending, if sent.is_none() => {
                    sent = Some(done.expect("it doesn't panic"));
                    None
                }
            }
        };
        match timeout(PATIENCE, read).await {
            // A read that was dropped in the middle keeps what it has in the line.
            Ok(None) if line.is_empty() => continue,
            Ok(None) => {
                let read = timeout(PATIENCE, from.read_line(&mut line)).await.ok().transpose();
                if !whole(&read, &line) {
                    client.lost = true;
                    break;
                }
            }
            Ok(Some(read)) => {
                if !whole(&Some(read).transpose(), &line) {
                    client.lost = true;
                    break;
                }
            }
            Err(_) => {
                client.wrong = Some(format!("no answer {} for {PATIENCE:?}", client.answered + 1));
                break;
            }
        }
        if !client.take(&line, last.elapsed()) {
            client.wrong = Some(format!("answer {} is {line:?}", client.answered + 1));
            break;
        }
        last = Instant::now();
        answers.fetch_add(1, SeqCst);
        permits.add_permits(1);
    }
    permits.close();
    client
}

fn whole(read: &io::Result<Option<usize>>, line: &str) -> bool {
    matches!(read, Ok(Some(_))) && line.ends_with('\n')
}

impl Client {
    /// Takes the next answer. Returns false if it isn't that.
    fn take(&mut self, line: &str, pause: Duration) -> bool {
        let next = self.answered + 1;
        let Some(process) = line
            .strip_prefix(&format!("{}{next} {next} ", word(next)))
            .and_then(|process| process.trim_end().parse().ok())
        else {
            return false;
        };
        self.answered = next;
        if self.processes.last() != Some(&process) {
            if !self.processes.is_empty() && !next.is_multiple_of(WAITS) {
                self.pauses.push(pause);
            }
            self.processes.push(process);
        }
        true
    }
}

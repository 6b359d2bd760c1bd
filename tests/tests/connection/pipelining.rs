//! Replies to a peer that has already sent much, or never stops sending.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;

use kai_tcp_server::{Action, Options, Server, Socket, TcpServer, start, tcp_server, with};
use kai_tcp_server_tests::Client;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// The number of lines that are sent at once.
const LINES: usize = 5_000;

/// Blocks before it answers a line, until the test has received the answer to the first one.
struct Blocks {
    at: usize,
    /// The time of each earlier call.
    takes: Duration,
    calls: AtomicUsize,
    first_received: Mutex<mpsc::Receiver<()>>,
}

impl Blocks {
    fn answer(&self) -> Action<'static> {
        let call = self.calls.fetch_add(1, SeqCst);
        if call == self.at {
            let _ = self.first_received.lock().unwrap().recv();
        } else if call < self.at {
            thread::sleep(self.takes);
        }
        Action::reply("done")
    }
}

struct Plain(Blocks);

#[tcp_server(port = 0, packet = line(lf))]
impl Plain {
    fn handle_call(&self) -> Action {
        self.0.answer()
    }
}

struct Async(Blocks);

#[tcp_server(port = 0, packet = line(lf))]
impl Async {
    #[allow(clippy::unused_async)]
    async fn handle_call(&self) -> Action {
        self.0.answer()
    }
}

struct WithSocket(Blocks);

#[tcp_server(port = 0, packet = line(lf))]
impl WithSocket {
    #[allow(clippy::unused_async)]
    async fn handle_call(&self, _socket: &mut Socket) -> Action {
        self.0.answer()
    }
}

struct Messages(Blocks);

#[tcp_server(port = 0, packet = line(lf))]
impl Messages {
    fn handle_call(&self) -> Action {
        self.0.answer()
    }

    fn handle_info(&self, _message: ()) -> Action {
        noreply
    }
}

async fn first_answer_comes<S: TcpServer>(options: Options, server: fn(Blocks) -> S) {
    for (at, takes) in [(700, Duration::ZERO), (128, Duration::from_millis(1))] {
        let (received, first_received) = mpsc::channel();
        let blocks = Blocks {
            at,
            takes,
            calls: AtomicUsize::new(0),
            first_received: Mutex::new(first_received),
        };
        let server: Server = start(with(server(blocks), options)).await.unwrap();
        let addr = server.local_addr();
        // The client has its own thread, because the server's blocks.
        let client = thread::spawn(move || {
            let mut stream = TcpStream::connect(addr).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            stream.write_all("line\n".repeat(LINES).as_bytes()).unwrap();
            let mut answers = vec![0; 5 * LINES];
            stream.read_exact(&mut answers[..5]).expect("the first answer comes");
            received.send(()).unwrap();
            stream.read_exact(&mut answers[5..]).expect("all others come");
            assert_eq!(answers[..], *"done\n".repeat(LINES).as_bytes());
        });
        let client = tokio::task::spawn_blocking(|| client.join());
        assert!(client.await.unwrap().is_ok(), "the call at {at} is waited for");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_of_many_lines_is_answered_while_those_behind_it_are_handled() {
    first_answer_comes(Plain::OPTIONS, Plain).await;
    first_answer_comes(Async::OPTIONS, Async).await;
    first_answer_comes(WithSocket::OPTIONS, WithSocket).await;
    first_answer_comes(Messages::OPTIONS, Messages).await;
}

/// Takes long for each line, so that there is always more to read.
struct Slow;

#[tcp_server(port = 0, packet = line(lf), packet_size = 1024 * 1024 * 1024)]
impl Slow {
    fn handle_call(&self) -> Action {
        thread::sleep(Duration::from_millis(1));
        reply("done")
    }
}

/// More bytes than the system buffers from a peer before its server reads.
const ENOUGH: usize = 128 * 1024 * 1024;

/// Sends `first`, then repeats `more` until an answer comes.
async fn is_answered(first: &str, more: &[u8]) {
    let server = start(Slow).await.unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    client.send(first).await;
    let (mut reading, mut writing) = client.stream().split();
    let sending = async {
        let mut sent = 0;
        while sent < ENOUGH {
            writing.write_all(more).await.unwrap();
            sent += more.len();
        }
        sent
    };
    let mut answer = [0; 5];
    tokio::select! {
        biased;
        read = reading.read_exact(&mut answer) => assert_eq!(read.unwrap(), 5),
        sent = sending => panic!("nothing came after {sent} bytes"),
    }
    assert_eq!(&answer, b"done\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_never_stops_sending_is_answered() {
    let mut line = vec![b'x'; 100_000];
    line.push(b'\n');
    is_answered("", &line).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_before_one_that_never_ends_is_answered() {
    is_answered("line\n", &"x".repeat(100_000).into_bytes()).await;
}

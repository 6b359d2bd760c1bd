//! Attacks of a peer on others. Each of them once succeeded.

use std::error::Error;
use std::fmt;
use std::future::pending;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, channel};
use std::thread::panicking;

use kai_tcp_server::__private::kill_acceptor;
use kai_tcp_server::{Action, BoxError, CloseReason, Peer, SendError, Socket, start, tcp_server, with};
use kai_tcp_server_tests::{Client, Example, eventually};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// Ends a program with the test.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the echo server, and stops reading its log after the start.
fn with_a_log_that_ends() -> (Program, SocketAddr) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crowd"));
    let mut program = Program(command.stderr(Stdio::piped()).spawn().expect("it starts"));
    let log = BufReader::new(program.0.stderr.take().expect("standard error is piped"));
    let lines = log.lines().map(|line| line.expect("it says where it listens"));
    let said: String = lines.take(2).collect();
    let (_, rest) = said.split_once("listens on ").expect("it says where it listens");
    let addr = rest.split(',').next().unwrap_or_default().parse();
    (program, addr.expect("it says where it listens"))
}

#[test]
fn a_log_that_takes_nothing_more_ends_no_server() {
    let (_program, addr) = with_a_log_that_ends();
    let mut hostile = TcpStream::connect(addr).expect("it listens");
    // Longer than `packet_size`, so that the server logs it.
    hostile.write_all(&b"x".repeat(70_000)).expect("it reads");
    let mut rest = Vec::new();
    hostile
        .read_to_end(&mut rest)
        .expect("it closes the connection in good order");
    let mut honest = TcpStream::connect(addr).expect("it listens on");
    honest.write_all(b"hello\n").expect("it reads");
    let mut answer = [0; 6];
    honest.read_exact(&mut answer).expect("it answers");
    assert_eq!(&answer, b"hello\n");
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(panicking(), "asked for");
    }
}

/// Panics when it is displayed.
#[derive(Debug)]
struct Unspeakable;

impl fmt::Display for Unspeakable {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("asked for")
    }
}

impl Error for Unspeakable {}

/// Reports its connections and the reasons of their ends.
struct Fragile(UnboundedSender<Peer<Bomb>>, UnboundedSender<CloseReason>);

#[tcp_server(port = 0, packet = line(crlf))]
impl Fragile {
    fn connected(&self, peer: Peer<Bomb>) -> Peer<Bomb> {
        self.0.send(peer.clone()).unwrap();
        peer
    }

    async fn handle_call(&self, data: &str, peer: &mut Peer<Bomb>) -> Result<Action, BoxError> {
        match data {
            "future" => {
                let _bomb = Bomb;
                peer.close();
                pending().await
            }
            "messages" => {
                // Both messages are dropped unhandled, and a drop panics: this must not end the
                // program.
                peer.send(Bomb).map_err(|_| "there is space")?;
                peer.send(Bomb).map_err(|_| "there is space")?;
                Ok(close("bye"))
            }
            "error" => Err(Unspeakable.into()),
            data => Ok(reply(data.to_owned())),
        }
    }

    fn handle_info(&self, _message: Bomb) -> Action {
        noreply
    }

    fn closed(&self, reason: CloseReason) {
        self.1.send(reason).unwrap();
    }
}

#[tokio::test]
async fn what_panics_outside_of_callbacks_ends_its_own_connection_alone() {
    // Without a subscriber no error is displayed.
    let _ = tracing_subscriber::fmt().with_writer(std::io::sink).try_init();
    let cases = [
        ("future", CloseReason::Panic),
        ("messages", CloseReason::Handler),
        // Only the log displays the error.
        ("error", CloseReason::Call),
    ];
    for (line, reason) in cases {
        let ((peers, _peers), (ends, mut ended)) = (unbounded_channel(), unbounded_channel());
        let server = start(Fragile(peers, ends)).await.unwrap();
        // One more than `max_restarts`, and so few that the log leaves none out.
        for _ in 0..4 {
            let mut client = Client::connect(server.local_addr()).await;
            client.send(format!("{line}\r\n")).await;
            client.expect_gone().await;
            assert_eq!(ended.recv().await, Some(reason), "{line}");
        }
        let mut client = Client::connect(server.local_addr()).await;
        client.call("hello\r\n", "hello\r\n").await;
        assert_eq!(server.info().restarts, 0);
    }
}

#[tokio::test]
async fn whose_acceptor_was_killed_is_gone() {
    let ((peers, mut connected), (ends, mut ended)) = (unbounded_channel(), unbounded_channel());
    let server = start(Fragile(peers, ends)).await.unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    let peer = connected.recv().await.unwrap();
    assert!(!peer.is_gone());
    assert!(kill_acceptor(&server, 1));
    client.expect_gone().await;
    assert_eq!(ended.recv().await, Some(CloseReason::Stopped));
    eventually("the peer is gone", || peer.is_gone()).await;
    let sent = peer.send(Bomb);
    assert!(matches!(sent, Err(SendError::Gone(_))));
    std::mem::forget(sent);
}

#[test]
fn an_init_that_does_not_end_is_ended_by_a_signal() {
    let program = Example::run(Command::new(env!("CARGO_BIN_EXE_stuck")).arg("init"));
    program.line_with("stuck in init");
    program.signal("TERM");
    program.line_with("stopping");
    let (success, _) = program.wait();
    assert!(success);
}

#[test]
fn signals_are_heard_while_callbacks_block_every_thread() {
    let stuck = env!("CARGO_BIN_EXE_stuck");
    let program = Example::run(Command::new(stuck).env("TOKIO_WORKER_THREADS", "1"));
    let mut client = TcpStream::connect(program.addr()).expect("it listens");
    client.write_all(b"hello\n").expect("it is there");
    program.line_with("stuck in a call");
    program.signal("TERM");
    program.line_with("a second signal stops at once");
    program.signal("TERM");
    let (success, _) = program.wait();
    assert!(success);
}

/// Blocks its thread for the first connection until the sender is gone, and reports that it does.
struct Blocking(Mutex<Option<Receiver<()>>>, UnboundedSender<()>);

#[tcp_server(port = 0)]
impl Blocking {
    fn connected(&self) {
        let first = self.0.lock().unwrap().take();
        if let Some(first) = first {
            self.1.send(()).unwrap();
            let _ = first.recv();
        }
    }

    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_blocks_a_thread_does_not_keep_the_next_from_being_accepted() {
    let ((release, blocks), (blocked, mut is_blocked)) = (channel(), unbounded_channel());
    let blocking = Blocking(Mutex::new(Some(blocks)), blocked);
    // In memory, because tokio itself waits for the network on one thread at a time.
    let server = start(with(blocking, Blocking::OPTIONS.in_memory())).await.unwrap();
    let _blocked = Client::in_memory(&server).await;
    // Otherwise the second connection's callback might be called first.
    is_blocked.recv().await;
    let mut client = Client::in_memory(&server).await;
    client.call("hello\n", "hello\n").await;
    drop(release);
}

#[derive(Default)]
struct Spinning(AtomicBool);

#[tcp_server(port = 0, packet = line(crlf))]
impl Spinning {
    async fn handle_call(&self, data: &[u8], socket: &mut Socket) -> kai_tcp_server::Result<Action> {
        if data != b"spin" {
            self.0.store(true, SeqCst);
            return Ok(reply("ok"));
        }
        for _ in 0..1_000_000 {
            socket.recv_exact(0).await?;
            if self.0.load(SeqCst) {
                return Ok(reply("others had their turn"));
            }
        }
        Ok(reply("nobody else had a turn"))
    }
}

#[tokio::test]
async fn who_receives_what_is_there_gives_others_their_turn() {
    let server = start(Spinning::default()).await.unwrap();
    let mut spinning = Client::connect(server.local_addr()).await;
    let mut other = Client::connect(server.local_addr()).await;
    spinning.send("spin\r\n").await;
    other.call("hello\r\n", "ok\r\n").await;
    spinning.expect("others had their turn\r\n").await;
}

struct Large;

#[tcp_server(port = 0, send_timeout = "1s")]
impl Large {
    fn handle_call(&self) -> Action {
        reply(vec![b'x'; 16 * 1024 * 1024])
    }
}

/// The test uses real time, because the kernel decides when there is space.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn who_reads_slowly_but_steadily_is_not_cut() {
    let server = start(Large).await.unwrap();
    let mut slow = Client::connect(server.local_addr()).await;
    slow.send("large\n").await;
    let piece = vec![b'x'; 32 * 1024];
    let mut pace = tokio::time::interval(std::time::Duration::from_millis(50));
    for _ in 0..60 {
        pace.tick().await;
        slow.expect(&piece).await;
    }
    assert_eq!(server.info().curr_connections, 1);
}

//! A thousand slow clients of each kind at once, while an honest one is served.

#![cfg(unix)]

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use kai_tcp_server_tests::{Client, Example, allow_all_descriptors};
use socket2::{Domain, Socket, Type};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

/// The time limit that each client exceeds.
const LIMIT: Duration = Duration::from_secs(5);

/// The delay that a busy machine may add.
const LATE: Duration = Duration::from_secs(10);

/// The longest time until the honest client is accepted and answered. It is less than the wait for
/// a slow client.
const BOUND: Duration = Duration::from_secs(4);

#[derive(Clone, Copy)]
enum Slow {
    Silent,
    Dripping,
    NotReading,
    InACall,
    NeverIdle,
}

impl Slow {
    /// Stays slow until the server closes.
    async fn down(self, stream: &mut TcpStream) -> io::Result<()> {
        match self {
            Slow::Silent => {}
            Slow::Dripping => {
                while let Err(_elapsed) = timeout(Duration::from_millis(200), stream.read_u8()).await {
                    stream.write_all(b"x").await?;
                }
            }
            Slow::NotReading => {
                stream.write_all(&b"much\n".repeat(100)).await?;
                pending::<()>().await;
            }
            Slow::InACall => stream.write_all(b"never\n").await?,
            Slow::NeverIdle => loop {
                stream.write_all(b"ping\n").await?;
                stream.read_exact(&mut [0; 5]).await?;
                sleep(Duration::from_millis(200)).await;
            },
        }
        stream.read_u8().await.map(drop)
    }
}

/// Connects so that the kernel buffers little unread data.
async fn connect(addr: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_tcp_mss(1000).unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.set_nonblocking(true).unwrap();
    let socket = tokio::net::TcpSocket::from_std_stream(socket.into());
    socket.connect(addr).await.unwrap()
}

/// Returns the possible number of clients at once: each needs a descriptor in this process and one
/// in the server, which inherits the limit.
fn as_many_as_possible() -> usize {
    allow_all_descriptors().saturating_sub(100).min(1000)
}

/// Asks a question as an honest client with its own connection, and returns the answer.
async fn ask(addr: SocketAddr, question: &str) -> String {
    let mut client = Client::connect(addr).await;
    client.send(format!("{question}\n")).await;
    client.line().await
}

/// Serves a crowd under one limit, and checks that the limit ends each client in time, counts as
/// `end`, and affects no other client.
async fn crowd(slow: Slow, option: &str, end: &str) {
    let _turn = crate::TURN.lock().await;
    let many = as_many_as_possible();
    let mut command = Command::new(env!("CARGO_BIN_EXE_slow"));
    let server = Example::run(command.env(option, format!("{}ms", LIMIT.as_millis())));
    let addr = server.addr();

    let mut clients = JoinSet::new();
    for _ in 0..many {
        clients.spawn(async move {
            let begin = Instant::now();
            let mut stream = connect(addr).await;
            // An end or a reset.
            let _ = slow.down(&mut stream).await;
            let lasted = begin.elapsed();
            assert!(lasted >= LIMIT, "one was ended after {lasted:?}");
        });
    }
    let begin = Instant::now();
    let all_gone = format!("{end} {many}, ");
    let (mut worst, mut asked) = (Duration::ZERO, 0);
    loop {
        let asking = Instant::now();
        let answer = ask(addr, "ended").await;
        worst = worst.max(asking.elapsed());
        asked += 1;
        if answer.contains(&all_gone) {
            break;
        }
        assert!(begin.elapsed() < LIMIT + LATE, "{answer}");
        sleep(Duration::from_millis(5)).await;
    }
    println!(
        "{many} were gone after {:?}; {asked} answers within {worst:?}",
        begin.elapsed()
    );
    assert!(worst < BOUND, "an honest client waited for {worst:?}");

    if matches!(slow, Slow::NotReading) {
        clients.abort_all();
    }
    while let Some(done) = clients.join_next().await {
        assert!(done.is_ok() || matches!(slow, Slow::NotReading));
    }
    let ends = [("timeout", 0), ("call", 0), ("max_age", 0)].map(|(name, none)| {
        let count = if name == end { many } else { none };
        format!("{name} {count}, ")
    });
    let nobody_else = format!("{}open 1\n", ends.concat());
    let begin = Instant::now();
    loop {
        let answer = ask(addr, "ended").await;
        if answer == nobody_else {
            break;
        }
        assert!(begin.elapsed() < LATE, "{answer}");
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_silent_clients_are_gone_after_recv_timeout() {
    crowd(Slow::Silent, "SLOW_RECV_TIMEOUT", "timeout").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_clients_that_drip_are_gone_after_frame_timeout() {
    crowd(Slow::Dripping, "SLOW_FRAME_TIMEOUT", "timeout").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_clients_that_read_nothing_are_gone_after_send_timeout() {
    crowd(Slow::NotReading, "SLOW_SEND_TIMEOUT", "timeout").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_calls_that_never_end_are_gone_after_call_timeout() {
    crowd(Slow::InACall, "SLOW_CALL_TIMEOUT", "call").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_connections_that_are_never_idle_are_gone_at_max_age() {
    crowd(Slow::NeverIdle, "SLOW_MAX_AGE", "max_age").await;
}

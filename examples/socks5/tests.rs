//! Tests of what takes too long, or can't be had, over a port.

mod lookups;
mod rules;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use kai_tcp_server::{Cidr, Server, bits, start, with};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{Instant, pause, resume, sleep, timeout};

use crate::Socks;
use crate::answer::Code;
use crate::dial::Dialer;
use crate::reach::Reach;
use crate::relay::Traffic;

/// The time after which a test that waits has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// The same while time is paused, which passes at once then.
const DAYS: Duration = Duration::from_hours(48);

const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A port that answers nobody, as the queue before it is full.
struct Silent {
    addr: SocketAddr,
    _listener: TcpListener,
    _queue: [TcpStream; 2],
}

impl Silent {
    async fn open() -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::new(LOCALHOST, 0))?;
        // The system queues one connection more than it is told.
        let listener = socket.listen(1)?;
        let addr = listener.local_addr()?;
        let connect = || soon(TcpStream::connect(addr));
        let queue = [connect().await?, connect().await?];
        Ok(Silent {
            addr,
            _listener: listener,
            _queue: queue,
        })
    }
}

/// Waits for something, but not forever.
async fn within<F: Future>(limit: Duration, future: F) -> F::Output {
    timeout(limit, future).await.expect("it doesn't take so long")
}

async fn soon<F: Future>(future: F) -> F::Output {
    within(PATIENCE, future).await
}

/// Starts the server in memory, for targets of this machine.
async fn serve() -> (Server, DuplexStream) {
    let socks = Socks::new(None, vec![Cidr::single(LOCALHOST)]);
    let server = start(with(socks, Socks::OPTIONS.in_memory())).await.unwrap();
    let client = server.connect().await.unwrap();
    (server, client)
}

fn dialer() -> Dialer {
    Dialer::new(Reach::new(vec![Cidr::single(LOCALHOST)]))
}

async fn ask(client: &mut DuplexStream, addr: SocketAddr) {
    let port = addr.port();
    let request = bits!(5u8, 1u8, 0u8, 5u8, 1u8, 0u8, 1u8, [127, 0, 0, 1], port: u16);
    soon(client.write_all(&request)).await.unwrap();
    let mut greeting = [0; 2];
    soon(client.read_exact(&mut greeting)).await.unwrap();
    assert_eq!(greeting, [5, 0]);
}

#[tokio::test]
async fn a_target_that_does_not_answer_is_given_up_within_ten_seconds() {
    let silent = Silent::open().await.unwrap();
    let (_server, mut client) = serve().await;
    ask(&mut client, silent.addr).await;
    pause();
    let begin = Instant::now();
    let mut answer = Vec::new();
    within(DAYS, client.read_to_end(&mut answer)).await.unwrap();
    assert_eq!(answer, [5, 6, 0, 1, 0, 0, 0, 0, 0, 0]);
    let seconds = begin.elapsed().as_secs_f32();
    assert!((9.0..11.0).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn an_address_that_is_silent_leaves_time_for_the_next() {
    let silent = Silent::open().await.unwrap();
    let listener = TcpListener::bind((LOCALHOST, 0)).await.unwrap();
    let next = listener.local_addr().unwrap();
    let deadline = Instant::now() + Duration::from_secs(6);
    let stream = dialer().connect(&[silent.addr, next], deadline).await.unwrap();
    assert_eq!(stream.peer_addr().unwrap(), next);
    assert!(Instant::now() < deadline, "it had no share of the time");
}

#[tokio::test]
async fn the_last_failure_is_that_of_all() {
    let taken = TcpSocket::new_v4().unwrap();
    taken.bind(SocketAddr::new(LOCALHOST, 0)).unwrap();
    let refused = taken.local_addr().unwrap();
    let broadcast = SocketAddr::from((Ipv4Addr::BROADCAST, 1));
    let deadline = Instant::now() + Duration::from_secs(20);
    let failure = dialer().connect(&[broadcast, refused], deadline).await.unwrap_err();
    assert_eq!(failure, Code::ConnectionRefused);
    let failure = dialer().connect(&[refused, broadcast], deadline).await.unwrap_err();
    assert_eq!(failure, Code::NetworkUnreachable);
    assert_eq!(
        dialer().connect(&[], deadline).await.unwrap_err(),
        Code::HostUnreachable
    );
}

#[tokio::test]
async fn four_addresses_are_tried() {
    let taken = TcpSocket::new_v4().unwrap();
    taken.bind(SocketAddr::new(LOCALHOST, 0)).unwrap();
    let refused = taken.local_addr().unwrap();
    let listener = TcpListener::bind((LOCALHOST, 0)).await.unwrap();
    let mut addresses = [refused; 5];
    let deadline = Instant::now() + Duration::from_secs(20);
    addresses[4] = listener.local_addr().unwrap();
    let failure = dialer().connect(&addresses, deadline).await.unwrap_err();
    assert_eq!(failure, Code::ConnectionRefused);
    dialer().connect(&addresses[1..], deadline).await.unwrap();
}

/// Opens a connection through the proxy, and pauses time. Returns the target's end.
async fn open(client: &mut DuplexStream) -> TcpStream {
    let listener = TcpListener::bind((LOCALHOST, 0)).await.unwrap();
    ask(client, listener.local_addr().unwrap()).await;
    let (target, _) = soon(listener.accept()).await.unwrap();
    let mut answer = [0; 10];
    soon(client.read_exact(&mut answer)).await.unwrap();
    assert_eq!(answer[..2], [5, 0]);
    pause();
    target
}

/// Waits for the ends of a connection that was cut: for the target that is no end in good order.
/// Returns the hours that it took.
async fn hours(client: &mut DuplexStream, target: &mut TcpStream) -> f32 {
    let begin = Instant::now();
    assert_eq!(within(DAYS, client.read(&mut [0; 1])).await.unwrap(), 0);
    let hours = begin.elapsed().as_secs_f32() / 3600.0;
    // The system's time doesn't pause.
    resume();
    let reset = soon(target.read_to_end(&mut Vec::new())).await.unwrap_err();
    assert_eq!(reset.kind(), io::ErrorKind::ConnectionReset);
    hours
}

#[tokio::test]
async fn a_connection_on_which_both_sides_are_silent_ends() {
    let (_server, mut client) = serve().await;
    let mut target = open(&mut client).await;
    let hours = hours(&mut client, &mut target).await;
    assert!((1.0..=2.1).contains(&hours), "{hours}");
}

#[tokio::test]
async fn a_connection_that_is_not_silent_ends_after_a_day() {
    let (_server, mut client) = serve().await;
    let mut target = open(&mut client).await;
    for number in 0..28 {
        sleep(Duration::from_mins(50)).await;
        client.write_all(&[number]).await.unwrap();
    }
    let hours = hours(&mut client, &mut target).await;
    assert!((0.6..0.8).contains(&hours), "{hours}");
}

#[tokio::test(start_paused = true)]
async fn a_byte_in_either_direction_breaks_the_silence() {
    let traffic = Traffic::default();
    let limit = Duration::from_mins(1);
    let mut silence = std::pin::pin!(traffic.silence(limit));
    for number in 0..10 {
        let waited = timeout(Duration::from_secs(59), &mut silence).await;
        assert!(waited.is_err(), "after {number} bytes");
        traffic.count(number % 2, (number + 1) % 2);
    }
    let begin = Instant::now();
    within(DAYS, silence).await;
    let waited = begin.elapsed();
    assert!(waited >= limit && waited < 2 * limit, "{waited:?}");
}

#[tokio::test]
async fn no_public_address_is_a_way_to_this_machine() {
    // Before it connects, the rule asks the system alone: these stand for public addresses here.
    let listener = TcpListener::bind((LOCALHOST, 0)).await.unwrap();
    let addr = listener.local_addr().unwrap();
    let deadline = Instant::now() + PATIENCE;
    let public = Dialer::new(Reach::new(Vec::new()));
    let mapped = SocketAddr::new(Ipv4Addr::LOCALHOST.to_ipv6_mapped().into(), addr.port());
    for addr in [addr, mapped] {
        let failure = public.connect(&[addr], deadline).await.unwrap_err();
        assert_eq!(failure, Code::NotAllowed, "{addr}");
    }
    dialer().connect(&[addr], deadline).await.unwrap();
}

//! Tests of what takes too long, or can't be had, over a port.

use std::future::ready;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::mpsc::channel;
use std::time::Duration;

use kai_tcp_server::{Cidr, Server, bits, start, with};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::Builder;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, pause, sleep, timeout};

use crate::Socks;
use crate::answer::Code;
use crate::dial::{Dialer, Target, connect};
use crate::login::Login;
use crate::reach::Reach;
use crate::relay::Traffic;

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
        let queue = [TcpStream::connect(addr).await?, TcpStream::connect(addr).await?];
        Ok(Silent {
            addr,
            _listener: listener,
            _queue: queue,
        })
    }
}

/// Starts the server in memory, for targets of this machine.
async fn serve() -> (Server, DuplexStream) {
    let socks = Socks::new(None, vec![Cidr::single(LOCALHOST)]);
    let server = start(with(socks, Socks::OPTIONS.in_memory())).await.unwrap();
    let client = server.connect().await.unwrap();
    (server, client)
}

async fn ask(client: &mut DuplexStream, addr: SocketAddr) {
    let port = addr.port();
    let request = bits!(5u8, 1u8, 0u8, 5u8, 1u8, 0u8, 1u8, [127, 0, 0, 1], port: u16);
    client.write_all(&request).await.unwrap();
    let mut greeting = [0; 2];
    client.read_exact(&mut greeting).await.unwrap();
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
    client.read_to_end(&mut answer).await.unwrap();
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
    let stream = connect(&[silent.addr, next], deadline).await.unwrap();
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
    let failure = connect(&[broadcast, refused], deadline).await.unwrap_err();
    assert_eq!(failure, Code::ConnectionRefused);
    let failure = connect(&[refused, broadcast], deadline).await.unwrap_err();
    assert_eq!(failure, Code::NetworkUnreachable);
    assert_eq!(connect(&[], deadline).await.unwrap_err(), Code::HostUnreachable);
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
    let failure = connect(&addresses, deadline).await.unwrap_err();
    assert_eq!(failure, Code::ConnectionRefused);
    connect(&addresses[1..], deadline).await.unwrap();
}

/// Opens a connection through the proxy, and pauses time. Returns the target's end.
async fn open(client: &mut DuplexStream) -> TcpStream {
    let listener = TcpListener::bind((LOCALHOST, 0)).await.unwrap();
    ask(client, listener.local_addr().unwrap()).await;
    let (target, _) = listener.accept().await.unwrap();
    let mut answer = [0; 10];
    client.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer[..2], [5, 0]);
    pause();
    target
}

/// Waits for the ends of a connection that was cut: for the target that is no end in good order.
/// Returns the hours that it took.
async fn hours(client: &mut DuplexStream, target: &mut TcpStream) -> f32 {
    let begin = Instant::now();
    assert_eq!(client.read(&mut [0; 1]).await.unwrap(), 0);
    let hours = begin.elapsed().as_secs_f32() / 3600.0;
    let reset = target.read_to_end(&mut Vec::new()).await.unwrap_err();
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
    silence.await;
    let waited = begin.elapsed();
    assert!(waited >= limit && waited < 2 * limit, "{waited:?}");
}

#[tokio::test]
async fn look_ups_are_limited() {
    let dialer = Dialer::new(Reach::new(vec![Cidr::single(LOCALHOST)]));
    let name = Target::name(b"localhost\0\x50").unwrap();
    let all = u32::try_from(dialer.lookups.available_permits()).unwrap();
    let _all = dialer.lookups.acquire_many(all).await.unwrap();
    pause();
    assert_eq!(dialer.dial(&name).await.unwrap_err(), Code::TtlExpired);
}

#[test]
fn a_look_up_counts_until_it_is_over_also_if_nobody_waits_for_it() {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(1)
        .build()
        .unwrap();
    runtime.block_on(async {
        // The look-up begins when the only thread for it is free.
        let (release, held) = channel::<()>();
        let blocker = spawn_blocking(move || held.recv().is_ok());
        let dialer = Dialer::new(Reach::new(vec![Cidr::single(LOCALHOST)]));
        let all = dialer.lookups.available_permits();
        let name = Target::name(b"localhost\0\x50").unwrap();
        tokio::select! {
            biased;
            _ = dialer.dial(&name) => panic!("nothing looks the name up"),
            () = ready(()) => {}
        }
        assert_eq!(dialer.lookups.available_permits(), all - 1);
        drop(release);
        blocker.await.unwrap();
        let all = dialer.lookups.acquire_many(u32::try_from(all).unwrap());
        assert!(timeout(Duration::from_secs(20), all).await.is_ok());
    });
}

#[test]
fn public_addresses_alone_are_reached_unless_networks_are_named() {
    let public = Reach::new(Vec::new());
    for ip in [
        "1.1.1.1",
        "9.255.255.255",
        "100.128.0.0",
        "172.32.0.1",
        "192.167.1.1",
        "223.255.255.255",
        "::ffff:1.1.1.1",
        "2606:4700:4700::1111",
        "2a00::1",
        "2001:4860:4860::8888",
    ] {
        assert!(public.contains(ip.parse().unwrap()), "{ip}");
    }
    for ip in [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.168.1.1",
        "198.19.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        // IPv4 in disguise: mapped, compatible, translated, 6to4, Teredo.
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
        "2001:db8::1",
        "fc00::1",
        "fd00::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "4000::1",
    ] {
        assert!(!public.contains(ip.parse().unwrap()), "{ip}");
    }
    let named = Reach::new(vec!["10.1.0.0/16".parse().unwrap(), "::1".parse().unwrap()]);
    for (ip, reached) in [
        ("10.1.2.3", true),
        ("::ffff:10.1.2.3", true),
        ("::1", true),
        ("10.2.0.1", false),
        ("1.1.1.1", false),
        ("::2", false),
    ] {
        assert_eq!(named.contains(ip.parse().unwrap()), reached, "{ip}");
    }
}

#[test]
fn errors_of_the_system_have_their_codes() {
    for (kind, code) in [
        (io::ErrorKind::PermissionDenied, 2),
        (io::ErrorKind::NetworkUnreachable, 3),
        (io::ErrorKind::NetworkDown, 3),
        (io::ErrorKind::HostUnreachable, 4),
        (io::ErrorKind::ConnectionRefused, 5),
        (io::ErrorKind::TimedOut, 6),
        (io::ErrorKind::AddrNotAvailable, 1),
        (io::ErrorKind::Other, 1),
    ] {
        assert_eq!(Code::from(io::Error::from(kind)) as u8, code, "{kind:?}");
    }
}

#[test]
fn a_login_is_the_whole_name_and_the_whole_password() {
    let login = Login::parse("anna:se:same").unwrap();
    assert!(login.is(b"anna", b"se:same"));
    for (name, password) in [
        ("anna", "se:sam"),
        ("anna", "se:samee"),
        ("anna", ""),
        ("ann", "se:same"),
        ("", ""),
        ("anna:se", "same"),
    ] {
        assert!(!login.is(name.as_bytes(), password.as_bytes()), "{name} {password}");
    }
    let longest = "x".repeat(255);
    assert!(Login::parse(&format!("{longest}:{longest}")).is_some());
    for wrong in [
        "",
        "anna",
        "anna:",
        ":sesame",
        &format!("{longest}x:x"),
        &format!("x:{longest}x"),
    ] {
        assert!(Login::parse(wrong).is_none(), "{wrong}");
    }
}

#[test]
fn names_are_plain() {
    for name in [
        "localhost",
        "www.example.test.",
        "_tcp.a-b.test",
        "xn--bcher-kva.test",
        "::1",
        "127.1",
    ] {
        let target = Target::name(&[name.as_bytes(), &[0x1f, 0x90]].concat()).unwrap();
        assert_eq!(target.to_string(), format!("{name}:8080"));
    }
    for name in [
        "",
        " ",
        "a b",
        "a\n",
        "a\0",
        "a\x1b[2J",
        "b\u{fc}cher.test",
        "a/b",
        "[::1]",
        "fe80::1%lo",
    ] {
        assert!(
            Target::name(&[name.as_bytes(), &[0, 80]].concat()).is_none(),
            "{name:?}"
        );
    }
    assert!(Target::name(b"").is_none() && Target::name(b"\0").is_none());
}

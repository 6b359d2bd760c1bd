//! Several listeners of one server.

#![cfg(unix)]
#![allow(clippy::unused_self)] // a callback's signature is given

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kai_tcp_server::{
    Action, ErrorKind, LocalAddr, Options, Result, Server, Socket, SuspendedPort, start, start_on, tcp_server, with,
};
use kai_tcp_server_tests::{Client, Folder, Log, eventually};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

/// Counts its connections, and remembers where each came from.
#[derive(Clone, Default)]
struct Counting {
    now: Arc<AtomicUsize>,
    peak: Arc<AtomicUsize>,
    places: Arc<Mutex<Vec<String>>>,
}

#[tcp_server(port = 0, packet = line(lf), max_processes = 4)]
impl Counting {
    fn connected(&self, socket: &mut Socket) {
        self.places.lock().unwrap().push(socket.local_addr().to_string());
        let now = self.now.fetch_add(1, SeqCst) + 1;
        self.peak.fetch_max(now, SeqCst);
    }

    async fn handle_call(&self, data: &str) -> Action {
        tokio::task::yield_now().await;
        reply(data.to_owned())
    }

    fn closed(&self) {
        self.now.fetch_sub(1, SeqCst);
    }
}

/// A server at two ports and a Unix socket.
async fn at_three(folder: &Folder, options: Options) -> (Server, Counting) {
    let listen: Vec<&'static str> = vec!["127.0.0.1:0", folder.unix("e")];
    let counting = Counting::default();
    let server = start(with(counting.clone(), options.listen(listen.leak())))
        .await
        .unwrap();
    (server, counting)
}

/// A stream to the n-th listener.
async fn connect(server: &Server, n: usize) -> Client<Box<dyn Stream>> {
    let stream: Box<dyn Stream> = match &server.local_addrs()[n] {
        LocalAddr::Ip(addr) => Box::new(TcpStream::connect(addr).await.unwrap()),
        LocalAddr::Unix(path) => Box::new(UnixStream::connect(path).await.unwrap()),
        other => panic!("{other}"),
    };
    Client::over(stream)
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// Waits until nobody listens there any more.
async fn refused(server: &Server, n: usize) {
    let begin = Instant::now();
    while !is_refused(server, n).await {
        assert!(begin.elapsed() < Duration::from_secs(20), "it stays open");
        tokio::task::yield_now().await;
    }
}

async fn is_refused(server: &Server, n: usize) -> bool {
    match &server.local_addrs()[n] {
        LocalAddr::Ip(addr) => TcpStream::connect(addr).await.is_err(),
        LocalAddr::Unix(path) => UnixStream::connect(path).await.is_err(),
        other => panic!("{other}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_listeners_share_max_processes_exactly_under_load() {
    const CLIENTS: usize = 8;
    const ROUNDS: usize = 25;
    let folder = Folder::new();
    let (server, counting) = at_three(&folder, Counting::OPTIONS.max_processes(3)).await;
    let mut clients = Vec::new();
    for n in (0..3 * CLIENTS).map(|client| client % 3) {
        let server = server.clone();
        clients.push(tokio::spawn(async move {
            for round in 0..ROUNDS {
                let mut client = connect(&server, n).await;
                client.call("hello\n", "hello\n").await;
                assert!(server.info().curr_connections <= 3);
                if round % 2 == 0 {
                    client.half_close().await;
                    client.expect_eof().await;
                }
            }
        }));
    }
    for client in clients {
        client.await.unwrap();
    }
    eventually("all have left", || server.info().curr_connections == 0).await;
    assert_eq!(
        counting.peak.load(SeqCst),
        3,
        "so many at a time, whichever listener they come to"
    );
    assert_eq!(server.info().accepted, (3 * CLIENTS * ROUNDS) as u64);
    for addr in server.local_addrs() {
        let places = counting.places.lock().unwrap();
        let count = places.iter().filter(|place| **place == addr.to_string()).count();
        assert_eq!(count, CLIENTS * ROUNDS, "{addr}");
    }
}

#[tokio::test]
async fn a_flood_at_one_listener_starves_nobody_at_another() {
    for flooded in 0..3 {
        let folder = Folder::new();
        let (server, counting) = at_three(&folder, Counting::OPTIONS.max_processes(1)).await;
        server.suspend(SuspendedPort::Kept).unwrap();
        let mut waiting = Vec::new();
        for _ in 0..20 {
            waiting.push(connect(&server, flooded).await);
        }
        for n in (0..3).filter(|n| *n != flooded) {
            waiting.push(connect(&server, n).await);
        }
        server.resume().await.unwrap();
        for client in &mut waiting {
            client.half_close().await;
        }
        for mut client in waiting {
            client.expect_eof().await;
        }
        let mut first = counting.places.lock().unwrap()[..3].to_vec();
        let mut all: Vec<String> = server.local_addrs().iter().map(ToString::to_string).collect();
        first.sort();
        all.sort();
        assert_eq!(first, all, "each of them is asked in turn");
    }
}

#[tokio::test]
async fn all_listeners_are_named_in_their_order() {
    let log = Log::new();
    let folder = Folder::new();
    let (server, _) = at_three(&folder, Counting::OPTIONS).await;
    let addrs = server.local_addrs();
    assert_eq!(addrs[2], LocalAddr::Unix(folder.path("e")));
    assert_eq!(addrs[2].to_string(), folder.unix("e"));
    assert_eq!(addrs[0], server.local_addr(), "`port` is the first");
    assert_ne!(addrs[0], addrs[1]);
    assert_eq!(server.info().local_addrs, addrs);
    assert_eq!(server.info().local_addr, addrs[0]);
    let all = format!("{}, {} and {}", addrs[0], addrs[1], addrs[2]);
    assert_eq!(server.tree().label, format!("Counting on {all}"));
    assert_eq!(format!("{server:?}"), format!("Server(Counting {all})"));
    let text = log.text();
    assert!(
        text.contains(&format!("Counting listens on {all}, 4 connections at a time")),
        "{text}"
    );
    let listed = server
        .options()
        .into_iter()
        .find(|option| option.name == "listen")
        .unwrap();
    assert_eq!(listed.value, Some(format!("127.0.0.1:0, {}", folder.unix("e"))));
}

#[tokio::test]
async fn the_local_addr_is_that_of_the_first_listener_with_an_ip_address() {
    let folder = Folder::new();
    let listen: Vec<&'static str> = vec![folder.unix("e"), "127.0.0.1:0"];
    let counting = Counting::default();
    let options = Options::new().listen(listen.leak());
    let server = start(with(counting, options)).await.unwrap();
    assert_eq!(server.local_addrs()[1], server.local_addr());
    let mut client = Client::connect(server.local_addr()).await;
    client.call("a\n", "a\n").await;
    let listen: Vec<&'static str> = vec![folder.unix("f")];
    let options = Options::new().listen(listen.leak());
    let server = start(with(Counting::default(), options)).await.unwrap();
    assert_eq!(server.local_addr(), ([0, 0, 0, 0], 0).into(), "there is none");
    assert_eq!(server.local_addrs().len(), 1);
    Client::at(folder.path("f")).await.call("a\n", "a\n").await;
}

#[tokio::test]
async fn a_suspended_server_keeps_or_releases_all_its_listeners() {
    let folder = Folder::new();
    let (server, _) = at_three(&folder, Counting::OPTIONS).await;
    server.suspend(SuspendedPort::Kept).unwrap();
    let mut waiting = Vec::new();
    for n in 0..3 {
        let mut client = connect(&server, n).await;
        client.send(format!("{n}\n")).await;
        waiting.push(client);
    }
    assert_eq!(server.info().accepted, 0);
    server.suspend(SuspendedPort::Released).unwrap();
    for client in &mut waiting {
        client.expect_eof().await;
    }
    for n in 0..3 {
        refused(&server, n).await;
    }
    assert!(!folder.path("e").exists(), "another may listen there");
    // All are open again or none.
    let other = std::os::unix::net::UnixListener::bind(folder.path("e")).unwrap();
    let error = server.resume().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Listen);
    assert!(error.to_string().ends_with("e is taken"), "{error}");
    assert!(is_refused(&server, 0).await && is_refused(&server, 1).await);
    drop(other);
    let before = server.local_addrs();
    server.resume().await.unwrap();
    assert_eq!(
        server.local_addrs(),
        before,
        "a port that the system chose stays the server's"
    );
    for n in 0..3 {
        connect(&server, n).await.call("a\n", "a\n").await;
    }
}

#[tokio::test]
async fn a_listener_that_cant_be_had_is_named_and_none_is_left_open() {
    let folder = Folder::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let listen = vec![folder.unix("e"), addr.to_string().leak()];
    let options = Counting::OPTIONS.port(free.port()).listen(listen.leak());
    let error = start(with(Counting::default(), options)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Listen);
    assert_eq!(error.to_string(), format!("port {} of 127.0.0.1 is taken", addr.port()));
    assert!(TcpStream::connect(free).await.is_err());
    assert!(!folder.path("e").exists());
    drop(taken);
    let server = start(with(Counting::default(), options)).await.unwrap();
    server.stop().await;
}

#[tokio::test]
async fn limits_by_address_hold_for_ip_peers_alone() {
    use kai_tcp_server::Cidr;
    const ALLOW: &[Cidr] = &[Cidr::single(std::net::IpAddr::V4(std::net::Ipv4Addr::new(
        192, 0, 2, 1,
    )))];
    let folder = Folder::new();
    let (server, _) = at_three(&folder, Counting::OPTIONS.allow(ALLOW).max_per_ip(1)).await;
    for n in 0..2 {
        connect(&server, n).await.expect_gone().await;
    }
    // The file's mode says who may connect to a Unix socket.
    let mut clients = Vec::new();
    for _ in 0..3 {
        let mut client = connect(&server, 2).await;
        client.call("a\n", "a\n").await;
        clients.push(client);
    }
    assert_eq!(server.info().refused.denied, 2);
}

#[test]
fn a_server_may_have_no_port_of_its_own() -> Result {
    struct Echo;

    #[tcp_server(listen = ["127.0.0.1:0", "[::1]:0"])]
    impl Echo {
        fn handle_call(&self, data: &[u8]) -> Action {
            reply(data)
        }
    }

    Echo::OPTIONS.check()
}

#[tokio::test]
async fn nothing_is_plain_that_was_to_speak_tls() {
    const AT_ONCE: &[&str] = &["127.0.0.1:0", "127.0.0.1:0 tls cert=a.pem key=a.key"];
    const LATER: &[&str] = &["127.0.0.1:0 starttls cert=a.pem key=a.key"];
    let certified = Options::new().port(0).tls_cert(&["a.pem"]).tls_key(&["a.key"]);
    for options in [
        certified,
        certified.tls_starttls(true),
        Options::new().port(0).tls_starttls(true),
        Options::new().listen(AT_ONCE),
        Options::new().listen(LATER),
    ] {
        let error = start(with(Counting::default(), options)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Options);
        assert!(error.to_string().contains("tls"), "{error}");
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let error = start_on(with(Counting::default(), certified), listener).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Options);
}

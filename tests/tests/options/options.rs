//! The effect of each option. (`packet_size`, `recv_limit`, `mailbox`, `max_processes`,
//! `max_restarts`, `restart_period`, `shutdown`, `recv_timeout`, `send_timeout`, `active` and
//! `name` are the subjects of other files.)

#![allow(clippy::unused_self)] // a callback's signature is given

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use kai_tcp_server::{Action, ErrorKind, LocalAddr, Options, Packet, Server, Socket, start, tcp_server, with};
use kai_tcp_server_tests::Client;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;

struct Echo;

#[tcp_server(port = 0)]
impl Echo {
    async fn handle_call(&self, data: &str, socket: &mut Socket) -> kai_tcp_server::Result<Action> {
        Ok(match data {
            "two\n" => {
                // One small write after another.
                socket.write_all(b"one\n").await?;
                socket.flush().await?;
                reply("two\n")
            }
            "bye\n" => close("cya\n"),
            data => reply(data.to_owned()),
        })
    }
}

async fn echo(options: Options) -> Server {
    start(with(Echo, options)).await.unwrap()
}

#[tokio::test]
async fn port_is_the_one_that_is_listened_on_and_0_is_a_free_one() {
    let free = echo(Echo::OPTIONS).await;
    let port = free.local_addr().port();
    assert_ne!(port, 0);
    free.stop().await;
    let server = echo(Echo::OPTIONS.port(port)).await;
    assert_eq!(server.local_addr(), SocketAddr::from(([127, 0, 0, 1], port)));
    Client::connect(server.local_addr()).await.call("a\n", "a\n").await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_an_error_with_its_cause() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = start(with(Echo, Echo::OPTIONS.port(port))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Listen);
    assert_eq!(error.to_string(), format!("port {port} of 127.0.0.1 is taken"));
    assert!(std::error::Error::source(&error).is_some());
    // Two servers of this kind don't share one either.
    let first = echo(Echo::OPTIONS).await;
    let error = start(with(Echo, Echo::OPTIONS.port(first.local_addr().port()))).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Listen);
}

#[tokio::test]
async fn ip_is_the_address_that_is_listened_on() {
    let server = echo(Echo::OPTIONS.ip([127, 0, 0, 2].into())).await;
    let port = server.local_addr().port();
    Client::connect(([127, 0, 0, 2], port)).await.call("a\n", "a\n").await;
    TcpStream::connect(("127.0.0.1", port)).await.unwrap_err();

    let foreign = start(with(Echo, Echo::OPTIONS.ip([192, 0, 2, 1].into())))
        .await
        .unwrap_err();
    assert_eq!(foreign.kind(), ErrorKind::Listen);
    assert_eq!(foreign.to_string(), "192.0.2.1 is no address of this machine");
}

#[tokio::test]
async fn the_unspecified_address_of_ipv6_takes_both_families() {
    if TcpListener::bind("[::1]:0").await.is_err() {
        eprintln!("SKIPPED: needs IPv6");
        return;
    }
    let server = echo(Echo::OPTIONS.ip(IpAddr::V6(Ipv6Addr::UNSPECIFIED))).await;
    let port = server.local_addr().port();
    Client::connect(([127, 0, 0, 1], port)).await.call("a\n", "a\n").await;
    Client::connect((Ipv6Addr::LOCALHOST, port))
        .await
        .call("a\n", "a\n")
        .await;
}

#[tokio::test]
async fn backlog_is_how_many_wait() {
    // As many as the option says, and more.
    let wide = echo(Echo::OPTIONS.max_processes(1)).await;
    let mut served = Client::connect(wide.local_addr()).await;
    served.call("a\n", "a\n").await;
    let mut waiting = Vec::new();
    for _ in 0..500 {
        waiting.push(Client::connect(wide.local_addr()).await);
    }
    // Linux admits one more than the option says; the next client must try again, a second later at
    // the earliest.
    let narrow = echo(Echo::OPTIONS.max_processes(1).backlog(1)).await;
    let mut served = Client::connect(narrow.local_addr()).await;
    served.call("a\n", "a\n").await;
    let mut waiting = 0;
    let mut streams = Vec::new();
    while let Ok(stream) = timeout(Duration::from_millis(300), TcpStream::connect(narrow.local_addr())).await {
        streams.push(stream.unwrap());
        waiting += 1;
        assert!(waiting < 100, "nobody has to wait outside");
    }
    assert!((1..=2).contains(&waiting), "{waiting} wait");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn reuseaddr_takes_a_port_that_was_served_a_moment_ago() {
    let server = echo(Echo::OPTIONS).await;
    let addr = server.local_addr();
    // The server closes first, so its side of the connection stays for a minute.
    let mut client = Client::connect(addr).await;
    client.call("bye\n", "cya\n").await;
    client.expect_eof().await;
    drop(client);
    server.stop().await;
    let refused = start(with(Echo, Echo::OPTIONS.port(addr.port()).reuseaddr(false))).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Listen);
    let server = echo(Echo::OPTIONS.port(addr.port())).await;
    Client::connect(server.local_addr()).await.call("a\n", "a\n").await;
}

/// Returns the shortest delay of many tries between two small writes.
async fn shortest_lag(options: Options) -> Duration {
    let server = echo(options).await;
    let mut shortest = Duration::MAX;
    for _ in 0..10 {
        let mut client = Client::connect(server.local_addr()).await;
        // Repeat until acknowledgements are delayed.
        for _ in 0..20 {
            client.call("a\n", "a\n").await;
        }
        client.call("two\n", "one\n").await;
        let one = Instant::now();
        client.expect("two\n").await;
        shortest = shortest.min(one.elapsed());
    }
    shortest
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn nodelay_sends_a_small_write_behind_another_at_once() {
    let nodelay = shortest_lag(Echo::OPTIONS).await;
    let delayed = shortest_lag(Echo::OPTIONS.nodelay(false)).await;
    // A delayed acknowledgement takes 40 ms.
    assert!(nodelay < Duration::from_millis(30), "{nodelay:?}");
    assert!(delayed > Duration::from_millis(30), "{delayed:?}");
}

/// Returns whether the system has a keepalive timer for the connection to `peer`, from
/// `/proc/net/tcp`.
fn is_kept_alive(server: SocketAddr, peer: SocketAddr) -> bool {
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let (local, remote) = (format!(":{:04X}", server.port()), format!(":{:04X}", peer.port()));
    let line = table
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .find(|columns| columns[1].ends_with(&local) && columns[2].ends_with(&remote))
        .unwrap();
    // The kind of the running timer: 02 is keepalive.
    line[5].starts_with("02:")
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn keepalive_makes_the_system_look_after_silent_peers() {
    for keepalive in [true, false] {
        let server = echo(Echo::OPTIONS.keepalive(keepalive)).await;
        let mut client = Client::connect(server.local_addr()).await;
        client.call("a\n", "a\n").await;
        let addr = client.local_addr();
        kai_tcp_server_tests::eventually("the timer is as asked for", || {
            is_kept_alive(server.local_addr(), addr) == keepalive
        })
        .await;
    }
}

#[tokio::test]
async fn packet_size_counts_the_whole_line_and_what_stands_behind_a_header() {
    let server = echo(Echo::OPTIONS.packet_size(8)).await;
    let mut client = Client::connect(server.local_addr()).await;
    client.call("1234567\n", "1234567\n").await;
    client.send("12345678\n").await;
    client.expect_eof().await;
}

/// Takes lines that end in a semicolon, unless a test sets other options.
struct Ended;

#[tcp_server(port = 0, delimiter = b';', max_processes = 2)]
impl Ended {
    fn handle_call(&self, data: &[u8], socket: &mut Socket) -> Action {
        match data {
            b"counted;" => {
                socket.set_packet(Packet::One);
                noreply
            }
            b"lines" => {
                socket.set_packet(Packet::Line);
                reply("ok")
            }
            data => reply(("<", data, ">")),
        }
    }
}

#[tokio::test]
async fn delimiter_ends_the_lines_of_every_connection() {
    let server = start(with(Ended, Ended::OPTIONS.in_memory().delimiter(b'|')))
        .await
        .unwrap();
    for _ in 0..3 {
        // The arms are checked against it, so it doesn't change.
        let mut client = Client::in_memory(&server).await;
        client.call("a\n;;b|;", "<a\n;><;><b|;>").await;
        // It survives a change of the mode and back.
        client.call("counted;\x05lines", "ok").await;
        client.call("c\nd;", "<c\nd;>").await;
    }
}

#[tokio::test]
async fn delimiter_is_for_line_alone() {
    let options = Options::new().port(0).delimiter(b'\0');
    assert!(options.check().is_ok());
    assert!(options.packet(Packet::Line).check().is_ok());
    for packet in [Packet::LineLf, Packet::Four, Packet::Raw, Packet::Http] {
        let error = options.packet(packet).check().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Options);
        assert!(
            error
                .to_string()
                .starts_with("delimiter says what ends a line of packet = line alone")
        );
    }
}

#[tokio::test]
async fn in_memory_has_no_port_and_needs_none() {
    let server = echo(Options::new().in_memory()).await;
    assert_eq!(server.local_addrs(), [LocalAddr::Memory]);
    let mut client = Client::in_memory(&server).await;
    client.call("a\nbye\n", "a\ncya\n").await;
    client.expect_eof().await;
}

#[tokio::test]
async fn in_memory_connections_beyond_max_processes_wait_their_turn() {
    let server = echo(Echo::OPTIONS.in_memory().max_processes(1)).await;
    let mut first = Client::in_memory(&server).await;
    first.call("a\n", "a\n").await;
    let mut second = Client::in_memory(&server).await;
    second.send("b\n").await;
    first.call("c\n", "c\n").await;
    assert_eq!(server.info().accepted, 1);
    drop(first);
    second.expect("b\n").await;
}

/// The client's receive window is small, so that unread bytes stay with the server.
#[tokio::test]
async fn send_timeout_closes_a_peer_of_a_port_that_reads_nothing() {
    let server = echo(
        Echo::OPTIONS
            .send_timeout(Duration::from_millis(200))
            .packet_size(1 << 25),
    )
    .await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut client = Client::over(socket.connect(server.local_addr()).await.unwrap());
    let mut line = vec![b'x'; 16 * 1024 * 1024];
    *line.last_mut().unwrap() = b'\n';
    client.send(line).await;
    kai_tcp_server_tests::eventually("it is closed", || {
        let info = server.info();
        info.calls == 1 && info.curr_connections == 0
    })
    .await;
    client.expect_gone().await;
}

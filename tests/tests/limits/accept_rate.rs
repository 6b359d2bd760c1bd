//! `accept_rate`: a number of connections per second; the others wait.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::time::Duration;

use kai_tcp_server::{Action, Options, Server, start, tcp_server, with};
use kai_tcp_server_tests::{Client, eventually};
use tokio::io::DuplexStream;
use tokio::time::Instant;

struct Echo;

#[tcp_server(port = 0, packet = line(lf), max_processes = 1000)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

async fn echo(options: Options) -> Server {
    start(with(Echo, options)).await.unwrap()
}

/// Connects `count` clients and waits until each is served; returns the times in milliseconds from
/// now.
async fn served_at(server: &Server, count: usize) -> Vec<u128> {
    let begin = Instant::now();
    let mut clients: Vec<Client<DuplexStream>> = Vec::new();
    for _ in 0..count {
        let mut client = Client::in_memory(server).await;
        client.send("hello\n").await;
        clients.push(client);
    }
    let mut times = Vec::new();
    for client in &mut clients {
        client.expect("hello\n").await;
        times.push(begin.elapsed().as_millis());
    }
    times
}

#[tokio::test(start_paused = true)]
async fn after_a_burst_of_a_second_they_are_let_in_one_by_one() {
    let server = echo(Echo::OPTIONS.in_memory().accept_rate(10)).await;
    // A quiet time saves up the connections of one second, however long it was.
    tokio::time::advance(Duration::from_secs(100)).await;
    let times = served_at(&server, 25).await;
    assert!(times[..10].iter().all(|&time| time < 10), "{times:?}");
    for (n, &time) in times[10..].iter().enumerate() {
        let due = 100 * (n as u128 + 1);
        assert!((due..due + 10).contains(&time), "{n}: {time} of {times:?}");
    }
    // Half of a second saves up half of the burst.
    tokio::time::advance(Duration::from_millis(500)).await;
    let times = served_at(&server, 6).await;
    assert!(times[4] < 10 && times[5] >= 90, "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn one_a_second_is_one_a_second() {
    let server = echo(Echo::OPTIONS.in_memory().accept_rate(1)).await;
    let times = served_at(&server, 4).await;
    for (n, &time) in times.iter().enumerate() {
        let due = 1000 * n as u128;
        assert!((due..due + 10).contains(&time), "{times:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn waiting_for_its_turn_delays_neither_a_stop_nor_a_lowered_max_processes() {
    let server = echo(Echo::OPTIONS.in_memory().accept_rate(1).max_processes(3)).await;
    let mut first = Client::in_memory(&server).await;
    first.call("hello\n", "hello\n").await;
    let waiting = Client::in_memory(&server).await;
    assert!(
        server.tree().to_string().ends_with("1 idle acceptor"),
        "{}",
        server.tree()
    );
    let begin = Instant::now();
    server.set_max_processes(1).unwrap();
    while server.tree().to_string().contains("idle") {
        tokio::task::yield_now().await;
    }
    server.set_max_processes(3).unwrap();
    // An established connection is waited for, and a waiting one has the time of a lingering close.
    drop((first, waiting));
    server.stop().await;
    assert!(begin.elapsed() < Duration::from_millis(100), "{:?}", begin.elapsed());
}

/// The server admits at most one connection per second. If the 60 refused ones counted, they would
/// take 60 seconds; a busy machine takes far less.
#[cfg(target_os = "linux")]
mod turned_away {
    use std::net::{IpAddr, Ipv4Addr};

    use kai_tcp_server::{Cidr, Overload, ServerInfo};
    use tokio::net::TcpSocket;

    use super::*;

    const TURNED_AWAY: u64 = 60;
    const IN_TIME: Duration = Duration::from_secs(30);

    const HERE: Ipv4Addr = Ipv4Addr::LOCALHOST;
    const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

    async fn connect(server: &Server, from: Ipv4Addr) -> Client {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((from, 0).into()).unwrap();
        Client::over(socket.connect(server.local_addr()).await.unwrap())
    }

    /// Checks that connections from [`HERE`] are refused and counted by `count`, and that one from
    /// [`ELSEWHERE`] is served.
    async fn use_up_none_of_it(server: &Server, count: fn(&ServerInfo) -> u64) {
        let begin = std::time::Instant::now();
        for n in 1..=TURNED_AWAY {
            connect(server, HERE).await.expect_gone().await;
            eventually("it is counted", || count(&server.info()) == n).await;
        }
        connect(server, ELSEWHERE).await.call("hello\n", "hello\n").await;
        let took = begin.elapsed();
        assert!(took < IN_TIME, "{took:?} for {TURNED_AWAY} that were turned away");
    }

    #[tokio::test]
    async fn those_whom_deny_turns_away_use_up_none_of_it() {
        const DENIED: &[Cidr] = &[Cidr::single(IpAddr::V4(HERE))];
        let server = echo(Echo::OPTIONS.accept_rate(1).deny(DENIED)).await;
        use_up_none_of_it(&server, |info| info.refused.denied).await;
    }

    #[tokio::test]
    async fn those_whom_allow_turns_away_use_up_none_of_it() {
        const ALLOWED: &[Cidr] = &[Cidr::single(IpAddr::V4(ELSEWHERE))];
        let server = echo(Echo::OPTIONS.accept_rate(1).allow(ALLOWED)).await;
        use_up_none_of_it(&server, |info| info.refused.denied).await;
    }

    #[tokio::test]
    async fn those_whom_overload_turns_away_use_up_none_of_it() {
        let options = Echo::OPTIONS.accept_rate(1).max_processes(1).overload(Overload::Refuse);
        let server = echo(options).await;
        let mut first = connect(&server, ELSEWHERE).await;
        first.call("hello\n", "hello\n").await;
        let begin = std::time::Instant::now();
        for n in 1..=TURNED_AWAY {
            connect(&server, HERE).await.expect_gone().await;
            eventually("it is counted", || server.info().refused.overloaded == n).await;
        }
        drop(first);
        eventually("the process is free", || server.info().curr_connections == 0).await;
        connect(&server, ELSEWHERE).await.call("hello\n", "hello\n").await;
        let took = begin.elapsed();
        assert!(took < IN_TIME, "{took:?} for {TURNED_AWAY} that were turned away");
    }

    #[tokio::test]
    async fn those_whom_max_per_ip_turns_away_use_up_none_of_it() {
        let server = echo(Echo::OPTIONS.accept_rate(1).max_per_ip(1)).await;
        let mut first = connect(&server, HERE).await;
        first.call("hello\n", "hello\n").await;
        use_up_none_of_it(&server, |info| info.refused.per_ip).await;
        first.call("hello\n", "hello\n").await;
    }
}

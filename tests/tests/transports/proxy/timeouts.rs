//! How long a header may take. In memory, where time can be paused; who connects there is trusted.

use std::time::Duration;

use kai_tcp_server::{CloseReason, Options, PeerAddr};
use kai_tcp_server_tests::{Client, eventually};
use tokio::io::DuplexStream;
use tokio::time::{Instant, sleep, timeout};

use super::refused::debug_log;
use super::{CLIENT, Echo, OPTIONAL, Play, V1, V2, addr, is_served, play};

fn in_memory(options: Options) -> Options {
    options.in_memory().recv_timeout(Duration::from_mins(5))
}

async fn connect(play: &Play, begin: &[u8]) -> Client<DuplexStream> {
    let mut client = Client::in_memory(&play.server).await;
    client.send(begin).await;
    client
}

fn is_about(took: Duration, limit: Duration) {
    assert!(
        took >= limit && took < limit + Duration::from_secs(1),
        "{took:?}, not {limit:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_header_has_a_deadline_of_its_own() {
    let (five, three) = (Duration::from_secs(5), Duration::from_secs(3));
    for (options, begin, limit, said) in [
        (Echo::OPTIONS, &b""[..], five, "no PROXY header came within 5s"),
        (
            Echo::OPTIONS,
            b"P",
            five,
            "the PROXY header didn't come as a whole within 5s",
        ),
        (
            OPTIONAL,
            &V1[..40],
            five,
            "the PROXY header didn't come as a whole within 5s",
        ),
        (
            Echo::OPTIONS.proxy_timeout(three),
            &V2[..20],
            three,
            "the PROXY header didn't come as a whole within 3s",
        ),
        // The limits of the whole handshake aren't exceeded.
        (
            Echo::OPTIONS.proxy_timeout(Duration::from_mins(1)),
            b"",
            Duration::from_secs(10),
            "no PROXY header came within 10s",
        ),
    ] {
        let (log, _guard) = debug_log();
        let mut play = play(in_memory(options)).await;
        let begun = Instant::now();
        let mut silent = connect(&play, begin).await;
        silent.expect_eof().await;
        is_about(begun.elapsed(), limit);
        assert!(log.text().contains(said), "{}", log.text());
        is_served(&mut connect(&play, V1).await).await;
        assert_eq!(play.connected().await.0, addr(CLIENT));
    }
}

#[tokio::test(start_paused = true)]
async fn bytes_that_trickle_in_dont_prolong_it() {
    let mut play = play(in_memory(Echo::OPTIONS)).await;
    let begun = Instant::now();
    let mut client = connect(&play, b"").await;
    for byte in V1 {
        sleep(Duration::from_millis(200)).await;
        if tokio::io::AsyncWriteExt::write_all(client.stream(), &[*byte])
            .await
            .is_err()
        {
            break;
        }
    }
    client.expect_eof().await;
    is_about(begun.elapsed(), Duration::from_secs(5));
    play.nothing_was_told();
}

#[tokio::test(start_paused = true)]
async fn a_proxy_that_may_send_none_and_is_silent_is_served_after_a_while() {
    for (recv_timeout, waits) in [(300, 5), (3, 3)] {
        for begin in [&b""[..], b"PROX", b"\r\n\r\n"] {
            let options = in_memory(OPTIONAL).recv_timeout(Duration::from_secs(recv_timeout));
            let mut play = play(options).await;
            let begun = Instant::now();
            let mut client = connect(&play, begin).await;
            let (peer, proxy) = play.connected().await;
            assert_eq!(peer, PeerAddr::Memory);
            assert!(proxy.is_none());
            is_about(begun.elapsed(), Duration::from_secs(waits));
            // What it had sent is the protocol's.
            client.send("IES\n").await;
            let answer = client.line().await;
            assert!(answer.ends_with('\n'));
            let frame = [begin, b"IES\n"].concat();
            let first = frame.split_inclusive(|&byte| byte == b'\n').next().unwrap();
            assert_eq!(answer.as_bytes(), first);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_header_that_comes_too_late_ends_the_connection() {
    let (log, _guard) = debug_log();
    for (begin, rest) in [(&b""[..], V1), (b"", V2), (&V1[..3], &V1[3..]), (&V2[..1], &V2[1..])] {
        let mut play = play(in_memory(OPTIONAL)).await;
        let mut client = connect(&play, begin).await;
        play.connected().await;
        client.send(rest).await;
        client.expect_gone().await;
        assert_eq!(play.closed().await, CloseReason::Malformed);
    }
    assert!(
        log.text().contains("refused memory: its PROXY header came too late"),
        "{}",
        log.text()
    );
}

#[tokio::test(start_paused = true)]
async fn a_reload_changes_it_for_connections_that_come() {
    let mut play = play(in_memory(Echo::OPTIONS)).await;
    let options = in_memory(Echo::OPTIONS).proxy_timeout(Duration::from_secs(2));
    play.server.reload(options).unwrap();
    let begun = Instant::now();
    connect(&play, b"").await.expect_eof().await;
    is_about(begun.elapsed(), Duration::from_secs(2));
    play.nothing_was_told();
}

#[tokio::test]
async fn headers_that_hang_hold_up_nobody_else() {
    let play = play(Echo::OPTIONS.max_processes(4)).await;
    let hanging = [
        play.connect("").await,
        play.connect(&V1[..20]).await,
        play.connect(&V2[..20]).await,
    ];
    eventually("they are accepted", || play.server.info().curr_connections == 3).await;
    for _ in 0..20 {
        let mut client = play.connect(V1).await;
        let served = timeout(Duration::from_secs(4), is_served(&mut client)).await;
        served.expect("it waits for nobody");
        drop(client);
    }
    drop(hanging);
}

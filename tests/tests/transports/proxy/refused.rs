//! Who is refused, and what is said of it.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kai_tcp_server::PeerAddr;
use kai_tcp_server_tests::{Client, Log, eventually, subscribe};
use tokio::time::Instant;
use tracing::Level;
use tracing::subscriber::DefaultGuard;

use super::{Echo, OPTIONAL, V1, V2, is_served, play};

/// The log, with what is said of handshakes.
#[derive(Clone, Default)]
pub(super) struct DebugLog(Arc<Mutex<Vec<u8>>>);

impl Write for DebugLog {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl DebugLog {
    pub(super) fn text(&self) -> String {
        let text = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&text).into_owned()
    }
}

/// Returns the log of this thread, for as long as the guard lives.
pub(super) fn debug_log() -> (DebugLog, DefaultGuard) {
    let log = DebugLog::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::DEBUG)
        .with_ansi(false)
        .without_time()
        .with_writer(move || writer.clone());
    (log, subscribe(subscriber.finish()))
}

#[tokio::test]
async fn what_is_no_right_header_is_refused_with_its_mistake() {
    let too_long = [&V2[..14], b"\xff\xff"].concat();
    let wrong_crc = [&V2[..14], b"\0\x13", &V2[16..], b"\x03\0\x04abcd"].concat();
    let broken_tlv = [&V2[..14], b"\0\x0f", &V2[16..], b"\x01\0\x04"].concat();
    let endless = [b"PROXY UNKNOWN ".to_vec(), vec![b'x'; 93]].concat();
    let headers: [(&[u8], &str); 14] = [
        (b"hello\n", "what came is no PROXY header"),
        (b"\r\n\r\nhello\n", "what came is no PROXY header"),
        (b"GET / HTTP/1.1\r\n", "what came is no PROXY header"),
        (b"PROXY", "the connection ended in the middle of its PROXY header"),
        (b"", "the connection ended without a PROXY header"),
        (
            &too_long,
            "the PROXY header says that it is 65551 bytes long: at most 4096 are taken",
        ),
        (
            &endless,
            "the PROXY header is malformed: v1 header exceeds 107-byte limit",
        ),
        (
            b"PROXY TCP4 192.0.2.1 203.0.113.7 1 2\n",
            "the line of the PROXY header doesn't end with CRLF",
        ),
        (
            b"PROXY TCP4 192.0.2.1 203.0.113.7 +1 2\r\n",
            "a port in the PROXY header is no number",
        ),
        (
            b"PROXY TCP4 192.0.2.1 ::1 1 2\r\n",
            "the PROXY header is malformed: invalid IP address: ::1",
        ),
        (&wrong_crc, "the checksum of the PROXY header is wrong"),
        (&broken_tlv, "the PROXY header is malformed: malformed TLV at offset 0"),
        (
            b"\r\n\r\n\0\r\nQUIT\n\x11\x11\0\0",
            "the PROXY header is malformed: unsupported protocol version",
        ),
        (
            b"\r\n\r\n\0\r\nQUIT\n\x21\x01\0\0",
            "the PROXY header is malformed: PROXY command requires",
        ),
    ];
    for (header, said) in headers {
        let (log, _guard) = debug_log();
        let mut play = play(Echo::OPTIONS).await;
        let mut client = play.connect(header).await;
        client.half_close().await;
        client.expect_gone().await;
        let said = format!("the handshake failed: {said}");
        eventually("it is over", || {
            log.text().contains("connection closed: the handshake failed")
        })
        .await;
        assert!(log.text().contains(&said), "{}: {}", header.escape_ascii(), log.text());
        assert!(log.text().contains("peer=proxy 127.0.0.1:"), "{}", log.text());
        play.nothing_was_told();
        is_served(&mut play.connect(V1).await).await;
    }
}

/// In memory, where a goodbye that waits for its peer would take a second of paused time.
#[tokio::test(start_paused = true)]
async fn a_mistake_is_answered_at_once_and_frees_the_process_at_once() {
    let mut play = play(OPTIONAL.in_memory().max_processes(1)).await;
    let begun = Instant::now();
    // They stay connected.
    let mut open = Vec::new();
    for header in [
        &[&V2[..14], b"\xff\xff"].concat()[..],
        b"PROXY TCP4 1 2 3 4\n",
        b"PROXY TCP5 \r\n",
    ] {
        let mut client = Client::in_memory(&play.server).await;
        client.send(header).await;
        client.expect_eof().await;
        open.push(client);
    }
    let mut next = Client::in_memory(&play.server).await;
    next.send(V1).await;
    is_served(&mut next).await;
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
    play.connected().await;
    play.nothing_was_told();
}

#[tokio::test]
async fn a_log_line_cant_be_forged_by_a_header() {
    let (log, _guard) = debug_log();
    let play = play(Echo::OPTIONS).await;
    let mut client = play.connect(b"PROXY TCP4 \x1b[31mred\nline 203.0.113.7 1 2\r\n").await;
    client.expect_gone().await;
    let mut client = play.connect(b"PROXY TCP\x1b[31mred \x0b2 3 4 5\r\n").await;
    client.expect_gone().await;
    eventually("it is said", || log.text().contains("TCP\\u{1b}[31mred")).await;
    assert!(!log.text().contains('\x1b'), "{}", log.text());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn only_proxies_may_connect_where_a_header_is_required() {
    use super::optional::stranger;

    let log = Log::new();
    let mut play = play(Echo::OPTIONS.max_processes(1)).await;
    let mut open = Vec::new();
    for begin in [&b""[..], V1, V2, b"hello\n"] {
        let mut client = stranger(&play).await;
        client.send(begin).await;
        // At once, without a header or an end.
        client.expect_gone().await;
        open.push(client);
    }
    eventually("all are gone", || play.server.info().curr_connections == 0).await;
    play.nothing_was_told();
    let text = log.text();
    let said = "only proxies may connect, and trusted_proxies doesn't list it";
    let lines: Vec<&str> = text.lines().filter(|line| line.contains(said)).collect();
    // One in ten seconds.
    assert!(
        matches!(lines[..], [line] if line.contains("WARN") && line.contains("refused 127.0.0.2:")),
        "{text}"
    );
    is_served(&mut play.connect(V1).await).await;
    assert!(matches!(play.connected().await.0, PeerAddr::Ip(_)));
}

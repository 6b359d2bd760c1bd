//! Hostile bytes survive the way into a recording and back, and do nothing to a terminal; hostile
//! recordings are refused or played.

use kai_tcp_server::record::Recording;
use kai_tcp_server::test::Replay;
use kai_tcp_server::{Action, start, tcp_server, with};
use kai_tcp_server_tests::recordings::{Echo, RECORDING, is_played_or_refused};
use kai_tcp_server_tests::{Client, Folder, Random, eventually};

use super::desk::text;

struct Raw;

#[tcp_server(port = 0, packet = raw)]
impl Raw {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

/// Lines that look like a recording's own, and what terminals and pages take for orders.
const LINES: [&[u8]; 22] = [
    b"S! closed",
    b"C! reset",
    b"C: hello",
    b"S. hello",
    b"(wait 5s)",
    b"(packet 4)",
    b"# no comment",
    b"0.000000 #1 S! closed",
    b"0.000000 #1 (ended: the peer closed)",
    b"S! left out 5 bytes",
    b"",
    b" ",
    b"  two blanks  ",
    b"{name} {{name}} {_} {rest..} {",
    b"}",
    br"\r\n \x41 \q \",
    b"\x1b[2J\x1b]0;title\x07",
    b"</pre><script>alert(1)</script>",
    b"\x80\xff\xc3\x28 no UTF-8",
    "\u{202e}turned \u{e000} \u{85} ünïcödé".as_bytes(),
    b"\ta\rb\nc\x0bd\x0ce\x7f",
    b"\r",
];

fn is_harmless(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'\n' | b' '..=b'~'))
}

#[tokio::test]
async fn hostile_lines_are_recorded_and_played_byte_by_byte() {
    let folder = Folder::new();
    let server = start(Echo).await.unwrap();
    let recorder = server
        .record(Recording::in_dir(folder.path("recordings")))
        .await
        .unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    for line in LINES {
        let line = [line, b"\r\n"].concat();
        client.call(&line, &line).await;
    }
    client.half_close().await;
    client.expect_eof().await;
    eventually("the connection ends", || server.info().curr_connections == 0).await;
    let text = text(&recorder.stop().await.unwrap());
    assert!(is_harmless(&text), "{text}");
    let replayed = Replay::parse(&text).unwrap().in_memory(Echo).unwrap();
    let bytes: usize = LINES.iter().map(|line| line.len() + 2).sum();
    assert_eq!((replayed.sent, replayed.received), (bytes as u64, bytes as u64));
    assert_eq!(replayed.skipped, []);
}

#[tokio::test]
async fn any_bytes_in_any_pieces_are_recorded_and_played_byte_by_byte() {
    let mut random = Random(7);
    let folder = Folder::new();
    let server = start(with(Raw, Raw::OPTIONS.max_processes(4))).await.unwrap();
    let recorder = server
        .record(Recording::in_dir(folder.path("recordings")))
        .await
        .unwrap();
    let mut sent = 0;
    for _ in 0..20 {
        let mut client = Client::connect(server.local_addr()).await;
        for _ in 0..random.below(8) {
            let bytes: Vec<u8> = match random.below(3) {
                0 => (0..random.below(100_000)).map(|_| random.byte()).collect(),
                1 => (0..random.below(300)).map(|_| random.byte()).collect(),
                _ => LINES[random.below(LINES.len())].to_vec(),
            };
            if !bytes.is_empty() {
                client.call(&bytes, &bytes).await;
                sent += bytes.len() as u64;
            }
        }
        client.half_close().await;
        client.expect_eof().await;
    }
    eventually("the connections end", || server.info().curr_connections == 0).await;
    let done = recorder.stop().await.unwrap();
    let text = text(&done);
    assert!(is_harmless(&text));
    let replayed = Replay::parse(&text).unwrap().in_memory(Raw).unwrap();
    assert_eq!(
        (replayed.connections, replayed.sent, replayed.received),
        (20, sent, sent)
    );
}

#[test]
fn a_recording_with_every_kind_of_line_is_played() {
    let replayed = is_played_or_refused(RECORDING.as_bytes()).unwrap().unwrap();
    assert_eq!(replayed.connections, 2);
    assert_eq!(
        replayed.skipped,
        [
            (2, "it began before the recording"),
            (3, "not all that its client sent is recorded")
        ]
    );
}

#[test]
fn a_line_that_is_none_is_told_with_its_number() {
    for (wrong, what) in [
        ("0.000000 #1 X: what", "line 2: "),
        ("0.000000 #1 C: {", "line 2: "),
        ("0.000000 #1 C. \\q", "line 2: "),
        ("0.000000 #1 S! left out many bytes", "line 2: `many` is no number"),
        ("0.000000 #1 S! left out 99999999999999999999999 bytes", "line 2: "),
        ("99999999999999999999.000000 #1 C: x", "line 2: "),
        ("0.000000 #99999999999999999999 C: x", "line 2: "),
        ("0.000000 #0 C: x", "line 2: "),
        ("0.0 #1 C: x", "line 2: "),
    ] {
        let text = format!("# kai-tcp-server recording 1\n{wrong}\n");
        let error = Replay::parse(&text).unwrap_err().to_string();
        assert!(error.starts_with(what), "{wrong}: {error}");
    }
    let next = Replay::parse("# kai-tcp-server recording 2: it has other lines\n").unwrap_err();
    assert!(next.to_string().contains("version 2"), "{next}");
}

#[test]
fn recordings_with_random_mistakes_are_refused_or_played() {
    let lines: Vec<&str> = RECORDING.lines().collect();
    let (mut played, mut refused) = (0, 0);
    for seed in 1..400 {
        let mut random = Random(seed);
        let mut text = String::new();
        for _ in 0..=random.below(2 * lines.len()) {
            text.push_str(lines[random.below(lines.len())]);
            text.push('\n');
        }
        let mut bytes = if random.one_in(2) {
            RECORDING.as_bytes().to_vec()
        } else {
            text.into_bytes()
        };
        for _ in 0..random.below(4) {
            let at = random.below(bytes.len());
            match random.below(3) {
                0 => bytes[at] = random.byte() & 0x7f,
                1 => bytes.truncate(at.max(1)),
                _ => bytes.insert(at, b"#{}\\\n\x1b. "[random.below(8)]),
            }
        }
        match is_played_or_refused(&bytes) {
            Some(_) => played += 1,
            None => refused += 1,
        }
    }
    assert!(played > 20 && refused > 20, "{played} played, {refused} refused");
}

#[test]
fn a_time_that_nobody_lives_to_see_is_no_panic() {
    for time in ["86400", "99999999", "999999999999"] {
        let text = format!(
            "# kai-tcp-server recording 1\n\
             0.000000 #1 (connected from nowhere)\n\
             0.000000 #1 (packet line(crlf))\n\
             {time}.999999 #1 C: late\n\
             {time}.999999 #1 S: late\n"
        );
        let difference = is_played_or_refused(text.as_bytes()).unwrap().unwrap_err();
        // The server has closed long since.
        assert_eq!(difference.line(), 5, "{difference}");
    }
}

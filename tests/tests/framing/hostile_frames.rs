//! Invalid and too long frames: each closes its own connection, and the log gives the reason.

#![allow(clippy::unused_self)] // a callback's signature is given

use kai_tcp_server::packet::Http;
use kai_tcp_server::{Action, CloseReason, Server, start, tcp_server};
use kai_tcp_server_tests::{Client, Log, eventually, next};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

macro_rules! servers {
    ($($name:ident = [$($options:tt)+];)+) => {$(
        struct $name(UnboundedSender<CloseReason>);

        #[tcp_server(port = 0, packet_size = 100, $($options)+)]
        impl $name {
            fn connected(&self) {}

            fn handle_call(&self, data: &[u8]) -> Action {
                reply(data)
            }

            fn closed(&self, reason: CloseReason) {
                let _ = self.0.send(reason);
            }
        }
    )+};
}

servers! {
    Asn1 = [packet = asn1];
    Cdr = [packet = cdr];
    Sunrm = [packet = sunrm];
    Fcgi = [packet = fcgi];
    Tpkt = [packet = tpkt];
    Httph = [packet = httph];
    Nul = [packet = line, delimiter = b'\0'];
}

/// Takes typed lines.
struct Typed(UnboundedSender<CloseReason>);

#[tcp_server(port = 0, packet = http, packet_size = 100)]
impl Typed {
    fn connected(&self) {}

    fn handle_call(&self, line: Http) -> Action {
        match line {
            Http::Error(line) => reply(line),
            _ => noreply,
        }
    }

    fn closed(&self, reason: CloseReason) {
        let _ = self.0.send(reason);
    }
}

/// A peer's bytes, the reason for which they close its connection, and the message in the log.
type Attack = (&'static [u8], CloseReason, &'static str);

/// Sends each attack at once and byte by byte, after a frame that is answered, while an honest peer
/// stays connected.
async fn withstands(
    server: Server,
    mut closed: UnboundedReceiver<CloseReason>,
    log: &Log,
    good: &[u8],
    attacks: &[Attack],
) {
    let mut honest = Client::connect(server.local_addr()).await;
    for &(attack, reason, message) in attacks {
        for slowly in [false, true] {
            log.take();
            let mut hostile = Client::connect(server.local_addr()).await;
            hostile.stream().set_nodelay(true).expect("a socket");
            if slowly {
                hostile.call(good, good).await;
                for byte in attack {
                    hostile.send([*byte]).await;
                }
            } else {
                hostile.call([good, attack].concat(), good).await;
            }
            // The server reads the rest and drops it.
            hostile.send(b"more").await;
            hostile.expect_eof().await;
            assert_eq!(next(&mut closed).await, Some(reason), "{}", attack.escape_ascii());
            let log = log.take();
            assert!(log.contains(message), "{}: {log}", attack.escape_ascii());
            honest.call(good, good).await;
        }
    }
    eventually("the others are gone", || server.info().curr_connections == 1).await;
    drop(honest);
    assert_eq!(next(&mut closed).await, Some(CloseReason::Peer));
    garbage(server, closed).await;
}

/// Sends noise, and checks that only the sender is closed.
async fn garbage(server: Server, mut closed: UnboundedReceiver<CloseReason>) {
    let mut seed = 1_u64;
    for _ in 0..20 {
        let mut hostile = Client::connect(server.local_addr()).await;
        let noise: Vec<u8> = (0..1000)
            .map(|_| {
                seed = seed
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                (seed >> 56).to_le_bytes()[0]
            })
            .collect();
        hostile.send(noise).await;
        hostile.half_close().await;
        hostile.expect_gone().await;
        let reason = next(&mut closed).await.expect("it was told");
        assert!(
            matches!(
                reason,
                CloseReason::Peer | CloseReason::TooLong | CloseReason::Malformed
            ),
            "{reason:?}"
        );
    }
    assert_eq!(server.info().restarts, 0);
}

#[tokio::test]
#[allow(clippy::too_many_lines)] // a list of attacks
async fn what_is_no_frame_closes_its_own_connection() {
    let log = Log::new();
    macro_rules! against {
        ($server:ident, $good:expr, $attacks:expr) => {
            let (told, closed) = unbounded_channel();
            let server = start($server(told)).await.expect("it starts");
            withstands(server, closed, &log, $good, $attacks).await;
        };
    }
    let (malformed, too_long) = (CloseReason::Malformed, CloseReason::TooLong);
    against!(
        Asn1,
        b"\x30\x03abc",
        &[
            (
                b"\x30\x85\x00\x00\x00\x00\x01",
                malformed,
                "asn1 length field of 5 bytes exceeds 4 bytes"
            ),
            (b"\x30\x65", too_long, "frame of 101 bytes exceeds packet_size 100"),
            (
                b"\x30\x84\xff\xff\xff\xff",
                too_long,
                "frame of 4294967295 bytes exceeds packet_size 100"
            ),
            (&[0xff; 101], malformed, "asn1 tag exceeds 100 bytes"),
        ]
    );
    against!(
        Cdr,
        b"GIOP\x01\x02\x00\x00\x00\x00\x00\x03abc",
        &[
            (
                b"GET / HTTP/1.1\r\n",
                malformed,
                "not a cdr message: it begins with \"GET \" instead of \"GIOP\""
            ),
            (b"\n\x1b[31GIOPGIOP", malformed, r#"begins with "\\n\\x1b[3" instead"#),
            (b"GIOP\x01\x02\x00\x00\x00\x00\x00\x65", too_long, "frame of 101 bytes"),
            (
                b"GIOP\x01\x02\x01\x00\xff\xff\xff\xff",
                too_long,
                "frame of 4294967295 bytes"
            ),
        ]
    );
    against!(
        Sunrm,
        b"\x80\x00\x00\x03abc",
        &[
            (b"\x00\x00\x00\x65", too_long, "frame of 101 bytes"),
            (b"\xff\xff\xff\xff", too_long, "frame of 2147483647 bytes"),
        ]
    );
    against!(
        Fcgi,
        b"\x01\x06\x00\x01\x00\x05\x00\x00hello",
        &[
            (
                b"\x02\x06\x00\x01\x00\x05\x00\x00",
                malformed,
                "the frame has version 2 instead of 1"
            ),
            (b"\x01\x06\x00\x01\x00\x60\x05\x00", too_long, "frame of 101 bytes"),
        ]
    );
    against!(
        Tpkt,
        b"\x03\x00\x00\x09hello",
        &[
            (
                b"GET / HTTP/1.1\r\n",
                malformed,
                "the frame has version 71 instead of 3"
            ),
            (
                b"\x03\x00\x00\x03",
                malformed,
                "tpkt length of 3 bytes is less than its header of 4 bytes"
            ),
            (b"\x03\x00\xff\xff", too_long, "frame of 65531 bytes"),
        ]
    );
    against!(
        Typed,
        b"nonsense\n",
        &[
            (&[b'a'; 100], too_long, "line exceeds packet_size 100 and has no end yet"),
            (b"GET / HTTP/1.1\nA: b\n\t0123456789012345678901234567890123456789\n\t0123456789012345678901234567890123456789\n 0123456789", too_long, "packet_size 100"),
        ]
    );
    against!(
        Httph,
        b"A: b\n c\n\n",
        &[(
            &[b' '; 100],
            too_long,
            "line exceeds packet_size 100 and has no end yet"
        )]
    );
    against!(
        Nul,
        b"hello\n\0",
        &[(
            &[b'\n'; 101],
            too_long,
            "line exceeds packet_size 100 and has no end yet"
        )]
    );
}

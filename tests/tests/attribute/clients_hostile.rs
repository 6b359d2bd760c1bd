//! Hostile values against clients: each value comes back exactly as it was given, or is refused
//! before a byte is sent.

#![allow(clippy::unused_self, clippy::trivially_copy_pass_by_ref)] // a callback's signature is given
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::many_single_char_names,
    reason = "values are any, and have no meaning"
)]

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use kai_tcp_server::{Action, Error, ErrorKind, Result, Server, TcpServer, bits, start, tcp_server, with};
use kai_tcp_server_tests::Random;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

const SEEDS: u64 = 3000;

/// A stream that counts what is written.
struct Counted {
    stream: DuplexStream,
    written: usize,
}

impl AsyncRead for Counted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.written += buf.len();
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

async fn connected<S: TcpServer>(server: S) -> (Server, Counted) {
    let options = server.options();
    let server = start(with(server, options.in_memory())).await.unwrap();
    let stream = server.connect().await.unwrap();
    (server, Counted { stream, written: 0 })
}

/// Returns the text by which the servers say what they read.
fn said(arm: &str, values: &[&[u8]]) -> String {
    let values = values.iter().map(|value| format!(" <{}>", value.escape_ascii()));
    format!("{arm}{}", values.collect::<String>())
}

/// Returns bytes that are hard to send: blanks, line ends, texts of the tables, and any others.
fn bytes(random: &mut Random) -> Vec<u8> {
    const PARTS: [&[u8]; 26] = [
        b"",
        b" ",
        b"\t",
        b"\r",
        b"\n",
        b"\r\n",
        b".",
        b"; ",
        b";",
        b"quit",
        b"get ",
        b"stats",
        b"a",
        b"key",
        b" noreply",
        b"nothing",
        b"\0",
        b"\xff",
        "\u{e9}".as_bytes(),
        "\u{a0}".as_bytes(),
        b"{",
        b"}",
        b"set",
        b"\x0b",
        b"\r\nquit\r\n",
        b"7",
    ];
    let mut bytes = Vec::new();
    for _ in 0..random.below(4) {
        bytes.extend_from_slice(PARTS[random.below(PARTS.len())]);
    }
    bytes
}

fn any(random: &mut Random) -> u64 {
    u64::from_le_bytes([(); 8].map(|()| random.byte()))
}

fn text(random: &mut Random) -> String {
    String::from_utf8_lossy(&bytes(random)).into_owned()
}

/// Judges one call: it says what was given, or is refused with nothing sent.
#[track_caller]
fn judge(reply: Result<bytes::Bytes>, sent: usize, expected: &str, tally: &mut [u32; 2]) {
    match reply {
        Ok(reply) => {
            assert_eq!(reply, expected);
            tally[0] += 1;
        }
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::InvalidValue, "{error}: {expected}");
            assert_eq!(sent, 0, "{error}: {expected}");
            tally[1] += 1;
        }
    }
}

/// Calls, and judges what comes.
macro_rules! call {
    ($client:ident.$method:ident($($argument:expr),*), $tally:ident, $expected:expr) => {{
        let before = $client.get_ref().written;
        let reply = $client.$method($($argument),*).await;
        let sent = $client.get_ref().written - before;
        judge(reply, sent, &$expected, &mut $tally);
    }};
}

struct Words;

#[tcp_server(port = 0, packet = line(crlf), packet_size = 500, client = WordsClient)]
impl Words {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            b"quit" => close("quit"),
            #[name = "stats"]
            "get stats" => reply("stats"),
            "get {key}" => reply(said("get", &[key.as_bytes()])),
            "set {key} {flags: u32} {c: char}{quiet? noreply}" => {
                reply(format_args!("set {key:?} {flags} {c:?} {quiet}"))
            }
            "tag {a}.{b}" => reply(said("tag", &[a.as_bytes(), b.as_bytes()])),
            #[name = "nothing"]
            b"say nothing" => reply("nothing"),
            "say {text..}" => reply(said("say", &[text.as_bytes()])),
            "raw {x: bytes} {y..: bytes}" => reply(said("raw", &[x, y])),
            "pair {a..}; {b..}" => reply(said("pair", &[a.as_bytes(), b.as_bytes()])),
            "float {x: f64}" => reply(format_args!("float {x:?}")),
            "skip {_} {after}" => reply(said("skip", &[after.as_bytes()])),
            "own {name: Name}" => reply(said("own", &[name.0.as_bytes()])),
            "any {name..: Name}" => reply(said("any", &[name.0.as_bytes()])),
            "guarded" if data.len() > 100 => reply("guarded"),
            #[name = "other"]
            other => reply(said("other", &[other])),
        }
    }
}

/// A type that reads less than it writes, and changes it.
#[derive(Clone, Debug, PartialEq)]
struct Name(String);

impl std::str::FromStr for Name {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix('7') {
            Some(_) => Err("seven"),
            None => Ok(Name(text.trim_matches('.').to_owned())),
        }
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[tokio::test]
async fn words_come_back_or_are_refused() {
    let (_server, stream) = connected(Words).await;
    let mut client = WordsClient::new(stream);
    let mut tally = [0; 2];
    for seed in 1..=SEEDS {
        let random = &mut Random(seed);
        let (a, b, x, y) = (text(random), text(random), bytes(random), bytes(random));
        call!(client.get(&a), tally, said("get", &[a.as_bytes()]));
        let (flags, c, quiet) = (
            any(random) as u32,
            a.chars().next().unwrap_or(' '),
            random.below(2) == 0,
        );
        call!(
            client.set(&a, flags, c, quiet),
            tally,
            format!("set {a:?} {flags} {c:?} {quiet}")
        );
        call!(client.tag(&a, &b), tally, said("tag", &[a.as_bytes(), b.as_bytes()]));
        call!(client.say(&a), tally, said("say", &[a.as_bytes()]));
        call!(client.raw(&x, &y), tally, said("raw", &[&x, &y]));
        call!(client.pair(&a, &b), tally, said("pair", &[a.as_bytes(), b.as_bytes()]));
        let float = f64::from_bits(any(random));
        call!(client.float(float), tally, format!("float {float:?}"));
        call!(client.skip(&x, &b), tally, said("skip", &[b.as_bytes()]));
        call!(client.own(Name(a.clone())), tally, said("own", &[a.as_bytes()]));
        call!(client.any(Name(a.clone())), tally, said("any", &[a.as_bytes()]));
        call!(client.other(&x), tally, said("other", &[&x]));
    }
    for float in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(client.float(float).await.unwrap_err().kind(), ErrorKind::InvalidValue);
    }
    for float in [-0.0, f64::MIN_POSITIVE, f64::MAX, 1e300] {
        assert_eq!(client.float(float).await.unwrap(), format!("float {float:?}"));
    }
    let long = "x".repeat(497);
    assert_eq!(client.get(&long).await.unwrap_err().kind(), ErrorKind::InvalidValue);
    let long = "x".repeat(490);
    assert_eq!(
        client.other(long.as_bytes()).await.unwrap(),
        said("other", &[long.as_bytes()])
    );
    assert!(tally.iter().all(|count| *count > 5000), "{tally:?}");
}

struct Lines;

/// Frames keep their ends, and letters are of either case.
#[tcp_server(port = 0, packet = line, ignore_case, client = LinesClient)]
impl Lines {
    fn handle_call(&self, data: &str) -> Action {
        match data {
            #[name = "stats"]
            "get stats\r\n" => reply("stats\n"),
            "get {key}\r\n" => reply(format!("{}\n", said("get", &[key.as_bytes()]))),
            "say {text..}\n" => reply(format!("{}\n", said("say", &[text.as_bytes()]))),
            "tail {text..}" => reply(format!("{}\n", said("tail", &[text.as_bytes()]))),
            _ => reply("what\n"),
        }
    }
}

#[tokio::test]
async fn lines_with_their_ends_come_back_or_are_refused() {
    let (_server, stream) = connected(Lines).await;
    let mut client = LinesClient::new(stream);
    let mut tally = [0; 2];
    for seed in 1..=SEEDS {
        let random = &mut Random(seed);
        let a = text(random);
        call!(client.get(&a), tally, format!("{}\n", said("get", &[a.as_bytes()])));
        call!(client.say(&a), tally, format!("{}\n", said("say", &[a.as_bytes()])));
        call!(client.tail(&a), tally, format!("{}\n", said("tail", &[a.as_bytes()])));
    }
    for refused in ["stats", "STATS", "StAtS"] {
        assert_eq!(client.get(refused).await.unwrap_err().kind(), ErrorKind::InvalidValue);
    }
    assert!(tally.iter().all(|count| *count > 1000), "{tally:?}");
}

const MAGIC: u16 = 0xbeef;
const HEADER: usize = 3;

struct Fields;

#[tcp_server(port = 0, packet = 1, client = FieldsClient)]
impl Fields {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            #[name = "special"]
            b"\x01\x00\x01!" => reply("a special one"),
            #[name = "body"]
            bits!(1u8, len: u16, body: [u8; len]) => reply(said("body", &[body])),
            #[name = "numbers"]
            bits!(2u8, a: u3, b: i5, c: u24le, d: i64, _: u6, e: u10) => {
                reply(format_args!("numbers {a} {b} {c} {d} {e}"))
            }
            #[name = "floats"]
            bits!(3u8, x: f32, y: f64le) => reply(format_args!("floats {x:?} {y:?}")),
            #[name = "computed"]
            bits!(4u8, n: u8, m: i8, body: [u8; 2 * n - 4], tail: [u8; 5 - m], rest: [u8]) => {
                let _ = (n, m);
                reply(said("computed", &[body, tail, rest]))
            }
            #[name = "product"]
            bits!(5u8, w: u8, h: u8, pixels: [u8; w * h], _: [u8; w]) => {
                reply(said(&format!("product {w} {h}"), &[pixels]))
            }
            #[name = "known"]
            bits!(6u8, MAGIC: u16, len: u8, key: [u8; len - HEADER], id: [u8; 4], _: u16) => {
                let _ = len;
                reply(said("known", &[key, id]))
            }
            #[name = "slice"]
            [7, kind, _, rest @ ..] if *kind < 128 => reply(said(&format!("slice {kind}"), &[rest])),
            #[name = "halves"]
            bits!(8u8, bits: u8, body: [u8; (bits + 7) / 8]) => reply(said(&format!("halves {bits}"), &[body])),
            #[name = "long"]
            bits!(9u8, all: [u8]) => reply(all.len().to_string()),
            _ => reply("what"),
        }
    }
}

#[tokio::test]
async fn fields_come_back_or_are_refused() {
    let (_server, stream) = connected(Fields).await;
    let mut client = FieldsClient::new(stream);
    let mut tally = [0; 2];
    for seed in 1..=SEEDS {
        let random = &mut Random(seed);
        let (x, y, z) = (bytes(random), bytes(random), bytes(random));
        call!(client.body(&x), tally, said("body", &[&x]));
        let [a, b] = [any(random), any(random)].map(u64::to_be_bytes);
        let (c, d, e) = (
            any(random) as u32 >> random.below(16),
            any(random) as i64,
            any(random) as u16 >> random.below(9),
        );
        let (a, b) = (a[0] >> random.below(8), b[0] as i8 >> random.below(8));
        call!(
            client.numbers(a, b, c, d, e),
            tally,
            format!("numbers {a} {b} {c} {d} {e}")
        );
        let (f, g) = (f32::from_bits(any(random) as u32), f64::from_bits(any(random)));
        call!(client.floats(f, g), tally, format!("floats {f:?} {g:?}"));
        call!(client.computed(&x, &y, &z), tally, said("computed", &[&x, &y, &z]));
        let (w, h) = (random.below(4) as u8, random.below(4) as u8);
        call!(
            client.product(w, h, &x),
            tally,
            said(&format!("product {w} {h}"), &[&x])
        );
        call!(
            client.known(&x, b"\0\x01\xff4"),
            tally,
            said("known", &[&x, b"\0\x01\xff4"])
        );
        call!(
            client.halves(w * 8, &x),
            tally,
            said(&format!("halves {}", w * 8), &[&x])
        );
        // Its guard is the server's: what it refuses is for the arms behind it.
        let before = client.get_ref().written;
        let kind = any(random) as u8;
        match client.slice(kind, &z).await {
            Ok(reply) if kind < 128 => assert_eq!(reply, said(&format!("slice {kind}"), &[&z])),
            Ok(reply) => assert_eq!(reply, "what"),
            Err(error) => assert_eq!(
                (error.kind(), client.get_ref().written),
                (ErrorKind::InvalidValue, before)
            ),
        }
    }
    assert_eq!(client.body(b"!").await.unwrap_err().kind(), ErrorKind::InvalidValue);
    assert_eq!(client.long(&[b'x'; 254]).await.unwrap(), "254");
    assert_eq!(
        client.long(&[b'x'; 255]).await.unwrap_err().kind(),
        ErrorKind::InvalidValue
    );
    let long = vec![b'x'; 70_000];
    assert_eq!(client.body(&long).await.unwrap_err().kind(), ErrorKind::InvalidValue);
    assert!(tally.iter().all(|count| *count > 3000), "{tally:?}");
}

struct Blocks;

#[tcp_server(port = 0, packet = raw(4), client = BlocksClient)]
impl Blocks {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            #[name = "put"]
            bits!(1u8, id: u8, rest: [u8]) => reply(bits!(id: u8, 0u8, rest)),
            _ => reply("what"),
        }
    }
}

#[tokio::test]
async fn a_block_has_its_length() -> Result<(), Error> {
    let (_server, stream) = connected(Blocks).await;
    let mut client = BlocksClient::new(stream);
    assert_eq!(client.put(7, b"ab").await?, &b"\x07\0ab"[..]);
    for wrong in [&b""[..], b"a", b"abc", b"abcdef"] {
        let before = client.get_ref().written;
        assert_eq!(client.put(7, wrong).await.unwrap_err().kind(), ErrorKind::InvalidValue);
        assert_eq!(client.get_ref().written, before);
    }
    assert_eq!(client.put(8, b"cd").await?, &b"\x08\0cd"[..]);
    Ok(())
}

//! Tables with every kind of arm, to be matched against any input.

use kai_tcp_server::test::Frames;
use kai_tcp_server::{Action, tcp_server};

/// Makes frames of each table by a seed, valid ones and nearly valid ones, and matches them against
/// all.
///
/// # Panics
///
/// As [`decides`].
pub fn decides_on_frames(seed: u64) {
    for protocol in [
        Templates::PROTOCOL,
        AnyCase::PROTOCOL,
        Layouts::PROTOCOL,
        States::PROTOCOL,
        Texts::PROTOCOL,
    ] {
        for step in Frames::new(protocol, seed).take(16) {
            decides(&step.frame);
        }
    }
}

/// Matches a frame against all tables, and checks that an arm binds what it says.
///
/// # Panics
///
/// If an arm binds something else, or if matching panics.
pub fn decides(frame: &[u8]) {
    drop(Templates.handle_call(frame));
    drop(AnyCase.handle_call(frame));
    drop(Layouts.handle_call(frame));
    for state in [None, Some(0), Some(7)] {
        drop(States.handle_call(frame, &mut { state }));
    }
    if let Ok(text) = str::from_utf8(frame) {
        drop(Texts.handle_call(text));
    }
}

struct Templates;

#[tcp_server(port = 0, packet = raw)]
impl Templates {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            b"quit" | b"exit" => close,
            "set {key} {flags: u32} {exptime: i64} {length: u8}{quiet? noreply}" => {
                assert!(!key.is_empty() && !key.contains([' ', '\t', '\r', '\n']), "{key:?}");
                reply(format_args!("{key} {flags} {exptime} {length} {quiet}"))
            }
            "get {key: bytes}" => {
                assert_eq!([b"get ", key].concat(), data);
                reply(key)
            }
            "{first..}: {rest..}" => {
                assert_eq!(format!("{first}: {rest}").as_bytes(), data);
                assert!(!first.contains(": "), "{first:?}");
                reply((first, rest))
            }
            "{first..: bytes},{second: f64},{third: char}!{_..}" if third != 'x' => {
                assert!(data.starts_with(first) && !first.contains(&b','), "{first:?}");
                reply(format_args!("{second} {third}"))
            }
            "{{{_}}}" | "[{_..}]" => noreply,
            [0x80..=0xff, rest @ ..] => reply(rest),
            _ => close,
        }
    }
}

struct AnyCase;

#[tcp_server(port = 0, packet = raw, ignore_case)]
impl AnyCase {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "mail from:<{sender..}>{eight? body=8bitmime}" => reply((sender, if eight { "8" } else { "7" })),
            "mail from:{_..}" => noreply,
            "helo {name}" | "ehlo {name}" => reply(name),
            "noop" => noreply,
            _ => close,
        }
    }
}

struct Texts;

#[tcp_server(port = 0, packet = raw)]
impl Texts {
    fn handle_call(&self, data: &str) -> Action {
        match data {
            "é{rest..}é" => {
                assert_eq!(format!("é{rest}é"), data);
                reply(rest)
            }
            "{a: u128} {b: i8}" => reply(format_args!("{a} {b}")),
            "{word}" => {
                assert_eq!(word, data);
                reply(word)
            }
            _ => close,
        }
    }
}

struct States;

#[tcp_server(port = 0, packet = raw)]
impl States {
    fn handle_call(&self, data: &[u8], state: &mut Option<u32>) -> Action {
        match (*state, data) {
            (None, "user {n: u32}") => {
                *state = Some(n);
                noreply
            }
            (Some(7), "pass {word} {_..}") => reply(word),
            (Some(n), bits!(op: u8, sum: u32, rest: [u8])) if sum > n => reply(([op], rest)),
            _ => close,
        }
    }
}

struct Layouts;

#[tcp_server(port = 0, packet = raw)]
impl Layouts {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            bits!(0x01u8, len: u16, body: [u8; len], rest: [u8]) => {
                assert_eq!(body.len(), usize::from(len));
                assert_eq!(rest.len(), data.len() - 3 - body.len());
                reply((body, rest))
            }
            bits!(version: u4, words: u4, len: u16le, head: [u8; words * 4 - 3], body: [u8; len - words * 4]) => {
                assert_eq!(3 + head.len() + body.len(), data.len());
                reply(format_args!("{version} {words} {len}"))
            }
            bits!(0xffu8, a: u3, b: i13, c: u64, d: i24le, e: f64, len: u128, rest: [u8; len << 3 >> 1]) => {
                assert!(a < 8 && (-4096..4096).contains(&b) && e.is_finite() && (-0x80_0000..0x80_0000).contains(&d));
                reply(format_args!("{c} {len} {}", rest.len()))
            }
            bits!("GIOP", size: u32, rest: [u8; size % 7]) => reply(rest),
            _ => close,
        }
    }
}

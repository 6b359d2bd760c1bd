//! Frames of templates.

use super::random::Random;
use crate::table::protocol::{Capture, CaptureKind, Piece};

/// Words that protocols often understand, the most frequent first. Few, so that frames name the same
/// things again.
const WORDS: &[&str] = &[
    "a",
    "user@example.test",
    "b",
    "key",
    "example.test",
    "127.0.0.1",
    "::1",
    "0",
    "1",
    "42",
    "-1",
    "1.5",
    "true",
    "2020-02-29",
    "12:30",
    "5s",
    "/",
    "a=b",
    "\u{e4}\u{20ac}\u{1f980}",
];

/// Words that many protocols know, and few frames contain.
const RARE: &[&str] = &[
    "postmaster",
    "admin",
    "root",
    "guest",
    "anonymous",
    "localhost",
    "test",
    "default",
    "null",
    "none",
    "all",
    "on",
    "off",
    "yes",
    "no",
    "*",
    "..",
];

/// Texts at the edges of what a number can be.
const EDGES: &[&str] = &[
    "255",
    "256",
    "32768",
    "65536",
    "2147483648",
    "4294967296",
    "9223372036854775808",
    "18446744073709551616",
];

/// Characters that separate or enclose words in many protocols, the most frequent first.
const MARKS: &[u8] = b"@:=/.,;-_+*%#&?!|~'\"()[]<>{}";

/// The words that frames are made of.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Words<'w>(pub(super) &'w [Vec<u8>]);

/// Makes a frame; if `wrong`, one of its pieces doesn't belong there.
pub(super) fn make(pieces: &[Piece], ignore_case: bool, words: Words<'_>, random: &mut Random, wrong: bool) -> Vec<u8> {
    let mut made = Vec::new();
    let wrong = if wrong { Some(random.below(pieces.len())) } else { None };
    for (at, piece) in pieces.iter().enumerate() {
        let is_wrong = wrong == Some(at);
        match piece {
            Piece::Literal(text) => {
                let times = if is_wrong { random.below(2) * 2 } else { 1 };
                for _ in 0..times {
                    literal(text, ignore_case, random, &mut made);
                }
            }
            Piece::Capture(capture) if is_wrong => made.extend(wrong_value(*capture, random)),
            Piece::Capture(capture) => {
                // More words often follow a word.
                if capture.open && made.last().is_some_and(|&byte| !is_blank(byte)) && random.one_in(3) {
                    made.push(b' ');
                }
                value(*capture, &ends(&pieces[at + 1..]), words, random, &mut made);
            }
            Piece::Flag(flag) => {
                let times = if is_wrong { 2 } else { random.below(2) };
                for _ in 0..times {
                    literal(flag.text, ignore_case, random, &mut made);
                }
            }
        }
    }
    made
}

fn literal(text: &[u8], ignore_case: bool, random: &mut Random, made: &mut Vec<u8>) {
    let change = ignore_case && random.one_in(2);
    made.extend(text.iter().map(|&byte| match byte {
        byte if !change || !byte.is_ascii_alphabetic() || random.one_in(2) => byte,
        byte => byte ^ b' ',
    }));
}

/// Returns the first bytes of the texts at which a capture may end that these pieces follow. A value
/// without them can't contain such a text.
fn ends(behind: &[Piece]) -> Vec<u8> {
    let mut ends = Vec::new();
    for piece in behind {
        let text = match piece {
            Piece::Flag(flag) => flag.text,
            Piece::Literal(text) => text,
            Piece::Capture(_) => break,
        };
        ends.extend(text.first().map(u8::to_ascii_lowercase));
        if matches!(piece, Piece::Literal(_)) {
            break;
        }
    }
    ends
}

/// Makes a value that contains none of these bytes, if its type has one.
fn value(capture: Capture, ends: &[u8], words: Words<'_>, random: &mut Random, made: &mut Vec<u8>) {
    let contains_end = |text: &[u8]| text.iter().any(|byte| ends.contains(&byte.to_ascii_lowercase()));
    for _ in 0..super::ATTEMPTS {
        let text = attempt(capture, words, random);
        if !contains_end(&text) && (capture.open || !text.is_empty()) {
            made.extend(text);
            return;
        }
    }
    // Any letter that isn't an end.
    let letter = (b'!'..=b'~').find(|byte| !contains_end(&[*byte]));
    made.extend(letter.filter(|_| !capture.open));
}

fn attempt(capture: Capture, words: Words<'_>, random: &mut Random) -> Vec<u8> {
    match capture.kind {
        CaptureKind::Parsed => parsed(capture.ty, random),
        _ if capture.open && random.one_in(2) => Vec::new(),
        CaptureKind::Bytes if random.one_in(3) => {
            let mut bytes = random.bytes(12);
            if !capture.open {
                bytes.retain(|&byte| !is_blank(byte));
            }
            bytes
        }
        CaptureKind::Text | CaptureKind::Bytes => {
            let mut text = word(words, random);
            while capture.open && random.one_in(3) {
                text.push(b' ');
                text.extend(word(words, random));
            }
            text
        }
    }
}

fn is_blank(byte: u8) -> bool {
    kai_tcp_server_spec::template::is_blank(byte)
}

/// Makes a word: mostly one that is often met, now and then what is rarely thought of.
pub(super) fn word(words: Words<'_>, random: &mut Random) -> Vec<u8> {
    match random.below(16) {
        0 => (0..=random.below(300)).map(|_| b'a' + random.byte() % 26).collect(),
        1 => (0..=random.below(8)).map(|_| b'!' + random.byte() % 94).collect(),
        2 => marked(random),
        3 if random.one_in(2) => random.pick(RARE).map_or_else(Vec::new, |word| word.as_bytes().to_vec()),
        3 if !words.0.is_empty() => random.pick(words.0).cloned().unwrap_or_default(),
        _ => frequent(random).to_vec(),
    }
}

fn frequent(random: &mut Random) -> &'static [u8] {
    let last = random.below(WORDS.len());
    WORDS[random.below(last + 1)].as_bytes()
}

/// Makes a word with a mark before, behind or inside it, or around it.
fn marked(random: &mut Random) -> Vec<u8> {
    let last = random.below(MARKS.len());
    let mark = MARKS[random.below(last + 1)];
    let (one, two) = (frequent(random), frequent(random));
    match random.below(6) {
        0 => [&[mark], one].concat(),
        1 => [one, &[mark]].concat(),
        2 => [one, &[mark], two].concat(),
        3 => random
            .pick(EDGES)
            .map_or_else(Vec::new, |edge| edge.as_bytes().to_vec()),
        _ => {
            let end = match mark {
                b'(' => b')',
                b'[' => b']',
                b'<' => b'>',
                b'{' => b'}',
                mark => mark,
            };
            [&[mark], one, &[end]].concat()
        }
    }
}

/// Makes the text of a value of a type. A type that isn't the standard library's may take it or
/// not.
fn parsed(ty: &str, random: &mut Random) -> Vec<u8> {
    if let Some((bits, signed)) = integer(ty) {
        return number(bits, signed, random).into_bytes();
    }
    let word = match ty.rsplit("::").next().unwrap_or(ty).trim() {
        "f32" | "f64" => random.pick(&["0", "1.5", "-2.25", "1e3", ".5", "1000000"]),
        "bool" => random.pick(&["true", "false"]),
        "char" => random.pick(&["a", "Z", "\u{20ac}"]),
        "IpAddr" => random.pick(&["127.0.0.1", "::1"]),
        "Ipv4Addr" => random.pick(&["127.0.0.1", "192.0.2.1"]),
        "Ipv6Addr" => random.pick(&["::1", "2001:db8::1"]),
        "SocketAddr" => random.pick(&["127.0.0.1:80", "[::1]:80"]),
        _ => random.pick(WORDS),
    };
    word.map_or_else(Vec::new, |word| word.as_bytes().to_vec())
}

/// Returns the width of an integer's type, and whether it has a sign.
pub(crate) fn integer(ty: &str) -> Option<(u32, bool)> {
    let ty = ty.rsplit("::").next().unwrap_or(ty).trim();
    let ty = ty
        .strip_prefix("NonZero")
        .map_or_else(|| ty.to_owned(), str::to_lowercase);
    let bits = match ty.get(1..)? {
        "size" => usize::BITS,
        "8" => 8,
        "16" => 16,
        "32" => 32,
        "64" => 64,
        "128" => 128,
        _ => return None,
    };
    match ty.as_bytes()[0] {
        b'u' => Some((bits, false)),
        b'i' => Some((bits, true)),
        _ => None,
    }
}

/// Makes a number of so many bits: often a small one or one at the edge.
fn number(bits: u32, signed: bool, random: &mut Random) -> String {
    let all = u128::MAX >> (128 - bits);
    let max = if signed { all >> 1 } else { all };
    let magnitude = match random.below(8) {
        0 => 0,
        1 => max,
        2 => random.wide() & max,
        _ => (random.number() % 20).into(),
    };
    match random.below(8) {
        0 if signed => format!("-{}", magnitude.max(1)),
        1 if signed && magnitude == max => format!("-{}", max + 1),
        _ => magnitude.to_string(),
    }
}

/// Makes what is no value of a capture: nothing, a blank, a number that is too large, bytes that are
/// no text, very much.
fn wrong_value(capture: Capture, random: &mut Random) -> Vec<u8> {
    let numbers = || integer(capture.ty.trim());
    match (random.below(7), numbers()) {
        (0, _) => Vec::new(),
        (1, _) => b" ".to_vec(),
        (2, _) => b"a b".to_vec(),
        (3, _) => b"\xff\xfe".to_vec(),
        (4, _) => vec![b'a'; 1 + random.below(super::FRAME_MAX)],
        (_, Some((128, false))) => b"340282366920938463463374607431768211456".to_vec(),
        (5, Some((bits, false))) => (1_u128 << bits).to_string().into_bytes(),
        (_, Some((_, false))) => b"-1".to_vec(),
        (_, Some((bits, true))) => (1_u128 << (bits - 1)).to_string().into_bytes(),
        (5, None) => b"\0".to_vec(),
        (_, None) => b"99999999999999999999999999999999999999999".to_vec(),
    }
}

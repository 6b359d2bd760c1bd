//! A template of three captures.

use kai_tcp_server::{Action, tcp_server};
use memchr::memchr;

use crate::{Bound, Group, decided};

pub(crate) const GROUPS: &[Group] = &[
    Group {
        name: "three captures, a short key:",
        frames: &[b"set k 0 60"],
        ways: WAYS,
    },
    Group {
        name: "three captures, a usual key:",
        frames: &[b"set user:1042:name 0 3600"],
        ways: WAYS,
    },
    Group {
        name: "three captures, a long key:",
        frames: &[b"set session:7f3c9a52-0d41-4f1e-9a6b-2f60d7c1b8e4:preferences 1 4294967295"],
        ways: WAYS,
    },
];

const WAYS: &[(&str, crate::Function)] = &[
    ("template", by_template),
    ("by hand", by_hand),
    ("by hand, as text", as_text),
];

pub(crate) const BOUNDS: &[Bound] = &[
    Bound {
        of: "three captures, a short key: template",
        than: &[
            "three captures, a short key: by hand",
            "three captures, a short key: by hand, as text",
        ],
        ratio: 1.3,
    },
    Bound {
        of: "three captures, a usual key: template",
        than: &[
            "three captures, a usual key: by hand",
            "three captures, a usual key: by hand, as text",
        ],
        ratio: 1.3,
    },
    Bound {
        of: "three captures, a long key: template",
        than: &[
            "three captures, a long key: by hand",
            "three captures, a long key: by hand, as text",
        ],
        ratio: 1.3,
    },
];

struct Store;

#[tcp_server(port = 0, packet = line(crlf))]
impl Store {
    fn handle_call(&self, data: &[u8], told: &mut u64) -> Action {
        *told = match data {
            "set {key} {flags: u32} {exptime: u32}" => tell(key, flags, exptime),
            _ => 0,
        };
        noreply
    }
}

fn by_template(line: &[u8]) -> u64 {
    let mut told = 0;
    decided(Store.handle_call(line, &mut told));
    told
}

fn by_hand(line: &[u8]) -> u64 {
    parse(line).map_or(0, |(key, flags, exptime)| tell(key, flags, exptime))
}

fn parse(line: &[u8]) -> Option<(&str, u32, u32)> {
    let line = line.strip_prefix(b"set ")?;
    let (key, line) = word(line)?;
    let (flags, exptime) = word(line)?;
    let key = str::from_utf8(key).ok().filter(|key| !key.is_empty())?;
    let flags = str::from_utf8(flags).ok()?.parse().ok()?;
    let exptime = str::from_utf8(exptime).ok()?.parse().ok()?;
    Some((key, flags, exptime))
}

fn as_text(line: &[u8]) -> u64 {
    let parse = || -> Option<(&str, u32, u32)> {
        let line = str::from_utf8(line).ok()?.strip_prefix("set ")?;
        let at = memchr(b' ', line.as_bytes()).filter(|&at| at > 0)?;
        let (key, line) = (&line[..at], &line[at + 1..]);
        let at = memchr(b' ', line.as_bytes())?;
        Some((key, line[..at].parse().ok()?, line[at + 1..].parse().ok()?))
    };
    parse().map_or(0, |(key, flags, exptime)| tell(key, flags, exptime))
}

/// Splits a line at its first space.
fn word(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr(b' ', line)?;
    Some((&line[..at], &line[at + 1..]))
}

#[inline]
fn tell(key: &str, flags: u32, exptime: u32) -> u64 {
    key.len() as u64 + u64::from(flags) + u64::from(exptime)
}

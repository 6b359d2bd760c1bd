//! Whether a name in a pattern is a constant rustc says, and nobody guesses by its letters.

#![deny(warnings)]
#![allow(non_upper_case_globals)]

use kai_tcp_server::{Action, Bytes, tcp_server};

const op_ping: &[u8] = b"ping";
const _op_pong: &[u8] = b"pong";
const op_quit: &[u8] = b"quit";
const hello: &str = "hello";
const tag_get: u8 = 1;
const tag_put: u8 = 2;
const open: bool = true;
const length: u16 = 4;
const magic: [u8; 4] = *b"GIOP";
const magic_ref: &[u8; 4] = &magic;

struct Slice;

#[tcp_server(port = 0, packet = raw)]
impl Slice {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            op_ping => reply("1"),
            _op_pong => reply("2"),
            "get {key}" => reply(key),
            [tag_get, ..] => reply("3"),
            [tag_put, _] => reply("4"),
            bits!(tag_put: u8, x: u8, y: u8) => reply([x, y]),
            bits!(tag_put: u8, _: u8, 7u8) => noreply,
            bits!(magic_ref: [u8; 4], rest: [u8]) => reply(rest),
            "GIOP {rest..}" => reply(rest),
            bits!(length: u16, _: u32) => reply("5"),
            bits!(_: u16, _: u32) => reply("6"),
            [2, ..] => reply("7"),
            [b'z', tag_put] => reply("8"),
            "zz" => reply("9"),
            rest => reply((rest, "?")),
        }
    }

    fn second<'a>(&self, data: &'a [u8], is_open: bool) -> Action<'a> {
        match (is_open, data) {
            (open, "put {key}") => reply(key),
            (open, op_ping) => noreply,
            (_, b"ping") => reply("closed"),
            (_, b"x" | op_ping | "y{_}") => reply("one of several"),
            (_, line) => reply(line),
        }
    }
}

struct Text;

#[tcp_server(port = 0, packet = raw)]
impl Text {
    fn handle_call(&self, data: &str) -> Action {
        match data {
            hello => reply("1"),
            op @ ("get {_}" | hello) => reply(op),
            "hell{o}" => reply(o),
            [tag_get, ..] => reply("2"),
            other => reply(other.len().to_string()),
        }
    }
}

struct Shared;

#[tcp_server(port = 0, packet = raw)]
impl Shared {
    fn handle_call(&self, data: Bytes) -> Action {
        match data {
            op_ping => reply("1"),
            "get {_}" => reply("2"),
            _op_pong => reply("3"),
            long if long.len() > 10 => reply(long),
            op_quit if self.is_open() => close,
            whole => reply(whole),
        }
    }

    fn is_open(&self) -> bool {
        true
    }
}

fn main() {
    for (frame, answer) in [
        ("ping", "1"),
        ("pong", "2"),
        ("get x", "x"),
        ("\x01", "3"),
        ("\x02a", "4"),
        ("\x02ab", "ab"),
        ("GIOPx", "x"),
        ("\0\x04abcd", "5"),
        ("\0\x05abcd", "6"),
        ("\x02abc", "7"),
        ("z\x02", "8"),
        ("zz", "9"),
        ("z", "z?"),
    ] {
        assert_eq!(Slice.handle_call(frame.as_bytes()), Action::reply(answer), "{frame:?}");
    }
    assert_eq!(Slice.second(b"put x", true), Action::reply("x"));
    assert_eq!(Slice.second(b"put x", false), Action::reply("put x"));
    assert_eq!(Slice.second(b"ping", true), Action::noreply());
    assert_eq!(Slice.second(b"ping", false), Action::reply("closed"));
    assert_eq!(Slice.second(b"yes", false), Action::reply("one of several"));
    for (frame, answer) in [("hello", "1"), ("get x", "get x"), ("hellx", "x"), ("\x01x", "2"), ("any", "3")] {
        assert_eq!(Text.handle_call(frame), Action::reply(answer), "{frame:?}");
    }
    let long = "a long one, longer than 10";
    for (frame, answer) in [("ping", "1"), ("get x", "2"), ("pong", "3"), ("short", "short"), (long, long)] {
        assert_eq!(Shared.handle_call(Bytes::from(frame)), Action::reply(answer), "{frame:?}");
    }
    assert_eq!(Shared.handle_call(Bytes::from("quit")), Action::close());
}

//! Servers whose tables have everything that a table can have, and names that other languages take
//! for something else.

use kai_tcp_server::{Action, Protocol, tcp_server};

/// The value of a constant, which its table doesn't tell.
const MAGIC: u8 = 0x7f;

pub(crate) struct Lines;

#[tcp_server(port = 7001, packet = line(crlf), ignore_case)]
impl Lines {
    pub(crate) fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            /// Sets a value; größer, "quoted" \ and ; a comment.
            ///
            /// -- ]] end
            "set {key} {flags: u32} {time: i64}{quiet? noreply}" if flags < 100 => {
                let _ = (key, flags, time, quiet);
                reply("0")
            }
            #[name = "end"]
            "end; \"quoted\\ {local} {function..: bytes}" => {
                let _ = (local, function);
                reply("1")
            }
            "ratio {x: f64} {y: bool} {z: char} {big: u128}" => {
                let _ = (x, y, z, big);
                reply("2")
            }
            "größe {_}={_..}" => reply("3"),
            "frame {word}" | "WORD {word}" => reply(word),
            b"quit" | b"exit" => close,
            "{_: u8}" => reply("6"),
            _ => reply("rest"),
        }
    }
}

pub(crate) struct Blocks;

#[tcp_server(port = 7002, packet = 4)]
impl Blocks {
    pub(crate) fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            /// Several widths, and bytes whose length is computed.
            #[name = "and"]
            bits!(6u4, r#type: u4, end: u16le, _: u3, odd: i13, local: [u8; 2 * end - 4], b"\x00\"\\", more: [u8]) => {
                let _ = (r#type, odd, local, more);
                reply("0")
            }
            #[name = "floats"]
            bits!(0x20u8, single: f32, double: f64le, wide: u128, long: i64le, _: i24le, tail: u40) => {
                let _ = (single, double, wide, long, tail);
                reply("1")
            }
            #[name = "shifted"]
            bits!(0x30u8, a: u8, b: i8, body: [u8; (a << 1) / 3 + b % 5]) => {
                let _ = b;
                reply(body)
            }
            #[name = "mixed"]
            bits!(_: u1, 1u2, x: u4, 1u1) => reply([x]),
            #[name = "constant"]
            bits!(MAGIC: u8, rest: [u8]) => reply(rest),
            [0x41, 0x42, id, ..] => reply([*id]),
            [0x41, id] => reply([*id]),
            [] => reply("empty"),
            [b'0'..=b'9', ..] => reply("digit"),
            _ => close,
        }
    }
}

pub(crate) struct Plain;

#[tcp_server(port = 7003)]
impl Plain {
    pub(crate) fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "say {words..}\n" => reply(words),
            b"bye\r\n" => close,
            data => reply(data),
        }
    }
}

pub(crate) struct Empty;

#[tcp_server(port = 7004, packet = 2)]
impl Empty {
    pub(crate) fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

pub(crate) fn all() -> [(&'static str, &'static Protocol); 4] {
    [
        ("Lines", Lines::PROTOCOL),
        ("Blocks", Blocks::PROTOCOL),
        ("Plain", Plain::PROTOCOL),
        ("Empty", Empty::PROTOCOL),
    ]
}

//! Of arms under `cfg` nothing is claimed that one configuration refutes.

#![deny(warnings)]

use kai_tcp_server::{Action, Bytes, tcp_server};

struct Rest;

#[tcp_server(port = 0, packet = raw)]
impl Rest {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            #[cfg(unix)]
            "get {key}" => reply(key),
            #[cfg(not(unix))]
            "get {key}" => reply((key, " elsewhere")),
            #[cfg(windows)]
            _ => reply("windows"),
            #[cfg(not(windows))]
            _ => reply("not windows"),
        }
    }
}

struct Hiding;

#[tcp_server(port = 0, packet = raw)]
impl Hiding {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            #[cfg(any())]
            data => reply(data),
            #[cfg(any())]
            [_, ..] => reply("any"),
            #[cfg_attr(all(), cfg(any()))]
            "{_} {_}" => reply("two words"),
            "two words" => reply("these two"),
            #[cfg_attr(any(), cfg(any()))]
            #[cfg_attr(all(), allow(unused))]
            "one" => reply("one"),
            #[cfg(all())]
            _ => close,
        }
    }
}

struct Shared;

#[tcp_server(port = 0, packet = raw)]
impl Shared {
    fn handle_call(&self, data: Bytes) -> Action {
        match data {
            "x" => noreply,
            #[cfg(any())]
            line => reply((line, "?")),
            #[cfg(all())]
            line => reply(line),
        }
    }
}

fn main() {
    assert_eq!(Rest.handle_call(b"x"), Action::reply("not windows"));
    assert_eq!(Rest.handle_call(b"get x"), Action::reply("x"));
    assert_eq!(Hiding.handle_call(b"two words"), Action::reply("these two"));
    assert_eq!(Hiding.handle_call(b"one"), Action::reply("one"));
    let listed = Hiding::PROTOCOL.iter().map(|arm| arm.pattern);
    assert_eq!(listed.collect::<Vec<_>>(), ["two words", "one", "_"]);
    assert_eq!(Shared.handle_call(Bytes::from("y")), Action::reply("y"));
}

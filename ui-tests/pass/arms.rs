#![deny(warnings)]

use std::net::IpAddr;

use bytes::Bytes;
use kai_tcp_server::{Action, Result, Socket, tcp_server};

/// Every shape of an arm.
struct Shapes;

const PING: &[u8] = b"PING";

#[tcp_server(port = 0, packet = line(crlf), ignore_case = false)]
impl Shapes {
    async fn handle_call(&self, data: &[u8], socket: &mut Socket, last: &mut Vec<u8>) -> Result<Action> {
        let action = match data {
            // A comment.
            /// Says what it is.
            ///
            /// And more.
            "get {key} {_unused: u32} {_: IpAddr}" => reply(key),
            "put {key: std::net::SocketAddr}{noreply_? noreply}" if !noreply_ && key.port() > 0 => reply(key.to_string()),
            "eval {a: i64}+{b: i64}" | "sum {a: i64} {b: i64}" => reply((a + b).to_string()),
            whole @ ("both {_}" | "either {_}") => reply(whole),
            "read {n: usize}" => reply(socket.recv_exact(n).await?),
            PING => reply("PONG"),
            b"quit" | b"exit" => close,
            [0x01..=0x03, rest @ ..] if let Some(first) = rest.first() => reply([*first]),
            #[cfg(any())]
            "never {x}" => reply(x),
            _ if data == last => noreply,
            "{{{json..}}}" => reply(json),
            mut line => {
                line = line.trim_ascii();
                last.clear();
                last.extend_from_slice(line);
                reply(line)
            }
        };
        Ok(action)
    }
}

struct Text;

#[tcp_server(port = 0)]
impl Text {
    fn handle_call(&self, data: &str) -> Action {
        match data {
            "quit\r\n" => close,
            "say {text..}\r\n" => reply(text),
            "a {x}\n" | "b {x}\n" => reply(x),
            other if other.len() > 3 => reply(other),
            _ => noreply,
        }
    }
}

struct Kept;

#[tcp_server(port = 0, packet = 2)]
impl Kept {
    fn handle_call(&self, data: Bytes, kept: &mut Vec<Bytes>) -> Action {
        match data {
            "drop {n: usize}" if n < kept.len() => {
                kept.remove(n);
                noreply
            }
            b"all" => reply(kept.concat()),
            frame => {
                kept.push(frame);
                noreply
            }
        }
    }
}

/// `set_packet` changes what comes, so nothing is said of frames.
struct Switching;

#[tcp_server(port = 0, packet = line)]
impl Switching {
    fn handle_call(&self, data: &[u8], socket: &mut Socket) -> Action {
        match data {
            b"raw\n" => {
                socket.set_packet(kai_tcp_server::Packet::Raw);
                noreply
            }
            b"no line end" => close,
            "get {key}" => reply(key),
            _ => noreply,
        }
    }
}

/// Nothing here is hidden, or out of reach.
struct Near;

#[tcp_server(port = 0)]
impl Near {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "get {_: u32}\r\n" => reply("number"),
            "get {key}\r\n" => reply(key),
            "get {key}\n" => reply(key),
            "get {rest..}\n" => reply(rest),
            "get {rest..: bytes}\n" => reply(rest),
            "list{_? all\n}{_? some\n}" => noreply,
            [b'g', ..] => reply("g"),
            [_, b'g', ..] => reply("g"),
            "{all..: bytes}" => reply(all),
        }
    }

    fn help(&self, topic: &str) -> Option<&'static str> {
        match topic {
            "get" => Some("get a key"),
            "put {_}" => Some("put a key"),
            _ => None,
        }
    }
}

macro_rules! server {
    ($name:ident) => {
        struct $name;

        #[tcp_server(port = 0, packet = line(lf), ignore_case)]
        impl $name {
            fn handle_call(&self, data: &[u8]) -> Action {
                match data {
                    "get {key}" => reply(key),
                    _ => close,
                }
            }
        }
    };
}

server!(Made);

fn main() {
    let _ = || kai_tcp_server::run((Shapes, Text, Kept));
    let _ = || kai_tcp_server::run((Switching, Near, Made));
    assert_eq!(Near.help("put x"), Some("put a key"));
}

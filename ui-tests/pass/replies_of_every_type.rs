#![deny(warnings)]

use std::borrow::Cow;
use std::fmt::Display;

use bytes::{Bytes, BytesMut};
use kai_tcp_server::{Action, tcp_server};

#[derive(Default)]
struct Server {
    name: String,
    list: Vec<String>,
    pairs: [(String, Vec<u8>); 2],
}

#[derive(Default)]
struct Session {
    last: Option<String>,
    scratch: Vec<u8>,
    number: [u8; 4],
}

#[tcp_server(port = 0, packet = raw)]
impl Server {
    fn handle_call(&self, data: &[u8], session: &mut Session) -> Action {
        match data {
            b"&[u8]" => reply(data),
            b"[u8; N]" => reply([b'a', b'b']),
            b"&[u8; N]" => reply(b"ab"),
            b"&str" => reply("ab"),
            b"String" => reply(self.name.clone()),
            b"&String" => reply(&self.name),
            b"Vec<u8>" => reply(vec![b'a', b'b']),
            b"&Vec<u8>" => reply(&session.scratch),
            b"Bytes" => reply(Bytes::from_static(b"ab")),
            b"BytesMut" => reply(BytesMut::from("ab")),
            b"Cow" => reply(Cow::Borrowed("ab")),
            b"format_args" => reply(format_args!("{}", 'a')),
            b"tuple" => reply(("a", b'b'.to_string(), &self.name, (b"c", format_args!("{}", 'd')))),
            b"[T; N]" => reply([("a", "b"), ("c", "d")]),
            b"&[T; N]" => reply(&self.pairs),
            b"&[&str; N]" => reply(&["a", "b"]),
            b"&[T]" => reply(&self.list[..]),
            b"&Vec<T>" => reply(&self.list),
            b"Vec<T>" => reply(self.list.iter().map(|item| (item, "\r\n")).collect::<Vec<_>>()),
            b"&mut Vec<u8>" => reply(&mut session.scratch),
            b"&mut [u8]" => reply(&mut session.scratch[..]),
            b"&mut [u8; N]" => reply(&mut session.number),
            b"&mut String" => match &mut session.last {
                Some(last) => reply(last),
                None => noreply,
            },
            _ => close(("no ", data)),
        }
    }
}

fn check(ask: impl Display, answer: &str) {
    let server = Server {
        name: "joe".into(),
        list: vec!["x".into(), "y".into()],
        pairs: [("a".into(), b"1".to_vec()), ("b".into(), b"2".to_vec())],
    };
    let mut session = Session {
        last: Some("last".into()),
        scratch: b"scratch".to_vec(),
        number: *b"1234",
    };
    let ask = ask.to_string();
    assert_eq!(
        server.handle_call(ask.as_bytes(), &mut session),
        Action::reply(answer),
        "{ask}"
    );
}

fn main() {
    check("&String", "joe");
    check("&[T; N]", "a1b2");
    check("&[&str; N]", "ab");
    check("&[T]", "xy");
    check("Vec<T>", "x\r\ny\r\n");
    check("&mut Vec<u8>", "scratch");
    check("&mut [u8]", "scratch");
    check("&mut [u8; N]", "1234");
    check("&mut String", "last");
}

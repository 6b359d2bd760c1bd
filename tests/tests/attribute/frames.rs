//! `PROTOCOL` says what frames look like: every form of a pattern, and what isn't known of one.

#![allow(
    clippy::needless_return,
    clippy::unused_self,
    clippy::trivially_copy_pass_by_ref,
    clippy::type_complexity,
    clippy::unnecessary_wraps
)] // a callback's signature is given

use bytes::BytesMut;
use kai_tcp_server::packet::Http;
use kai_tcp_server::protocol::{
    CaptureKind, Class, Closes, Endian, Field, Form, Frame, Length, Operator, Piece, Protocol, Value,
};
use kai_tcp_server::{Action, Packet, tcp_server};
use tokio_util::codec::{Decoder, Encoder};

fn closes(protocol: &Protocol) -> Vec<Closes> {
    protocol.iter().map(|arm| arm.closes).collect()
}

/// Formats a frame as one line, with everything that is known of it.
fn line(frame: &Frame) -> String {
    let all = |open: &str, parts: Vec<String>| format!("{open}({})", parts.join(" "));
    match frame {
        Frame::Literal(bytes) => format!("literal({})", bytes.escape_ascii()),
        Frame::Template(pieces) => all("template", pieces.iter().map(piece).collect()),
        Frame::Bits(fields) => all("bits", fields.iter().map(field).collect()),
        Frame::Prefix(fields) => all("prefix", fields.iter().map(field).collect()),
        Frame::AnyOf(frames) => all("any", frames.iter().map(line).collect()),
        Frame::Rest => "rest".to_owned(),
        Frame::Rust(pattern) => format!("rust({pattern})"),
        _ => unreachable!(),
    }
}

fn piece(piece: &Piece) -> String {
    match piece {
        Piece::Literal(text) => format!("'{}'", text.escape_ascii()),
        Piece::Capture(capture) => {
            let kind = match capture.kind {
                CaptureKind::Text => "text",
                CaptureKind::Bytes => "bytes",
                CaptureKind::Parsed => "parsed",
                _ => unreachable!(),
            };
            let open = if capture.open { ".." } else { "" };
            format!("{}{open}:{kind}:{}", capture.name.unwrap_or("_"), capture.ty)
        }
        Piece::Flag(flag) => format!("{}?'{}'", flag.name.unwrap_or("_"), flag.text.escape_ascii()),
        _ => unreachable!(),
    }
}

fn field(field: &Field) -> String {
    let form = match field.form {
        Form::Number(number) => {
            let class = match number.class {
                Class::Unsigned => 'u',
                Class::Signed => 'i',
                Class::Float => 'f',
                _ => unreachable!(),
            };
            let endian = if number.endian == Endian::Little { "le" } else { "" };
            format!("{class}{}{endian}", number.width)
        }
        Form::Bytes(ref length) => format!("[{}]", computed(length)),
        Form::Rest => "..".to_owned(),
        _ => unreachable!(),
    };
    let value = match field.value {
        Value::Any => String::new(),
        Value::Number(number) => format!("={number:#x}"),
        Value::Bytes(bytes) => format!("='{}'", bytes.escape_ascii()),
        Value::Unknown => "=?".to_owned(),
        _ => unreachable!(),
    };
    format!("{}:{form}{value}", field.name.unwrap_or("_"))
}

fn computed(length: &Length) -> String {
    match length {
        Length::Number(number) => number.to_string(),
        Length::Field(name) => (*name).to_owned(),
        Length::Unknown(place) => format!("?{place}"),
        Length::Operation(left, operator, right) => {
            format!("({}{}{})", computed(left), operator.symbol(), computed(right))
        }
        _ => unreachable!(),
    }
}

fn lines(protocol: &Protocol) -> Vec<String> {
    protocol.iter().map(|arm| line(&arm.frame)).collect()
}

struct Templates;

#[tcp_server(port = 0, packet = line(crlf))]
impl Templates {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "quit" => close,
            b"QUIT" | br"{raw}" => close("bye"),
            "set {key} {ttl: u32} {rest..}" => reply(format_args!("{key}{ttl}{rest}")),
            "raw {one: bytes} {more..: bytes}{quiet? noreply}" if one.len() > 1 => {
                if quiet {
                    noreply
                } else {
                    reply(more)
                }
            }
            whole @ "skip {_}{_? all}{{}}" => reply(whole),
            "type {r#type: std::net::IpAddr} {_..}" => reply(r#type.to_string()),
            #[cfg(any())]
            "never {x}" => reply(x),
            #[cfg(test)]
            "always {x}" => reply(x),
            _ => noreply,
        }
    }
}

#[test]
fn templates() {
    assert_eq!(
        lines(Templates::PROTOCOL),
        [
            "literal(quit)",
            "any(literal(QUIT) literal({raw}))",
            "template('set ' key:text:&str ' ' ttl:parsed:u32 ' ' rest..:text:&str)",
            r"template('raw ' one:bytes:&[u8] ' ' more..:bytes:&[u8] quiet?' noreply')",
            "template('skip ' _:bytes:&[u8] _?' all' '{}')",
            "template('type ' type:parsed:std::net::IpAddr ' ' _..:bytes:&[u8])",
            "template('always ' x:text:&str)",
            "rest",
        ]
    );
    let guarded: Vec<bool> = Templates::PROTOCOL.iter().map(|arm| arm.guarded).collect();
    assert_eq!(guarded, [false, false, false, true, false, false, false, false]);
}

struct Either;

#[tcp_server(port = 0, packet = line(crlf), ignore_case)]
impl Either {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "quit" => close,
            "1" => noreply,
            b"exit" => close,
            "get {key}" | "fetch {key}" => reply(key),
            _ => close,
        }
    }
}

#[test]
fn a_literal_is_exact_also_where_templates_ignore_the_case() {
    assert!(Either::PROTOCOL.ignore_case);
    assert_eq!(
        lines(Either::PROTOCOL),
        [
            "template('quit')",
            "literal(1)",
            "literal(exit)",
            "any(template('get ' key:text:&str) template('fetch ' key:text:&str))",
            "rest",
        ]
    );
}

const KIND: u8 = 7;
const SIZE: usize = 2;

struct Layouts;

#[tcp_server(port = 0, packet = 4)]
impl Layouts {
    const HELLO: &'static [u8] = b"hello";

    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            bits!(4u4, _: u4, -2i8, 0x0102u16le, "GIOP", r#type: u24le, level: i3, _: u5, ratio: f32) => {
                reply(format_args!("{type} {level} {ratio}"))
            }
            bits!(1u8, n: u8, m: u8, body: [u8; 2 * (n - m) + 4 / n], _: [u8; 3], tail: [u8; n << 1]) => {
                reply((body, tail))
            }
            bits!(KIND: u8, sized: [u8; SIZE]) => reply(sized),
            bits!(2u8, 3u12le, 1u4, rest: [u8]) => reply(rest),
            [0x09, b'x', id, _, ..] => reply([*id]),
            [8, first @ 1, ..] => reply([*first]),
            [9, KIND] => close,
            [5, 6] => close,
            [] => close,
            [0..=3, ..] => close,
            [.., 0] => noreply,
            Self::HELLO => noreply,
            other => reply(other),
        }
    }
}

#[test]
fn layouts_slices_and_what_only_the_compiler_knows() {
    assert_eq!(
        lines(Layouts::PROTOCOL),
        [
            "bits(_:u4=0x4 _:u4 _:i8=0xfe _:u16le=0x102 _:[4]='GIOP' type:u24le level:i3 _:u5 ratio:f32)",
            "bits(_:u8=0x1 n:u8 m:u8 body:[((2*(n-m))+(4/n))] _:[3] tail:[(n<<1)])",
            "bits(KIND:u8=? sized:[?SIZE])",
            "bits(_:u8=0x2 _:u12le=0x3 _:u4=0x1 rest:..)",
            "prefix(_:u8=0x9 _:u8=0x78 id:u8 _:u8)",
            "prefix(_:u8=0x8 _:u8=0x1)",
            "bits(_:u8=0x9 KIND:u8=?)",
            r"literal(\x05\x06)",
            "literal()",
            "rust([0 ..= 3, ..])",
            "rust([.., 0])",
            "rust(Self::HELLO)",
            "rest",
        ]
    );
    let Frame::Bits([_, _, _, body, ..]) = Layouts::PROTOCOL[1].frame else {
        panic!()
    };
    let Form::Bytes(length) = body.form else { panic!() };
    let value = |name: &str| Some(if name == "n" { 4 } else { 1 });
    assert_eq!(length.compute(&value), Some(7));
    let Length::Operation(_, Operator::Add, right) = length else {
        panic!()
    };
    assert_eq!(right.compute(&|_| Some(0)), None);
}

struct Generic<T, const N: usize>(T);

macro_rules! server {
    ($command:literal, $action:expr) => {
        #[tcp_server(port = 0, packet = raw(N))]
        impl<T: AsRef<[u8]> + Send + Sync + 'static, const N: usize> Generic<T, N> {
            fn handle_call(&self, data: &[u8], state: &mut u8) -> Action {
                match (&*state, data) {
                    (0, $command) => reply(self.0.as_ref()),
                    (1, ..) => $action,
                    (2, bits!(0u8, rest: [u8]) | [1, rest @ ..]) => reply(rest),
                    (_, line) => reply(line),
                }
            }
        }
    };
}

server!("ab{_x: u8}", close);

#[test]
fn tuples_in_a_generic_block_of_a_macro() {
    assert_eq!(
        lines(Generic::<String, 4>::PROTOCOL),
        [
            "template('ab' _x:parsed:u8)",
            "rest",
            "any(bits(_:u8=0x0 rest:..) prefix(_:u8=0x1))",
            "rest"
        ]
    );
    assert_eq!(Generic::<String, 4>::PROTOCOL.packet, Packet::RawExact(4));
}

#[derive(Default)]
struct Numbers;

impl Decoder for Numbers {
    type Item = Option<u8>;
    type Error = std::io::Error;

    fn decode(&mut self, source: &mut BytesMut) -> Result<Option<Self::Item>, Self::Error> {
        Ok((!source.is_empty()).then(|| source.split_to(1).first().copied()))
    }
}

impl Encoder<u8> for Numbers {
    type Error = std::io::Error;

    fn encode(&mut self, item: u8, target: &mut BytesMut) -> Result<(), Self::Error> {
        target.extend_from_slice(&[item]);
        Ok(())
    }
}

struct Items;

#[tcp_server(port = 0, packet = Numbers)]
impl Items {
    fn handle_call(&self, item: Option<u8>) -> Action {
        match item {
            Some(0) | None => close,
            #[name = "one"]
            Some(1..=9) => noreply,
            item if item == Some(10) => noreply,
            _ => noreply,
        }
    }
}

struct Web;

#[tcp_server(port = 0, packet = http)]
impl Web {
    fn handle_call(&self, line: Http) -> Action {
        match line {
            Http::Request { .. } => noreply,
            _ => close,
        }
    }
}

#[test]
fn items_and_lines_of_http_are_rusts_own() {
    assert_eq!(Items::PROTOCOL.codec, Some("Numbers"));
    assert_eq!(
        lines(Items::PROTOCOL),
        ["any(rust(Some(0)) rust(None))", "rust(Some(1 ..= 9))", "rest", "rest"]
    );
    assert_eq!(Items::PROTOCOL[1].name, "one");
    assert_eq!(lines(Web::PROTOCOL), ["rust(Http::Request { .. })", "rest"]);
}

struct Ends;

macro_rules! maybe {
    () => {
        return Ok(Action::close())
    };
}

#[tcp_server(port = 0, packet = line, delimiter = b';')]
impl Ends {
    fn other(&self) -> Action<'static> {
        close
    }

    fn handle_call(&self, data: &[u8], n: &mut u8) -> Result<Action, std::fmt::Error> {
        if *n == 9 {
            // Its value isn't the call's.
            let action = match data {
                "held;" => reply("held"),
                _ => noreply,
            };
            return if *n == 9 { Ok(Action::close()) } else { Ok(action) };
        }
        if *n == 8 {
            return Ok(match data {
                "returned;" => reply("returned"),
                _ => close,
            });
        }
        match data {
            "ok;" => Ok(Action::close_with("ok")),
            "error;" => {
                *n += 1;
                Err(std::fmt::Error)
            }
            "one {_};" => {
                if *n == 0 {
                    return Ok(close);
                }
                Ok(reply(format_args!("{n}")))
            }
            "two;" => match n {
                1 => Ok(close),
                _ => return Ok(close("two")),
            },
            "elsewhere;" => Ok(self.other()),
            "hidden;" => {
                if *n > 3 {
                    maybe!();
                }
                Ok(noreply)
            }
            "never;" => {
                let closure = || return 3_u8;
                println!("{}", closure());
                Ok(if *n == 1 { noreply } else { reply("never") })
            }
            _ => unreachable!(),
        }
    }
}

#[test]
fn whether_an_arm_closes_as_far_as_it_can_be_told() {
    use Closes::{Always, Never, Sometimes, Unknown};
    assert_eq!(
        closes(Ends::PROTOCOL),
        [
            Unknown, Unknown, Never, Always, Always, Unknown, Sometimes, Always, Unknown, Unknown, Never, Unknown
        ]
    );
    assert_eq!((Ends::PROTOCOL.packet, Ends::PROTOCOL.delimiter), (Packet::Line, b';'));
}

struct Named;

#[tcp_server(port = 0, packet = 4)]
impl Named {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            /// Asks.
            #[name = "ask"]
            bits!(1u8, _: [u8]) => noreply,
            #[cfg(any())]
            #[name = "tell"]
            [2, ..] => noreply,
            #[name = "tell"]
            #[cfg(test)]
            [3, ..] => noreply,
            _ => close,
        }
    }
}

#[test]
fn an_arm_is_called_as_it_is_told() {
    let names: Vec<_> = Named::PROTOCOL.iter().map(|arm| arm.name).collect();
    assert_eq!(names, ["ask", "tell", "arm_4"]);
    let counted = <Named as kai_tcp_server::TcpServer>::ARMS.iter().map(|arm| arm.name);
    assert_eq!(counted.collect::<Vec<_>>(), names);
}

#[test]
fn known_while_compiling_and_in_a_loop() {
    const CLOSES: Closes = Named::PROTOCOL.arms[2].closes;
    assert_eq!(CLOSES, Closes::Always);
    let mut count = 0;
    for arm in Named::PROTOCOL {
        count += usize::from(arm.next.states.is_empty() && !arm.next.open);
    }
    assert_eq!(count, 3);
}

#[test]
fn every_form_can_be_serialized() {
    let layouts = serde_json::to_value(Layouts::PROTOCOL).unwrap();
    let length = serde_json::json!({ "bytes": { "operation": [
        { "operation": [
            { "number": 2 },
            "*",
            { "operation": [{ "field": "n" }, "-", { "field": "m" }] },
        ] },
        "+",
        { "operation": [{ "number": 4 }, "/", { "field": "n" }] },
    ] } });
    assert_eq!(layouts["arms"][1]["frame"]["bits"][3]["form"], length);
    let kind = serde_json::json!({
        "name": "KIND",
        "form": { "number": { "class": "unsigned", "width": 8, "endian": "big" } },
        "value": "unknown",
    });
    assert_eq!(layouts["arms"][2]["frame"]["bits"][0], kind);
    assert_eq!(
        layouts["arms"][9]["frame"],
        serde_json::json!({ "rust": "[0 ..= 3, ..]" })
    );
    assert_eq!(serde_json::to_value(Items::PROTOCOL).unwrap()["codec"], "Numbers");
    let templates = serde_json::to_value(Templates::PROTOCOL).unwrap();
    let flag = serde_json::json!({ "flag": { "name": "quiet", "text": b" noreply" } });
    assert_eq!(templates["arms"][3]["frame"]["template"][4], flag);
}

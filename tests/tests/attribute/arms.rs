//! Templates: each part's matches and bindings; and a table stays a `match`.
//!
//! Longer than other files, as one table has each kind of arm.

#![deny(warnings)]
#![allow(clippy::unnested_or_patterns, reason = "every shape is tried")]

use bytes::Bytes;
use kai_tcp_server::{Action, start, tcp_server, with};
use kai_tcp_server_tests::Client;

/// Replies with the captures of a template.
struct Grammar;

#[tcp_server(port = 0, packet = raw)]
impl Grammar {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "quit" => close,
            "word {word}" => reply(format_args!("word <{word}>")),
            "number {n: u8}" => reply(format_args!("number {n}")),
            "bytes {b: bytes}" => reply(format_args!("bytes <{}>", b.escape_ascii())),
            "open {all..}." => reply(format_args!("open <{all}>")),
            "openbytes {all..: bytes}" => reply(("openbytes ", all)),
            "openfloat {x..: f64}" => reply(format_args!("float {x}")),
            "two {a} {b}" => reply(format_args!("two <{a}> <{b}>")),
            "list {a},{b..},{c}" => reply(format_args!("list <{a}> <{b}> <{c}>")),
            "skip {_} {_: u32} {_..: bytes}" => reply("skip"),
            "set {key}{force?!}{quiet? noreply}" => reply(format_args!("set <{key}> {force} {quiet}")),
            "flag{yes? yes} end" => reply(format_args!("flag {yes}")),
            "brace {{{x}}}" => reply(format_args!("brace <{x}>")),
            "esc\t\"\x41\u{e9}" => reply("escapes"),
            whole @ "whole {x}" => reply((whole, "=", x)),
            "guard {n: i32}" if n > 0 => reply("positive"),
            "guard {n: i32}" if let 0 = n => reply("zero"),
            "guard {n}" if n.len() > 5 || n == "x" => reply(format_args!("long {n}")),
            "guard {_}" => reply("other"),
            b"plain" | [0x01, ..] => reply("rust's own"),
            [0x02, name @ ..] => reply(("rest ", name)),
            "one {x: bytes}" | "eins {x: bytes}" | [b'1', x @ .., b'!'] if !x.is_empty() => reply(("one ", x)),
            "" => reply("empty"),
            _ => reply("none"),
        }
    }
}

fn says(input: impl AsRef<[u8]>, expected: impl AsRef<[u8]>) {
    let input = input.as_ref();
    let action = Grammar.handle_call(input);
    assert_eq!(action, Action::reply(expected.as_ref()), "{}", input.escape_ascii());
}

#[test]
fn a_word_is_one_or_more_non_blank_characters() {
    says("word abc", "word <abc>");
    says("word ", "none");
    says("word", "none");
    for blank in [" ", "\t", "\r", "\n"] {
        says(format!("word a{blank}b"), "none");
        says(format!("word {blank}"), "none");
    }
    says("word \u{e9}\u{a0}", "word <é\u{a0}>");
    says(b"word \xff", "none");
}

#[test]
fn a_number_that_does_not_fit_is_no_match() {
    says("number 255", "number 255");
    says("number +7", "number 7");
    for number in ["256", "-1", "", "1x", " 1", "99999999999999999999", "0x10"] {
        says(format!("number {number}"), "none");
    }
}

/// A float type with another name.
type Celsius = f32;

/// Takes numbers that aren't whole.
struct Thermometer;

#[tcp_server(port = 0, packet = raw)]
impl Thermometer {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "f32 {x: Celsius}" => reply(format_args!("{x}")),
            "f64 {x: f64}" => reply(format_args!("{x}")),
            "f64.. {x..: ::core::primitive::f64}" => reply(format_args!("{x}")),
            "skip {_: f64} {_: f32}" => reply("skipped"),
            _ => reply("none"),
        }
    }
}

#[test]
fn a_float_that_is_not_a_finite_number_is_no_match() {
    let says = |input: &str, expected: &str| {
        let action = Thermometer.handle_call(input.as_bytes());
        assert_eq!(action, Action::reply(expected), "{input}");
    };
    let long = "0.".to_owned() + &"1".repeat(400);
    let numbers = ["1.5", "-0", "+.5", "1e3", "1E-400", &long];
    for (float, most, beyond) in [
        ("f32", "3.4e38", "1e39"),
        ("f64", "1.7e308", "1e400"),
        ("f64..", "1.7e308", "-1e400"),
    ] {
        for number in numbers.into_iter().chain([most]) {
            let expected = if float == "f32" {
                number.parse::<f32>().expect("a float").to_string()
            } else {
                number.parse::<f64>().expect("a float").to_string()
            };
            says(&format!("{float} {number}"), &expected);
        }
        let digits = "9".repeat(400);
        for none in [
            "nan", "NaN", "-nan", "inf", "-inf", "+INF", "infinity", "Infinity", beyond, &digits,
        ] {
            says(&format!("{float} {none}"), "none");
        }
    }
    says("skip 1.5 2", "skipped");
    says("skip nan 2", "none");
    says("skip 1.5 inf", "none");
}

#[test]
fn bytes_need_not_be_text() {
    says(b"bytes \xff\0", "bytes <\\xff\\x00>");
    says("bytes ", "none");
    says("bytes a b", "none");
}

#[test]
fn an_open_capture_ends_at_the_first_text_behind_it_or_at_the_end() {
    says("open a b\r\n.", "open <a b\r\n>");
    says("open .", "open <>");
    says("open a.b.", "none"); // the first `.` ends it, and nothing goes back
    says(b"open \xff.", "none");
    says(b"openbytes ", "openbytes ");
    says(b"openbytes \xff \n", b"openbytes \xff \n");
    says("openfloat 1.5", "float 1.5");
    says("openfloat  1.5", "none");
    says("openfloat ", "none");
}

#[test]
fn captures_end_where_the_text_behind_first_occurs() {
    says("two a b", "two <a> <b>");
    says("two a  b", "none");
    says("two a b ", "none");
    says("list a,b c,d", "list <a> <b c> <d>");
    says("list a,,d", "list <a> <> <d>");
    says("list a,b,c,d", "list <a> <b> <c,d>");
    says("list a b,c,d", "none");
    says("skip x 7 anything at all", "skip");
    says("skip x y z", "none");
}

#[test]
fn where_all_captures_are_text_none_takes_other_bytes() {
    says("two \u{e9} \u{20ac}", "two <\u{e9}> <\u{20ac}>");
    says(
        "list \u{e9},\u{20ac} \u{e9},\u{e9}",
        "list <\u{e9}> <\u{20ac} \u{e9}> <\u{e9}>",
    );
    for wrong in [&b"\xff b"[..], b"a \xff", b"\xc3 \xa9", b"a\xe2\x82 \xac"] {
        says([b"two ", wrong].concat(), "none");
    }
    for wrong in [
        &b"\xff,b,c"[..],
        b"a,\xff,c",
        b"a,b,\xff",
        b"a\xc3,\xa9,c",
        b"a,b\xc3,\xa9",
    ] {
        says([b"list ", wrong].concat(), "none");
    }
    // A capture that binds nothing takes any bytes.
    says(b"skip x 7 \xff", "skip");
    says(b"skip \xff 7 x", "skip");
}

#[test]
fn flags_stand_there_or_not() {
    says("set a", "set <a> false false");
    says("set a! noreply", "set <a> true true");
    says("set a noreply", "set <a> false true");
    says("set a!noreply", "none"); // the blank is the text's
    says("set anoreply", "set <anoreply> false false");
    says("set a!", "set <a> true false");
    says("set a noreply!", "none");
    says("set !", "none");
    says("flag yes end", "flag true");
    says("flag end", "flag false");
    says("flag  yes end", "none");
}

#[test]
fn braces_and_escapes() {
    says("brace {x}", "brace <x>");
    says("brace {x}}", "none"); // the first `}` ends the capture, and one is left
}

#[test]
fn escapes_are_those_of_rust() {
    says("esc\t\"A\u{e9}", "escapes");
}

#[test]
fn a_name_before_a_template_is_the_whole_frame() {
    says("whole x", "whole x=x");
}

#[test]
fn a_guard_that_fails_falls_through() {
    says("guard 5", "positive");
    says("guard 0", "zero");
    says("guard -5", "other");
    says("guard -500000", "long -500000");
    says("guard x", "long x");
    says("guard y", "other");
    says("guard a b", "none");
}

#[test]
fn rusts_own_patterns_work_beside() {
    says("plain", "rust's own");
    says([1, 2, 3], "rust's own");
    says([2, 2, 3], b"rest \x02\x03");
    says("one a", "one a");
    says("eins b", "one b");
    says("1c!", "one c");
    says("1!", "none");
    says("", "empty");
    assert_eq!(Grammar.handle_call(b"quit"), Action::close());
}

/// Matches letters in any case.
struct Loud;

#[tcp_server(port = 0, packet = line(crlf), ignore_case)]
impl Loud {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "noop" => reply("noop"),
            "MAIL FROM:<{from}>{eight? BODY=8BITMIME}" => reply(format_args!("{from} {eight}")),
            "say {x} TO {y}" => reply((x, ":", y)),
            "+1{_..}" => reply("plus"),
            b"exact" => reply("exact"),
            "vrfy" | "expn" => reply("no"),
            _ => reply("none"),
        }
    }
}

#[test]
fn case_is_ignored_in_literal_text_alone() {
    let says = |input: &str, expected: &str| {
        assert_eq!(Loud.handle_call(input.as_bytes()), Action::reply(expected), "{input}");
    };
    says("NOOP", "noop");
    says("nOoP", "noop");
    says("noopx", "none");
    says("mail from:<Me@X>", "Me@X false");
    says("Mail From:<me> body=8bitmime", "me true");
    says("Mail From:<me>body=8bitmime", "none");
    says("SAY a to B", "a:B");
    says("say A tO b", "A:b");
    says("+1", "plus");
    says("exact", "exact");
    says("EXACT", "none");
    says("Expn", "no");
    says("ex\u{212a}n", "none");
}

/// A table over states.
struct States;

#[derive(Default)]
enum State {
    #[default]
    New,
    Named(String),
}

#[tcp_server(port = 0, packet = line(crlf))]
impl States {
    fn handle_call(&self, data: &[u8], state: &mut State) -> Action {
        match (&*state, data) {
            (State::New, "name {name}" | "call me {name}") => {
                *state = State::Named(name.to_owned());
                noreply
            }
            (State::New, _) => reply("who?"),
            (State::Named(name), "who") => reply((name.clone(), "!")),
            (State::Named(_), "forget{really? really}") if really => {
                *state = State::New;
                reply("forgotten")
            }
            (State::Named(_), "say" | "tell") | (State::Named(_), "shout") => reply("what?"),
            (_, "quit") => close,
            (.., rest) => reply(rest),
        }
    }
}

#[test]
fn a_table_of_states() {
    let mut state = State::New;
    assert_eq!(States.handle_call(b"who", &mut state), Action::reply("who?"));
    assert_eq!(States.handle_call(b"call me Ann", &mut state), Action::noreply());
    assert_eq!(States.handle_call(b"who", &mut state), Action::reply("Ann!"));
    assert_eq!(States.handle_call(b"shout", &mut state), Action::reply("what?"));
    assert_eq!(States.handle_call(b"tell", &mut state), Action::reply("what?"));
    assert_eq!(States.handle_call(b"forget", &mut state), Action::reply("forget"));
    assert_eq!(
        States.handle_call(b"forget really", &mut state),
        Action::reply("forgotten")
    );
    assert_eq!(States.handle_call(b"name ", &mut state), Action::reply("who?"));
}

/// A table over text.
struct Text;

#[tcp_server(port = 0, packet = line(crlf))]
impl Text {
    fn handle_call(&self, data: &str) -> Action {
        match data {
            "get {key}" => reply(("text ", key)),
            b"bytes" => reply("bytes"),
            [b'!', command @ ..] => reply(("command ", command)),
            whole @ ("a {x}" | "b {x}") => reply((whole.trim_start_matches('a'), x)),
            "{all..}!" => reply(all.to_uppercase()),
            other if other.is_empty() => reply("nothing"),
            other => reply(other.chars().rev().collect::<String>()),
        }
    }
}

#[test]
fn text_as_text() {
    let says = |input: &str, expected: &str| assert_eq!(Text.handle_call(input), Action::reply(expected), "{input}");
    says("get x", "text x");
    says("bytes", "bytes");
    says("!x", "command x");
    says("a x", " xx");
    says("b x", "b xx");
    says("\u{e9}!", "\u{c9}");
    says("", "nothing");
    says("\u{e9}x", "x\u{e9}");
}

/// A table over `Bytes`.
struct Kept;

#[tcp_server(port = 0, packet = line(crlf))]
impl Kept {
    fn handle_call(&self, data: Bytes) -> Action {
        match data {
            "get {key}" => reply(key.to_owned()),
            b"bytes" => reply("bytes"),
            empty if empty.is_empty() => reply("nothing"),
            short
                if let Some(first) = short.first().copied()
                    && short.len() < 3 =>
            {
                reply((short, [first]))
            }
            all => reply(all),
        }
    }
}

#[test]
fn bytes_that_are_kept() {
    let says = |input: &'static str, expected: &str| {
        assert_eq!(
            Kept.handle_call(Bytes::from_static(input.as_bytes())),
            Action::reply(expected),
            "{input}"
        );
    };
    says("get x", "x");
    says("bytes", "bytes");
    says("", "nothing");
    says("ab", "aba");
    says("abc", "abc");
}

/// Tables at any depth, and over other bytes.
struct Deep;

#[tcp_server(port = 0, packet = line(crlf))]
impl Deep {
    fn handle_call(&self, data: &[u8]) -> Action {
        let count = data.split(|&byte| byte == b',').count();
        let each = |part: &'_ [u8]| match part {
            "{n: u32}" => n,
            _ => 0,
        };
        match data {
            "sub {rest..: bytes}" => match rest {
                "add {x: u32} {y: u32}" => reply(format_args!("{}", x + y)),
                "neg {x: i32}" if x != 0 => reply(format_args!("{}", -x)),
                _ => reply("sub?"),
            },
            "sum {rest..}" => {
                let sum: u32 = rest.split(',').map(|part| each(part.as_bytes())).sum();
                reply(format_args!("{sum} of {count}"))
            }
            [b'#', data @ ..] => match data {
                "comment" => reply("shadowed"),
                data => reply(data),
            },
            "text {data..}" => match data {
                "one" => reply("1"),
                other => reply(other),
            },
            line => self.helper(line).unwrap_or(noreply),
        }
    }

    #[allow(clippy::unused_self)]
    fn helper<'l>(&self, line: &'l [u8]) -> Option<Action<'l>> {
        let owned = String::from_utf8_lossy(line).into_owned();
        let number = match &owned {
            "{n: u64}" => n,
            text if text.is_empty() => return None,
            _ => 0,
        };
        Some(match (number, line) {
            (0, "help{all? all}") => reply(format_args!("{all}")),
            (0, _) => reply(line),
            (n, _) => reply(format_args!("<{n}>")),
        })
    }
}

#[test]
fn tables_at_any_depth() {
    let says = |input: &str, expected: &str| {
        assert_eq!(Deep.handle_call(input.as_bytes()), Action::reply(expected), "{input}");
    };
    says("sub add 1 2", "3");
    says("sub neg 5", "-5");
    says("sub neg 0", "sub?");
    says("sub ", "sub?");
    says("sum 1,2,x", "3 of 3");
    says("#comment", "shadowed");
    says("#other", "other");
    says("text one", "1");
    says("text two", "two");
    says("77", "<77>");
    says("help", "false");
    says("help all", "true");
    says("else", "else");
    assert_eq!(Deep.handle_call(b""), Action::noreply());
}

#[tokio::test]
async fn a_server_with_templates_serves() {
    let server = start(with(Grammar, Grammar::OPTIONS.in_memory())).await.unwrap();
    let mut client = Client::in_memory(&server).await;
    client.call("word abc", "word <abc>").await;
    client.call("nothing", "none").await;
    let server = start(with(Loud, Loud::OPTIONS.in_memory())).await.unwrap();
    let mut client = Client::in_memory(&server).await;
    client.call("Say a TO b\r\nVRFY\r\n", "a:b\r\nno\r\n").await;
}

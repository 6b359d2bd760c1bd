//! Other tables, each with much of one kind, and what is written of them against what the server
//! does: the grammar matches each frame that an arm takes, and the dissector names the same arm.

use std::num::NonZeroU8;

use abnf::types::Rule;
use kai_tcp_server::describe::Description;
use kai_tcp_server::{Action, Protocol, ProtocolState, Socket, tcp_server};
use kai_tcp_server_tests::{Random, available};
use serde_json::Value;

use crate::abnf::read;
use crate::capture::{Capture, dissect, dissect_by, is_there};
use crate::graph::graphviz;
use crate::matching::matches;

/// Lengths of lengths, parts of bytes, both byte orders, ranges, alternatives, an empty frame.
struct Depths;

#[tcp_server(port = 7301, packet = 2)]
#[allow(unused_variables)]
impl Depths {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            #[name = "inner"]
            bits!(1u8, outer: u8, inner: u8, a: [u8; outer - inner], b: [u8; inner * 2 % 5]) => reply("inner"),
            #[name = "long"]
            bits!(3u2, len: u6, body: [u8; len]) if len > 2 => reply("long"),
            #[name = "short"]
            bits!(3u2, len: u6, body: [u8; len]) => reply("short"),
            #[name = "little"]
            bits!(4u4, a: u12le, n: i16le, tail: [u8; n + 3]) => reply("little"),
            #[name = "either"]
            bits!(5u8, x: u16) | bits!(6u8, x: u16le) => reply("either"),
            #[name = "range"]
            [b'0'..=b'9', b'a' | b'b', ..] => reply("range"),
            #[name = "nil"]
            [] => reply("nil"),
            #[name = "deep"]
            bits!(7u8, a: u8, b: [u8; a], c: u8, d: [u8; (c + a) >> 1]) => reply("deep"),
            #[name = "floats"]
            bits!(8u8, x: f32, y: f64le) => reply("floats"),
            #[name = "odd"]
            bits!(9u8, a: u1, b: i7, c: u24le, d: u48, e: i128) => reply("odd"),
            #[name = "quote"]
            bits!(b"\"'\\\n", z: [u8]) => reply("quote"),
            #[name = "OCTET"]
            _ => reply("OCTET"),
        }
    }
}

/// Names that ABNF and Lua have for other things, types, text of either case and beyond ASCII.
struct Reserved;

#[tcp_server(port = 7302, packet = line(crlf), ignore_case)]
#[allow(unused_variables)]
impl Reserved {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            #[name = "end"]
            "end {function} {local}" => reply("end"),
            #[name = "frame"]
            "frame {word}" | "goto {word};" => reply("frame"),
            #[name = "CRLF"]
            "CRLF {octet: u8} {nil: i64}" => reply("CRLF"),
            #[name = "elseif"]
            "größe {x: f32}" => reply("elseif"),
            #[name = "nihon"]
            "日本\t{y..}" => reply("nihon"),
            #[name = "until"]
            "word {repeat}{not? =}{until? !} {then..}" => reply("until"),
            #[name = "nonzero"]
            "nz {n: NonZeroU8} {m: i128}" => reply("nonzero"),
            #[name = "address"]
            "ip {ip: std::net::IpAddr}" => reply("address"),
            #[name = "quoted"]
            "a;\"{q}\";%x41" => reply("quoted"),
            #[name = "exact"]
            b"EXACT" => reply("exact"),
            #[name = "several"]
            "{a}={b: bool}|{c: char}" => reply("several"),
            #[name = "long"]
            "a very long text that nobody would write like this, but it is a text all the same, and so a grammar has to break it into lines \"\u{e4}\u{f6}\u{fc}\" {rest..: bytes}" => {
                reply("long")
            }
            #[name = "guarded"]
            "if {x: u32}" if x % 2 == 0 => reply("guarded"),
            #[name = "rest"]
            _ => reply("rest"),
        }
    }
}

/// Text without a case, of one line and of much.
struct Exact;

#[tcp_server(port = 7303, packet = line, delimiter = b'\0', packet_size = 4096)]
#[allow(unused_variables)]
impl Exact {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            #[name = "one"]
            "one {a: u16}, {b: i8}\0" => reply("one"),
            #[name = "many"]
            b"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f --[[ ]] \xff\xfe\x00" => reply("many"),
            #[name = "two"]
            "<{a..}><{b..: bytes}>\0" => reply("two"),
            #[name = "float"]
            "f {x: f64} {y: f32}\0" => reply("float"),
            #[name = "wide"]
            "w {x: u128} {y: usize} {z: i16}\0" => reply("wide"),
            #[name = "rest"]
            data => reply("rest"),
        }
    }
}

/// A frame as bytes of a block.
struct Block;

#[tcp_server(port = 7304, packet = raw(6))]
#[allow(unused_variables)]
impl Block {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            #[name = "a"]
            bits!(kind: u2, 0u1, sign: i5, x: u16, y: u24) => reply("a"),
            #[name = "b"]
            [0x20 | 0x21, rest @ ..] => reply("b"),
            #[name = "c"]
            _ => reply("c"),
        }
    }
}

/// The first table leaves what it doesn't take to the second one.
struct Twice;

#[tcp_server(port = 7305, packet = line(lf))]
impl Twice {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            b"stop" => return close,
            "get {_: u8}" => return reply("first"),
            _ => {}
        }
        match data {
            "get {key}" => reply(key),
            _ => noreply,
        }
    }
}

#[derive(Clone, Copy, ProtocolState)]
enum Stage {
    Ready,
    #[initial]
    Hello,
    #[state(packet = 2)]
    Blocks,
    #[state(last)]
    Gone,
}

/// States with packet modes of their own, in which one arm takes all.
struct Staged;

#[tcp_server(port = 7306, packet = line(crlf), state = Stage)]
#[allow(unused_variables)]
impl Staged {
    fn handle_call(&self, state: Stage, data: &[u8], _socket: &mut Socket) -> Action {
        match (state, data) {
            #[name = "last-block"]
            (Stage::Blocks, []) => reply("done").next(Stage::Ready),
            #[name = "block"]
            (Stage::Blocks, block) => noreply,
            #[name = "gone"]
            (Stage::Gone, _) => close,
            #[name = "user"]
            (Stage::Hello, "user {name}") => reply("welcome").next(Stage::Ready),
            #[name = "blocks"]
            (Stage::Ready, b"blocks") => reply("go on").next(Stage::Blocks),
            #[name = "leave"]
            (Stage::Ready, "leave {words..}") => reply("bye").next(Stage::Gone),
            #[name = "help"]
            (_, b"help") => reply("user, blocks, leave"),
            #[name = "rest"]
            _ => reply("what?"),
        }
    }
}

type Call = fn(&[u8]) -> Action<'_>;

/// The name, the port, the table, how a frame is called and how it is sent.
type Server = (&'static str, u16, &'static Protocol, Call, fn(&[u8]) -> Vec<u8>);

/// The servers whose arms reply their names, each with how a frame of it is sent.
const SERVERS: [Server; 4] = [
    (
        "Depths",
        7301,
        Depths::PROTOCOL,
        |data| Depths.handle_call(data),
        |frame| {
            let length = u16::try_from(frame.len()).expect("it is short");
            [&length.to_be_bytes(), frame].concat()
        },
    ),
    (
        "Reserved",
        7302,
        Reserved::PROTOCOL,
        |data| Reserved.handle_call(data),
        |frame| [frame, b"\r\n"].concat(),
    ),
    (
        "Exact",
        7303,
        Exact::PROTOCOL,
        |data| Exact.handle_call(data),
        <[u8]>::to_vec,
    ),
    (
        "Block",
        7304,
        Block::PROTOCOL,
        |data| Block.handle_call(data),
        <[u8]>::to_vec,
    ),
];

/// Returns frames of each arm, and such as they become by small changes.
fn frames(name: &str, protocol: &'static Protocol) -> Vec<Vec<u8>> {
    let mut random = Random(7);
    // Of Rust's own patterns, of which no frames are made.
    let mut frames: Vec<Vec<u8>> = match name {
        "Depths" => vec![b"0a".to_vec(), b"9bcd".to_vec()],
        "Block" => vec![b"\x20abcde".to_vec()],
        // Values at the edge of what a type takes.
        "Reserved" => [
            "nz 0 5",
            "nz 00 5",
            "nz +255 -170141183460469231731687303715884105728",
            "nz 256 5",
            "größe 3.4028235e38",
            "größe 340282346638528859811704183484516925440",
            "größe 3.4028236e38",
            "größe -1e39",
            "größe nan",
            "CRLF 0255 9223372036854775807",
            "CRLF 255 9223372036854775808",
        ]
        .map(|frame| frame.as_bytes().to_vec())
        .into(),
        _ => Vec::new(),
    };
    for seed in Description::new(name, protocol).corpus() {
        for change in 0..8 {
            let mut frame = seed.frame.clone();
            for _ in 0..change.min(2) {
                let at = random.below(frame.len() + 1);
                match (random.below(4), frame.get_mut(at)) {
                    (0, Some(byte)) => *byte = random.byte(),
                    (1, Some(byte)) => *byte = b"0 1=x+-.e\"\x80"[random.below(11)],
                    (2, Some(_)) => drop(frame.remove(at)),
                    (_, Some(byte)) => *byte ^= 0x20,
                    (_, None) => frame.push(random.byte()),
                }
            }
            if can_arrive(name, &frame) {
                frames.push(frame);
            }
        }
    }
    frames
}

/// Returns whether the packet mode delivers a frame as it is.
fn can_arrive(name: &str, frame: &[u8]) -> bool {
    match name {
        "Reserved" => !frame.windows(2).any(|two| two == b"\r\n") && frame.last() != Some(&b'\r'),
        "Exact" => frame.iter().position(|&byte| byte == 0) == frame.len().checked_sub(1),
        "Block" => frame.len() == 6,
        _ => true,
    }
}

/// Returns the name of the arm that takes a frame.
fn arm(protocol: &'static Protocol, call: Call, frame: &[u8]) -> &'static str {
    let replied = call(frame);
    let arm = protocol.iter().find(|arm| replied == Action::reply(arm.name));
    arm.unwrap_or_else(|| panic!("{}", frame.escape_ascii())).name
}

#[test]
fn the_rule_of_an_arm_matches_each_frame_that_the_arm_takes() {
    for (name, _, protocol, call, _) in SERVERS {
        let grammar = Description::new(name, protocol).abnf();
        assert!(grammar.lines().all(|line| line.len() <= 160), "{grammar}");
        let rules = read(&grammar);
        // An arm's rule follows its comment; the rules stand in the order of the arms.
        let of_arms: Vec<&Rule> = rules.iter().skip_while(|rule| rule.name() != "frame").skip(1).collect();
        let mut taken = vec![0; protocol.len()];
        for frame in frames(name, protocol) {
            let arm = arm(protocol, call, &frame);
            let at = protocol
                .iter()
                .position(|other| other.name == arm)
                .expect("it is there");
            taken[at] += 1;
            let rule = of_arms[at];
            assert!(
                matches(&rules, rule.node(), &frame),
                "{name}: {arm} takes {}\n{grammar}",
                frame.escape_ascii()
            );
        }
        assert!(taken.iter().all(|&count| count > 0), "{name}: {taken:?}");
    }
}

/// Rules that say all there is to say match no frame that an arm doesn't take.
#[test]
fn the_rule_of_an_arm_that_says_all_matches_no_other_frame() {
    for (name, _, protocol, call, _) in SERVERS {
        let rules = read(&Description::new(name, protocol).abnf());
        let of_arms: Vec<&Rule> = rules.iter().skip_while(|rule| rule.name() != "frame").skip(1).collect();
        let exact = [
            "either", "nil", "quote", "end", "frame", "nihon", "quoted", "exact", "many", "a",
        ];
        for frame in frames(name, protocol) {
            let arm = arm(protocol, call, &frame);
            let at = protocol
                .iter()
                .position(|other| other.name == arm)
                .expect("it is there");
            for (before, rule) in of_arms[..at].iter().enumerate() {
                let other = protocol[before].name;
                assert!(
                    !exact.contains(&other) || !matches(&rules, rule.node(), &frame),
                    "{name}: {other} matches {}, which {arm} takes",
                    frame.escape_ascii()
                );
            }
        }
    }
}

#[test]
fn the_dissector_names_the_arm_that_takes_a_frame() {
    if !is_there() {
        return;
    }
    let mut captures = Vec::new();
    let mut expected: Vec<Vec<(Vec<u8>, &str)>> = Vec::new();
    for (name, port, protocol, call, sent) in SERVERS {
        let frames = frames(name, protocol);
        let mut capture = Capture::new(port);
        for some in frames.chunks(7) {
            let bytes: Vec<u8> = some.iter().flat_map(|frame| sent(frame)).collect();
            for segment in bytes.chunks(1000) {
                capture.client(segment);
            }
        }
        captures.push(capture);
        let arms = frames.into_iter().map(|frame| {
            let arm = arm(protocol, call, &frame);
            (frame, arm)
        });
        expected.push(arms.collect());
    }
    let protocols: Vec<_> = SERVERS
        .iter()
        .map(|(name, port, protocol, ..)| (*name, *protocol, *port))
        .collect();
    let shown = dissect(&protocols, &captures);
    for ((name, ..), (expected, shown)) in SERVERS.iter().zip(expected.iter().zip(&shown)) {
        let id = format!("kai_{}", name.to_lowercase());
        assert_eq!(expected.len(), shown.len(), "{name}");
        for ((frame, arm), layer) in expected.iter().zip(shown) {
            // A guard, a type's `FromStr` and Rust's own patterns aren't known: the arm is the
            // first that may take the frame.
            let is_unknown = match *arm {
                "short" => shown_as(layer, &id) == "long",
                "range" | "b" => shown_as(layer, &id) == "OCTET" || shown_as(layer, &id) == "c",
                "rest" => ["guarded", "address"].contains(&shown_as(layer, &id)),
                _ => false,
            };
            assert!(
                shown_as(layer, &id) == *arm || is_unknown,
                "{name}: {arm} takes {}: {layer:#}",
                frame.escape_ascii()
            );
        }
    }
}

fn shown_as<'l>(layer: &'l Value, id: &str) -> &'l str {
    layer[format!("{id}.arm")].as_str().unwrap_or_default()
}

#[test]
fn the_dissector_follows_states_and_their_packet_modes() {
    if !is_there() {
        return;
    }
    let client: &[(&[u8], &str)] = &[
        (b"leave now\r\n", "rest"),
        (b"user anna\r\n", "user"),
        (b"help\r\n", "help"),
        (b"blocks\r\n", "blocks"),
        (b"\x00\x06help\r\n", "block"),
        (b"\x00\x00", "last-block"),
        (b"help\r\n", "help"),
        (b"leave us\r\n", "leave"),
        (b"help\r\n", "gone"),
    ];
    let mut captures = Vec::new();
    for size in [1, 4, 1000] {
        let bytes: Vec<u8> = client.iter().flat_map(|(bytes, _)| bytes.iter().copied()).collect();
        let mut capture = Capture::of_client(7306, 40000 + u16::try_from(size).expect("it is small"));
        for segment in bytes.chunks(size) {
            capture.client(segment);
        }
        captures.push(capture);
    }
    let mut answered = Capture::of_client(7306, 50000);
    for (bytes, _) in client {
        answered.client(bytes);
        // A reply goes out under the mode of its call.
        match *bytes {
            b"\x00\x06help\r\n" => continue,
            b"\x00\x00" => answered.server(b"\x00\x04done"),
            _ => answered.server(b"ok\r\n"),
        };
    }
    captures.push(answered);
    let described = Description::of(&Staged).expect("it has a table").port(7306);
    let scripts = [("Staged", described.wireshark())];
    // The second time in two passes, as a window does in which one scrolls.
    let shown = [&[][..], &["-2"]].map(|arguments| dissect_by(&scripts, &captures, arguments));
    for (at, shown) in shown.iter().flatten().enumerate() {
        let arms = shown.iter().filter_map(|layer| layer["kai_staged.arm"].as_str());
        let expected = client.iter().map(|(_, arm)| *arm);
        assert!(arms.eq(expected), "{at}: {shown:#?}");
    }
    let [shown, _] = shown;
    let frames: Vec<&Value> = shown[3]
        .iter()
        .filter(|layer| layer.get("kai_staged.arm").is_none())
        .map(|layer| &layer["kai_staged.frame"])
        .collect();
    assert_eq!(frames.len(), 8, "{frames:?}");
    assert_eq!(frames[4], "64:6f:6e:65", "{frames:?}");
}

#[test]
fn a_table_behind_another_one_is_shown() {
    if !is_there() {
        return;
    }
    let mut capture = Capture::new(7305);
    capture.client(b"get 7\nget x\nstop\nother\n");
    let shown = dissect(&[("Twice", Twice::PROTOCOL, 7305)], &[capture]).remove(0);
    let keys: Vec<&Value> = shown.iter().map(|layer| &layer["kai_twice.get_key"]).collect();
    assert_eq!(
        keys,
        [&Value::Null, &Value::from("x"), &Value::Null, &Value::Null],
        "{shown:#?}"
    );
    assert_eq!(shown_as(&shown[2], "kai_twice"), "stop");
}

#[test]
fn states_are_marked_in_the_table_and_in_the_graph() {
    let table = Staged::PROTOCOL.to_string();
    let second = table.lines().nth(1);
    assert_eq!(
        second,
        Some("states = Hello (initial), Ready, Blocks, Gone (last)"),
        "{table}"
    );
    let dot = Description::new("Staged", Staged::PROTOCOL).dot();
    assert!(dot.contains("[label = \"Gone\", peripheries = 2]"), "{dot}");
    if available("dot", &["-V"], "apt-get install graphviz") {
        assert!(graphviz(&dot).contains(">Gone<"), "{dot}");
    }
    let grammar = Description::new("Staged", Staged::PROTOCOL).abnf();
    assert!(grammar.contains("; in the state Hello\n"), "{grammar}");
}

#[test]
fn the_dictionary_of_any_table_is_one_that_fuzzers_read() {
    let protocols = SERVERS.map(|(name, _, protocol, ..)| (name, protocol));
    for (name, protocol) in protocols
        .into_iter()
        .chain([("Staged", Staged::PROTOCOL), ("Twice", Twice::PROTOCOL)])
    {
        let dictionary = Description::new(name, protocol).dictionary();
        let words: Vec<Vec<u8>> = dictionary.lines().map(crate::corpus::word).collect();
        assert!(!words.is_empty(), "{name}");
    }
}

//! Arbitrary tokens in arms, options and signatures: the attribute answers all of them, and neither
//! panics nor hangs.
//!
//! `ROUNDS=1000000 SEED=7 cargo test -p kai-tcp-server-macros --lib -- arbitrary` looks longer.

use std::fmt::Write as _;

use proc_macro2::TokenStream;

use crate::{bits, entry};

const ROUNDS: usize = 3_000;

/// Tokens of programs, and some that stand in none.
const TOKENS: &[&str] = &[
    "\"get {key}\"",
    "\"{r#type}\"",
    "\"{r#fn: u32}\"",
    "\"{r#self}\"",
    "\"{r#_}\"",
    "\"{self}\"",
    "\"{\"",
    "\"}\"",
    "\"{}\"",
    "\"{{\"",
    "\"{a?b}{c..: bytes}\"",
    "\"{é}\"",
    "\"{²}\"",
    "\"{a:'}\"",
    "\"{a: \\\"}\"",
    "\"{a:?}\"",
    "\"{a: <u8 as B>::C}\"",
    "\"{a: 0b2}\"",
    "\"{a\u{301}}\"",
    "\"{\\0}\"",
    "\"{\\u{202e}}\"",
    "\"{🦀}\"",
    "\"{1}\"",
    "\"{_}\"",
    "\"{__}\"",
    "\"{close}\"",
    "\"{r#close}\"",
    "\"é{x}\u{20ac}\"",
    "r#\"{x}\"#",
    "b\"{x}\"",
    "br\"\\\"",
    "b\"\\xff\"",
    "c\"x\"",
    "'x'",
    "b'x'",
    "1",
    "1u8",
    "300u8",
    "-1i8",
    "1e400f64",
    "0xffff_ffff_ffff_ffff_ffff_ffff_ffff_ffff_ff",
    "1_",
    "0b1",
    "0o7u4",
    "1.5",
    "1.",
    "true",
    "_",
    "..",
    "..=",
    "...",
    "@",
    "|",
    "||",
    "&",
    "&&",
    "=>",
    "=",
    "==",
    "!",
    "?",
    "#",
    "$",
    "~",
    "'a",
    "'static",
    "'_",
    "::",
    ":",
    ";",
    ",",
    "<",
    ">",
    "->",
    "-",
    "*",
    "+",
    "/",
    "a",
    "b",
    "data",
    "r#data",
    "r#type",
    "r#match",
    "é",
    "Self",
    "self",
    "super",
    "crate",
    "if",
    "let",
    "match",
    "fn",
    "async",
    "await",
    "const",
    "static",
    "mut",
    "ref",
    "move",
    "dyn",
    "impl",
    "for",
    "in",
    "loop",
    "while",
    "return",
    "break",
    "else",
    "where",
    "unsafe",
    "extern",
    "type",
    "struct",
    "enum",
    "union",
    "use",
    "mod",
    "pub",
    "as",
    "box",
    "yield",
    "try",
    "macro_rules",
    "default",
    "close",
    "reply",
    "noreply",
    "bits",
    "bits!",
    "bits!(a: u8)",
    "bits!(1u8, a: [u8; b])",
    "bits!(r#type: u8)",
    "vec![close]",
    "m!{}",
    "matches!(data, \"x\")",
    "format_args!(\"{a}\")",
    "#[cfg(a)]",
    "#[cfg(not(a))]",
    "#[cfg_attr(a, cfg(b))]",
    "#[cfg]",
    "#[cfg_attr]",
    "#[doc = 1]",
    "/// doc",
    "#![cfg(a)]",
    "Action",
    "Socket",
    "Peer",
    "Peer<M>",
    "Bytes",
    "u8",
    "[u8]",
    "&[u8]",
    "&str",
    "&mut T",
    "Option<Action>",
    "Result<Action>",
    "Frozen",
    "&Session",
    "Http",
    "handle_call",
    "handle_info",
    "closed",
    "connected",
    "set_packet",
    "()",
    "( )",
    "[]",
    "{}",
    "[data]",
    "{ data }",
    "(a, data)",
    "(&*a, data)",
    "(\"x\", ..)",
    "[a, ..]",
    "[.., a]",
    "[a @ .., b]",
    "a @ \"x\"",
    "Some(\"{x}\")",
    "A::B",
    "<A>::B",
    "1..=2",
    "..5",
    "&a",
    "port = 0",
    "packet = raw",
    "packet = line",
    "packet = raw(2)",
    "packet = Codec",
    "active = once",
    "ignore_case",
    "crate = a",
];

const OPTIONS: &[&str] = &[
    "port",
    "packet",
    "active",
    "name",
    "ip",
    "env",
    "crate",
    "recv_timeout",
    "overload",
    "allow",
    "delimiter",
    "packet_size",
    "ignore_case",
    "session_version",
    "health",
    "agent_check",
    "max_processes",
    "shutdown",
    "keepalive",
];

/// A small generator, the same on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % n as u64).expect("below n")
    }

    fn one<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.below(of.len())]
    }

    /// Up to `most` tokens, now and then in a group.
    fn some(&mut self, most: usize) -> String {
        let mut text = String::new();
        for _ in 0..self.below(most + 1) {
            let token = if self.below(12) == 0 {
                let inner = self.some(most / 2);
                let [open, close] = [["(", ")"], ["[", "]"], ["{", "}"]][self.below(3)];
                format!("{open}{inner}{close}")
            } else {
                self.one(TOKENS).to_owned()
            };
            text += &token;
            text.push(' ');
        }
        text
    }

    fn arms(&mut self) -> String {
        let mut arms = String::new();
        for _ in 0..self.below(12) {
            let attribute = self.one(&["", "", "", "", "#[cfg(a)]", "#[cfg_attr(a, cfg(b))]"]);
            let pattern = self.pattern(3);
            let guard = self.one(&["", "", "", "if a", "if let b = data"]);
            let body = self.one(&[
                "close",
                "reply(data)",
                "reply(bits!(1u8))",
                "noreply",
                "{}",
                "match data { \"{a}\" => close, _ => noreply }",
            ]);
            let _ = write!(arms, "{attribute} {pattern} {guard} => {body}, ");
        }
        arms
    }

    fn pattern(&mut self, depth: usize) -> String {
        match self.below(if depth == 0 { 6 } else { 14 }) {
            0..=5 => self.one(TOKENS).to_owned(),
            6 | 7 => format!("{} | {}", self.pattern(depth - 1), self.pattern(depth - 1)),
            8 => format!("({})", self.pattern(depth - 1)),
            9 | 10 => format!("({}, {})", self.pattern(depth - 1), self.pattern(depth - 1)),
            11 => format!("a @ ({})", self.pattern(depth - 1)),
            12 => format!("[{}, {}]", self.pattern(depth - 1), self.pattern(depth - 1)),
            _ => format!("Some({})", self.pattern(depth - 1)),
        }
    }

    fn options(&mut self) -> String {
        match self.below(4) {
            0 => "port = 0".to_owned(),
            1 => format!("port = 0, {} = {}", self.one(OPTIONS), self.some(5)),
            2 => self.some(8),
            _ => format!(
                "port = 0, {}",
                self.one(&[
                    "packet = raw",
                    "packet = 1",
                    "ignore_case",
                    "session_version = 1",
                    "packet = Codec",
                    "packet = raw(2)"
                ])
            ),
        }
    }

    fn item(&mut self) -> String {
        let scrutinee = self.one(&[
            "data",
            "(a, data)",
            "&data[..]",
            "(data, data)",
            "data.as_ref()",
            "x",
            "()",
        ]);
        let frame = self.one(&["&[u8]", "&str", "Bytes", "Http", "Item", "&'a [u8]"]);
        match self.below(5) {
            0 | 1 => format!(
                "impl A {{ fn handle_call(&self, data: {frame}) -> Action {{ match {scrutinee} {{ {} }} }} }}",
                self.arms()
            ),
            2 => format!(
                "impl A {{ {} fn handle_call {} ({}) -> {} {{ {} }} }}",
                self.some(1),
                self.one(&["", "<'a>", "<T>", "<'a, T: 'a, const N: u8>"]),
                self.some(6),
                self.some(2),
                self.some(6)
            ),
            3 => format!(
                "impl A {{ async fn {}(&self, {}: {}) -> {} {{ {} }} m! {{ {} }} }}",
                self.one(&[
                    "connected",
                    "closed",
                    "handle_info",
                    "r#try",
                    "handle_mail",
                    "freeze",
                    "thaw",
                    "taken_over",
                    "init",
                    "r#closed"
                ]),
                self.one(&["data", "(a, b)", "_", "mut a", "r#in"]),
                self.some(2),
                self.some(2),
                self.some(5),
                self.some(4)
            ),
            _ => format!("impl {} A {} {{ {} }}", self.some(3), self.some(2), self.some(10)),
        }
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn arbitrary_tokens_are_answered() {
    let rounds = number("ROUNDS").map_or(ROUNDS, |rounds| usize::try_from(rounds).expect("rounds"));
    let mut random = Random(number("SEED").unwrap_or(0x9e37_79b9_7f4a_7c15));
    let mut read = 0;
    for round in 0..rounds {
        let (options, item) = (random.options(), random.item());
        let (Ok(attribute), Ok(tokens)) = (options.parse::<TokenStream>(), item.parse::<TokenStream>()) else {
            continue;
        };
        read += 1;
        let answer = std::panic::catch_unwind(|| {
            entry::tcp_server(attribute.clone(), tokens.clone());
            bits::build(tokens.clone());
            bits::matched(tokens.clone());
        });
        assert!(answer.is_ok(), "round {round}: #[tcp_server({options})] {item}");
    }
    assert!(read > rounds / 2, "{read} of {rounds} are tokens");
}

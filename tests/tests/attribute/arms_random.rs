//! Random tables compared with an interpreter: a table decides as trying its arms one by one, in
//! order, would.
//!
//! The tables must be compiled, so they are a file. `UPDATE_TABLES=1 cargo test -p
//! kai-tcp-server-tests --test attribute arms_random` generates it.

#[rustfmt::skip]
#[allow(
    clippy::uninlined_format_args,
    clippy::unnecessary_wraps,
    reason = "generated: what is captured is shown by an expression or another, and any table may decide each frame"
)]
mod tables;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use kai_tcp_server_tests::Random;
use tables::Decide;

const TABLES: usize = 40;
const INPUTS: usize = 1_000;

fn small(random: &mut Random, n: usize) -> u32 {
    u32::try_from(random.below(n)).unwrap_or(u32::MAX)
}

fn text(random: &mut Random, letters: &str, least: usize, most: usize) -> String {
    let letters: Vec<char> = letters.chars().collect();
    let length = least + random.below(most - least + 1);
    (0..length).map(|_| letters[random.below(letters.len())]).collect()
}

enum Piece {
    Text(String),
    /// A capture's type, and whether it is open.
    Capture(&'static str, bool),
    Flag(String),
}

struct Arm {
    pieces: Vec<Piece>,
    /// Whether the arm has a guard. The guard holds if the frame's length is even.
    guarded: bool,
}

struct Table {
    arms: Vec<Arm>,
    ignore_case: bool,
    text: bool,
}

const LETTERS: &str = "aAb1 ,";

fn arm(random: &mut Random) -> Arm {
    let mut pieces = Vec::new();
    if !random.one_in(6) {
        pieces.push(Piece::Text(text(random, LETTERS, 1, 4)));
    }
    for _ in 0..random.below(3) {
        let ty = ["", "bytes", "u8", "i16", "char"][random.below(5)];
        pieces.push(Piece::Capture(ty, random.one_in(3)));
        for _ in 0..random.below(5).saturating_sub(2) {
            pieces.push(Piece::Flag(text(random, LETTERS, 1, 2)));
        }
        pieces.push(Piece::Text(text(random, LETTERS, 1, 2)));
    }
    if random.one_in(3) {
        pieces.push(Piece::Flag(text(random, LETTERS, 1, 2)));
    }
    let ends_in_text = !matches!(pieces.last(), Some(Piece::Flag(_)));
    if ends_in_text && random.one_in(2) {
        pieces.push(Piece::Capture(["", "bytes", "u8"][random.below(3)], random.one_in(2)));
    }
    Arm {
        pieces,
        guarded: random.one_in(3),
    }
}

fn table(random: &mut Random) -> Table {
    let mut table = Table {
        arms: Vec::new(),
        ignore_case: random.one_in(3),
        text: random.one_in(3),
    };
    let arms = 2 + random.below(18);
    for _ in 0..arms {
        let new = arm(random);
        if !is_hidden(&new, &table, random) {
            table.arms.push(new);
        }
    }
    table
}

/// Returns whether earlier arms seem to take all that an arm does. The attribute would refuse such
/// a table.
fn is_hidden(arm: &Arm, table: &Table, random: &mut Random) -> bool {
    let samples: Vec<Vec<u8>> = (0..200)
        .map(|_| sample(arm, random))
        .filter(|sample| captures(arm, sample, table.ignore_case).is_some())
        .collect();
    let hides = |earlier: &Arm| {
        let matches = |sample: &Vec<u8>| captures(earlier, sample, table.ignore_case).is_some();
        !earlier.guarded && samples.iter().all(matches)
    };
    table.arms.iter().any(hides)
}

/// Returns an input that an arm might match.
fn sample(arm: &Arm, random: &mut Random) -> Vec<u8> {
    let mut input = Vec::new();
    for piece in &arm.pieces {
        match piece {
            Piece::Text(text) => input.extend(text.bytes()),
            Piece::Flag(text) if random.one_in(2) => input.extend(text.bytes()),
            Piece::Flag(_) => {}
            Piece::Capture("u8", _) => input.extend(random.below(300).to_string().bytes()),
            Piece::Capture("i16", _) => input.extend((35_000 - i64::from(small(random, 70_000))).to_string().bytes()),
            Piece::Capture("char", _) => input.extend(text(random, "aA1,é", 1, 1).bytes()),
            Piece::Capture(ty, open) => {
                let letters = if *open { "aAb1, \t\né" } else { "aAb1,é" };
                input.extend(text(random, letters, usize::from(!*open), 3).bytes());
                if *ty == "bytes" && random.one_in(3) {
                    input.push(0xff);
                }
            }
        }
    }
    input
}

fn same(a: &[u8], b: &[u8], ignore_case: bool) -> bool {
    if ignore_case { a.eq_ignore_ascii_case(b) } else { a == b }
}

fn begins(input: &[u8], text: &str, ignore_case: bool) -> bool {
    input.len() >= text.len() && same(&input[..text.len()], text.as_bytes(), ignore_case)
}

/// Returns an arm's captures if it matches.
fn captures(arm: &Arm, mut input: &[u8], ignore_case: bool) -> Option<Vec<String>> {
    let mut captures = Vec::new();
    for (at, piece) in arm.pieces.iter().enumerate() {
        match piece {
            Piece::Text(text) => {
                if !begins(input, text, ignore_case) {
                    return None;
                }
                input = &input[text.len()..];
            }
            Piece::Flag(text) => {
                let stands = begins(input, text, ignore_case);
                captures.push(stands.to_string());
                input = &input[if stands { text.len() } else { 0 }..];
            }
            Piece::Capture(ty, open) => {
                let end = (0..input.len()).find(|&from| ends(&arm.pieces[at + 1..], &input[from..], ignore_case));
                let (taken, rest) = input.split_at(end.unwrap_or(input.len()));
                input = rest;
                captures.push(value(ty, *open, taken)?);
            }
        }
    }
    input.is_empty().then_some(captures)
}

/// Returns whether the text after a capture begins here.
fn ends(behind: &[Piece], input: &[u8], ignore_case: bool) -> bool {
    for piece in behind {
        match piece {
            Piece::Text(text) => return begins(input, text, ignore_case),
            Piece::Flag(text) if begins(input, text, ignore_case) => return true,
            Piece::Flag(_) | Piece::Capture(..) => {}
        }
    }
    false
}

fn value(ty: &str, open: bool, taken: &[u8]) -> Option<String> {
    if !open && (taken.is_empty() || taken.iter().any(|byte| b" \t\r\n".contains(byte))) {
        return None;
    }
    if ty == "bytes" {
        return Some(taken.escape_ascii().to_string());
    }
    let text = std::str::from_utf8(taken).ok()?;
    match ty {
        "u8" => text.parse::<u8>().ok().map(|n| n.to_string()),
        "i16" => text.parse::<i16>().ok().map(|n| n.to_string()),
        "char" => text.parse::<char>().ok().map(|c| c.to_string()),
        _ => Some(text.to_owned()),
    }
}

/// Returns the expected answer of the table.
fn expected(table: &Table, input: &[u8]) -> String {
    for (at, arm) in table.arms.iter().enumerate() {
        if arm.guarded && input.len() % 2 == 1 {
            continue;
        }
        if let Some(captures) = captures(arm, input, table.ignore_case) {
            return std::iter::once(at.to_string())
                .chain(captures)
                .collect::<Vec<_>>()
                .join("|");
        }
    }
    "none".to_owned()
}

fn source(tables: &[Table]) -> String {
    let mut source = "//! Written by `arms_random.rs`.\n\nuse kai_tcp_server::{Action, tcp_server};\n\n".to_owned();
    source
        .push_str("/// The type of a table's function.\npub(crate) type Decide = fn(&[u8]) -> Option<Action<'_>>;\n\n");
    let names: Vec<String> = (0..tables.len()).map(|n| format!("ask_{n}")).collect();
    let list = names.join(",\n    ");
    let _ = write!(
        source,
        "pub(crate) const TABLES: [Decide; {}] = [\n    {list},\n];\n",
        tables.len()
    );
    for (n, table) in tables.iter().enumerate() {
        write_table(&mut source, n, table);
    }
    source
}

fn write_table(source: &mut String, n: usize, table: &Table) {
    let case = if table.ignore_case { ", ignore_case" } else { "" };
    let ty = if table.text { "str" } else { "[u8]" };
    let data = if table.text {
        "std::str::from_utf8(data).ok()?"
    } else {
        "data"
    };
    let _ = write!(
        source,
        "\nstruct Table{n};\n\nfn ask_{n}(data: &[u8]) -> Option<Action<'_>> {{\n    Some(Table{n}.handle_call({data}))\n}}\n\n\
         #[tcp_server(port = 0, packet = raw{case})]\n#[rustfmt::skip]\nimpl Table{n} {{\n    fn handle_call(&self, data: &{ty}) -> Action {{\n        \
         match data {{\n"
    );
    for (at, arm) in table.arms.iter().enumerate() {
        let (template, shown) = template(arm);
        let guard = if arm.guarded {
            " if data.len().is_multiple_of(2)"
        } else {
            ""
        };
        let _ = writeln!(
            source,
            "            {template:?}{guard} => reply(format_args!(\"{at}{shown})),"
        );
    }
    source.push_str("            _ => reply(\"none\"),\n        }\n    }\n}\n");
}

/// Returns an arm's template, and the format of its captures.
fn template(arm: &Arm) -> (String, String) {
    let (mut template, mut holes, mut values) = (String::new(), String::new(), String::new());
    for (at, piece) in arm.pieces.iter().enumerate() {
        let value = match piece {
            Piece::Text(text) => {
                template.push_str(text);
                continue;
            }
            Piece::Flag(text) => {
                let _ = write!(template, "{{c{at}?{text}}}");
                format!("c{at}")
            }
            Piece::Capture(ty, open) => {
                let open = if *open { ".." } else { "" };
                let ty = if ty.is_empty() {
                    String::new()
                } else {
                    format!(": {ty}")
                };
                let _ = write!(template, "{{c{at}{open}{ty}}}");
                match &ty[..] {
                    ": bytes" => format!("c{at}.escape_ascii()"),
                    _ => format!("c{at}"),
                }
            }
        };
        holes.push_str("|{}");
        let _ = write!(values, ", {value}");
    }
    (template, format!("{holes}\"{values}"))
}

fn random_tables() -> Vec<Table> {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    (0..TABLES).map(|_| table(&mut random)).collect()
}

#[test]
fn tables_decide_as_trying_their_arms_in_order_would() {
    let tables = random_tables();
    let source = source(&tables);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/attribute/arms_random/tables.rs");
    if std::env::var_os("UPDATE_TABLES").is_some() {
        fs::write(&path, &source).expect("a place to write to");
        return;
    }
    let kept = fs::read_to_string(&path).expect("the tables");
    assert!(
        source == kept,
        "the tables have changed: write them with UPDATE_TABLES=1"
    );
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut matched = 0;
    for (table, decide) in tables.iter().zip(tables::TABLES) {
        for _ in 0..INPUTS {
            let input = input(table, &mut random);
            matched += usize::from(agrees(table, decide, &input));
        }
    }
    assert!(matched > TABLES * INPUTS / 4, "{matched}");
}

/// Returns an input that mostly nearly matches.
fn input(table: &Table, random: &mut Random) -> Vec<u8> {
    let arm = &table.arms[random.below(table.arms.len())];
    let mut input = sample(arm, random);
    for _ in 0..random.below(3) {
        let at = random.below(input.len() + 1);
        let byte = b"aAbB1 ,\xff\n"[random.below(9)];
        match random.below(3) {
            0 => input.insert(at, byte),
            1 if at < input.len() => input[at] = byte,
            _ if at < input.len() => drop(input.remove(at)),
            _ => {}
        }
    }
    input
}

/// Returns whether an arm matched.
fn agrees(table: &Table, decide: Decide, input: &[u8]) -> bool {
    if table.text && std::str::from_utf8(input).is_err() {
        return false;
    }
    let expected = expected(table, input);
    let action = decide(input).expect("text");
    assert_eq!(
        action,
        kai_tcp_server::Action::reply(&expected),
        "{} in {:?}",
        input.escape_ascii(),
        table.arms.iter().map(|arm| template(arm).0).collect::<Vec<_>>()
    );
    expected != "none"
}

//! The grammar of frames in ABNF (RFC 5234).

use std::fmt::Write as _;

use super::Description;
use super::bits::{self, Part, Run};
use super::names::{Names, plain};
use crate::packet::Packet;
use crate::table::protocol::{Arm, Capture, CaptureKind, Frame, Length, Piece};
use crate::table::sample::integer;

/// The rules of RFC 5234, appendix B.1, and those of this grammar: no arm's rule is called so.
const TAKEN: [&str; 28] = [
    "ALPHA",
    "BIT",
    "CHAR",
    "CR",
    "CRLF",
    "CTL",
    "DIGIT",
    "DQUOTE",
    "HEXDIG",
    "HTAB",
    "LF",
    "LWSP",
    "OCTET",
    "SP",
    "VCHAR",
    "WSP",
    "frame",
    "message",
    "word",
    "text",
    "word-bytes",
    "any",
    "unsigned",
    "signed",
    "float",
    "letter",
    "boolean",
    "character",
];

/// The most bytes of literal text on a line.
const HEX_MAX: usize = 20;
const QUOTED_MAX: usize = 60;

/// The most letters of a comment on a line.
const COMMENT_MAX: usize = 100;

/// The rules for captures: each with what it needs.
const HELPERS: [(&str, &str); 9] = [
    ("word", "1*letter                      ; no blank in it"),
    ("text", "*( letter / WSP / CR / LF )"),
    ("word-bytes", "1*( %x00-08 / %x0B-0C / %x0E-1F / %x21-FF )"),
    ("unsigned", "[ \"+\" ] 1*DIGIT"),
    ("signed", "[ \"+\" / \"-\" ] 1*DIGIT"),
    (
        "float",
        "[ \"+\" / \"-\" ] ( 1*DIGIT [ \".\" *DIGIT ] / \".\" 1*DIGIT ) [ \"e\" [ \"+\" / \"-\" ] 1*DIGIT ]",
    ),
    ("boolean", "%x74.72.75.65 / %x66.61.6C.73.65    ; true, false"),
    ("character", "letter / WSP / CR / LF"),
    (
        "letter",
        "%x00-08 / %x0B-0C / %x0E-1F / %x21-7F    ; UTF-8 (RFC 3629), and no blank
       / %xC2-DF %x80-BF
       / %xE0 %xA0-BF %x80-BF / %xE1-EC 2%x80-BF / %xED %x80-9F %x80-BF / %xEE-EF 2%x80-BF
       / %xF0 %x90-BF 2%x80-BF / %xF1-F3 3%x80-BF / %xF4 %x80-8F 2%x80-BF",
    ),
];

pub(super) fn write(description: &Description<'_>) -> String {
    let Description { name, protocol, .. } = *description;
    let mut names = Names::without(&TAKEN);
    let rules: Vec<(String, &Arm)> = protocol.iter().map(|arm| (names.give(arm.name, '-'), arm)).collect();
    let mut out = String::new();
    comment(
        &mut out,
        &format!("What a client of {name} sends, as its table has it."),
    );
    match protocol.codec {
        Some(codec) => comment(
            &mut out,
            &format!("packet = {codec}: the codec decides what bytes a frame has"),
        ),
        None => message(&mut out, description),
    }
    out.push('\n');
    comment(&mut out, "The first rule that matches a frame decides.");
    if protocol.iter().any(|arm| has_inner_capture(&arm.frame)) {
        comment(&mut out, "A capture ends where the text after it first occurs.");
    }
    let all: Vec<&str> = rules.iter().map(|(rule, _)| rule.as_str()).collect();
    let all = if all.is_empty() {
        "*OCTET".to_owned()
    } else {
        all.join("\n      / ")
    };
    let _ = writeln!(out, "frame = {all}");
    for (rule, arm) in &rules {
        out.push('\n');
        for line in arm.docs.lines() {
            comment(&mut out, line);
        }
        comment(&mut out, &format!("arm: {}", arm.pattern));
        if arm.guarded {
            comment(&mut out, "It has a guard, and may leave a frame to later rules.");
        }
        match arm.states {
            [] => {}
            [state] => comment(&mut out, &format!("in the state {state}")),
            states => comment(&mut out, &format!("in the states {}", states.join(", "))),
        }
        let indent = rule.len() + 3;
        let elements = elements(&arm.frame, protocol.ignore_case, indent);
        let _ = writeln!(out, "{rule} = {elements}");
    }
    helpers(&mut out);
    out
}

/// Returns whether text follows a capture of a template.
fn has_inner_capture(frame: &Frame) -> bool {
    match frame {
        Frame::Template(pieces) => pieces
            .windows(2)
            .any(|two| matches!(two, [Piece::Capture(_), Piece::Literal(_) | Piece::Flag(_)])),
        Frame::AnyOf(frames) => frames.iter().any(has_inner_capture),
        _ => false,
    }
}

/// Writes how a frame is sent: in each packet mode that a state has.
fn message(out: &mut String, description: &Description<'_>) {
    let modes = description.modes();
    let mut lines = Lines { lines: Vec::new() };
    for (packet, states) in &modes {
        let (rule, how) = sent(*packet, description.protocol.delimiter);
        if modes.len() > 1 {
            comment(out, &format!("packet = {packet} in {}", states.join(", ")));
        }
        lines.push(rule, &format!("packet = {packet}: {how}"));
    }
    let alternatives = lines.join_by("/ ", "message ".len());
    let _ = writeln!(out, "message = {alternatives}");
}

/// Returns the rule of a frame in a packet mode, and what it says.
fn sent(packet: Packet, delimiter: u8) -> (&'static str, String) {
    let (rule, how) = match packet {
        Packet::One => ("OCTET frame", "behind its length"),
        Packet::Two => ("2OCTET frame", "behind its length, big-endian"),
        Packet::Four => ("4OCTET frame", "behind its length, big-endian"),
        Packet::LineCrlf => ("frame CRLF", "has no CR LF in it"),
        Packet::LineLf => ("frame LF", "has no LF in it"),
        Packet::LineCrlfOrLf => ("frame ( CRLF / LF )", "has no line end in it"),
        Packet::Line => {
            let how = format!("ends with the byte {delimiter:#04x}, which is part of it");
            return ("frame", how);
        }
        Packet::Raw | Packet::RawExact(_) => ("frame", "as many bytes as the packet mode takes"),
        _ => ("frame", "with its header or line end, as the packet mode finds it"),
    };
    (rule, how.to_owned())
}

/// Writes a comment in printable ASCII, which goes on in further lines where it is long.
fn comment(out: &mut String, text: &str) {
    let text = plain(text);
    let mut rest = text.as_str();
    while rest.len() > COMMENT_MAX {
        let at = rest[..COMMENT_MAX]
            .rfind(' ')
            .filter(|at| *at > 0)
            .unwrap_or(COMMENT_MAX);
        let (line, more) = rest.split_at(at);
        let _ = writeln!(out, "; {line}");
        rest = more;
    }
    let _ = writeln!(out, "; {rest}");
}

/// Lists what follows one another, an element a line with its comment.
struct Lines {
    lines: Vec<(String, String)>,
}

impl Lines {
    fn push(&mut self, element: impl Into<String>, comment: &str) {
        self.lines.push((element.into(), plain(comment)));
    }

    fn join(self, indent: usize) -> String {
        self.join_by("", indent)
    }

    /// Joins them, each but the first behind `between`.
    fn join_by(self, between: &str, indent: usize) -> String {
        let width = self.lines.iter().map(|(element, _)| element.len()).max().unwrap_or(0);
        let lines: Vec<String> = self
            .lines
            .into_iter()
            .map(|(element, comment)| match comment.as_str() {
                "" => element,
                comment => format!("{element:width$}    ; {comment}"),
            })
            .collect();
        lines.join(&format!("\n{:indent$}{between}", ""))
    }
}

fn elements(frame: &Frame, ignore_case: bool, indent: usize) -> String {
    let mut lines = Lines { lines: Vec::new() };
    match *frame {
        Frame::Literal(text) => literal(text, false, &mut lines),
        Frame::Template(pieces) => pieces.iter().for_each(|one| piece(one, ignore_case, &mut lines)),
        Frame::Bits(fields) => bits::runs(fields).iter().for_each(|run| part(run, &mut lines)),
        Frame::Prefix(fields) => {
            for run in &bits::runs(fields) {
                part(run, &mut lines);
            }
            lines.push("*OCTET", "any rest");
        }
        Frame::AnyOf(frames) => {
            let inner = indent + 2;
            let all: Vec<String> = frames.iter().map(|frame| elements(frame, ignore_case, inner)).collect();
            let all = all.join(&format!("\n{:indent$}/ ", ""));
            return format!("( {all}\n{:indent$})", "");
        }
        Frame::Rest => lines.push("*OCTET", "any frame"),
        Frame::Rust(pattern) => lines.push("*OCTET", &format!("those that Rust's pattern matches: {pattern}")),
    }
    if lines.lines.is_empty() {
        lines.push("\"\"", "an empty frame");
    }
    lines.join(indent)
}

fn piece(piece: &Piece, ignore_case: bool, lines: &mut Lines) {
    match piece {
        Piece::Literal(text) => literal(text, ignore_case, lines),
        Piece::Capture(capture) => lines.push(rule(capture), &label(capture)),
        Piece::Flag(flag) => {
            let mut inner = Lines { lines: Vec::new() };
            literal(flag.text, ignore_case, &mut inner);
            let elements: Vec<String> = inner.lines.into_iter().map(|(element, _)| element).collect();
            let text = flag.text.escape_ascii();
            let name = flag.name.unwrap_or("_");
            lines.push(format!("[ {} ]", elements.join(" ")), &format!("{name}? \"{text}\""));
        }
    }
}

fn label(capture: &Capture) -> String {
    let name = capture.name.unwrap_or("_");
    let open = if capture.open { ".." } else { "" };
    match capture.kind {
        CaptureKind::Text => format!("{name}{open}"),
        CaptureKind::Bytes => format!("{name}{open}: bytes"),
        CaptureKind::Parsed => format!("{name}{open}: {}", capture.ty),
    }
}

fn rule(capture: &Capture) -> &'static str {
    match (capture.kind, capture.open) {
        (CaptureKind::Text, false) => "word",
        (CaptureKind::Text, true) => "text",
        (CaptureKind::Bytes, false) => "word-bytes",
        (CaptureKind::Bytes, true) => "*OCTET",
        (CaptureKind::Parsed, open) => match (capture.ty, integer(capture.ty), open) {
            (_, Some((_, false)), _) => "unsigned",
            (_, Some((_, true)), _) => "signed",
            ("f32" | "f64", ..) => "float",
            ("bool", ..) => "boolean",
            ("char", _, true) => "character",
            ("char", _, false) => "letter",
            (_, _, false) => "word",
            (_, _, true) => "text",
        },
    }
}

/// Writes text: as hex where the case of its letters counts, else between quotes.
fn literal(text: &[u8], ignore_case: bool, lines: &mut Lines) {
    if text.is_empty() {
        return;
    }
    // A quoted string of ABNF matches letters of either case, and has no quote in it.
    let is_quotable = |byte: &u8| matches!(byte, b' '..=b'!' | b'#'..=b'~');
    let is_letter = text.iter().any(u8::is_ascii_alphabetic);
    if !is_letter || !ignore_case {
        for part in text.chunks(HEX_MAX) {
            lines.push(hex(part), &format!("\"{}\"", part.escape_ascii()));
        }
        return;
    }
    for line in text.chunks(QUOTED_MAX) {
        let parts = line.chunk_by(|a, b| is_quotable(a) == is_quotable(b));
        let parts = parts.map(|part| match part {
            [first, ..] if is_quotable(first) => format!("\"{}\"", String::from_utf8_lossy(part)),
            part => hex(part),
        });
        lines.push(parts.collect::<Vec<_>>().join(" "), "");
    }
}

fn hex(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    format!("%x{}", digits.join("."))
}

fn part(run: &Run, lines: &mut Lines) {
    let labels: Vec<String> = run.fields.iter().map(bits::label).collect();
    let comment = labels.join(", ");
    match run.part {
        Part::Byte { mask, value } => {
            let ranges: Vec<String> = bits::ranges(mask, value)
                .into_iter()
                .map(|(first, last)| match (first, last) {
                    (0, 0xff) => "OCTET".to_owned(),
                    _ if first == last => format!("%x{first:02X}"),
                    _ => format!("%x{first:02X}-{last:02X}"),
                })
                .collect();
            match &ranges[..] {
                [one] => lines.push(one.clone(), &comment),
                several => lines.push(format!("( {} )", several.join(" / ")), &comment),
            }
        }
        Part::Bytes(Length::Number(number)) => match usize::try_from(number) {
            Ok(0) => lines.push("\"\"", &comment),
            Ok(number) => lines.push(format!("{number}OCTET"), &comment),
            Err(_) => lines.push("*OCTET", &comment),
        },
        Part::Bytes(_) | Part::Rest => lines.push("*OCTET", &comment),
    }
}

/// Writes the rules that the grammar uses, and those that they use.
fn helpers(out: &mut String) {
    let mut needed: Vec<&str> = Vec::new();
    let mut text = uncommented(out);
    // Each may use later ones only.
    for (rule, elements) in HELPERS {
        if text
            .split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-')
            .any(|word| word == rule)
        {
            needed.push(rule);
            text.push(' ');
            text.push_str(&uncommented(elements));
        }
    }
    for (rule, elements) in HELPERS.iter().filter(|(rule, _)| needed.contains(rule)) {
        let _ = write!(out, "\n{rule} = {elements}\n");
    }
}

/// Returns rules without comments and literal text.
fn uncommented(rules: &str) -> String {
    let lines = rules.lines().map(|line| {
        let mut in_quotes = false;
        let code = line.chars().take_while(|letter| {
            in_quotes ^= *letter == '"';
            *letter != ';' || in_quotes
        });
        let mut in_quotes = false;
        code.filter(|letter| {
            in_quotes ^= *letter == '"';
            !in_quotes
        })
        .collect::<String>()
    });
    lines.collect::<Vec<_>>().join(" ")
}

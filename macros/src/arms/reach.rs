//! Which arms no frame comes to. What isn't sure is no mistake.

use quote::ToTokens as _;
use syn::ItemImpl;

use crate::arms::model::{Arm, Beside, Case, Table};
use crate::arms::shape::Shape;
use crate::arms::template::{Capture, Piece, Template};
use crate::options::{Options, Packet, Value, evaluate};
use crate::report::Report;
use crate::syntax::mentions;

/// What the options say of every frame.
pub(crate) struct Limits {
    frames: Frames,
    /// `packet_size`, unless only the compiler can evaluate it.
    size: Option<usize>,
}

/// What the packet mode says of every frame.
enum Frames {
    /// Nothing.
    Any,
    /// `line`: the terminator stays.
    EndInLf,
    /// `line(crlf)`.
    WithoutCrlf,
    /// `line(lf)`, `line(crlf | lf)`.
    WithoutLf(&'static str),
    /// `raw(N)`.
    Exactly(usize),
    /// A header of so many bytes.
    AtMost(usize, u8),
}

impl Limits {
    pub(crate) fn of(block: &ItemImpl, options: &Options) -> Self {
        // Who changes the mode may see frames of any.
        let changes = mentions(block.to_token_stream(), &["set_packet".to_owned()]);
        let frames = match options.get("packet") {
            _ if changes => Frames::Any,
            None => Frames::EndInLf,
            Some(Value::Packet(packet)) => Frames::of(packet),
            Some(_) => Frames::Any,
        };
        Limits {
            frames,
            // An item can be longer than the bytes that it was made of.
            size: options.packet_size().filter(|_| options.codec().is_none()),
        }
    }
}

impl Frames {
    fn of(packet: &Packet) -> Self {
        match packet {
            Packet::Line => Frames::EndInLf,
            Packet::LineCrlf => Frames::WithoutCrlf,
            Packet::LineLf => Frames::WithoutLf("line(lf)"),
            Packet::LineCrlfOrLf => Frames::WithoutLf("line(crlf | lf)"),
            Packet::RawExact(size) => match evaluate(size).and_then(|size| usize::try_from(size).ok()) {
                Some(size) => Frames::Exactly(size),
                None => Frames::Any,
            },
            Packet::One => Frames::AtMost(0xff, 1),
            Packet::Two => Frames::AtMost(0xffff, 2),
            Packet::Raw | Packet::Four | Packet::Codec(_) => Frames::Any,
        }
    }

    /// Why no frame has this shape.
    fn refuse(&self, shape: &Shape) -> Option<String> {
        let (min, max) = (shape.min(), shape.max());
        match *self {
            Frames::EndInLf => refused_by_line(shape),
            Frames::WithoutCrlf => texts(shape).any(|text| contains(text, b"\r\n")).then(|| {
                "no frame matches this, as `packet = line(crlf)` takes `\\r\\n` off each frame: leave `\\r\\n` out".to_owned()
            }),
            Frames::WithoutLf(mode) => texts(shape).any(|text| text.contains(&b'\n')).then(|| {
                format!("no frame matches this, as `packet = {mode}` takes the end of the line off each frame: leave `\\n` out")
            }),
            Frames::Exactly(size) if min > size || max.is_some_and(|max| max < size) => {
                let length = if max == Some(min) { "is" } else { "takes" };
                let bound = if min > size { min } else { max.unwrap_or(min) };
                let least = match length {
                    "is" => "",
                    _ if min > size => "at least ",
                    _ => "at most ",
                };
                Some(format!(
                    "no frame matches this, as each frame has {size} bytes under `packet = raw({size})`, and this {length} \
                     {least}{bound}: change one of both"
                ))
            }
            Frames::AtMost(most, header) if min > most => Some(format!(
                "no frame matches this, as it takes at least {min} bytes, and a frame has at most {most} under `packet = \
                 {header}`: change one of both"
            )),
            Frames::Any | Frames::Exactly(_) | Frames::AtMost(..) => None,
        }
    }
}

/// Says which arms can't be reached.
pub(crate) fn check(table: &Table, limits: &Limits, ignore_case: bool, report: &mut Report) {
    for (at, arm) in table.arms.iter().enumerate() {
        for (number, case) in arm.cases.iter().enumerate() {
            let problem = impossible(case, limits)
                .filter(|_| table.of_frames)
                .or_else(|| hidden(case, &arm.cases[..number], &table.arms[..at], ignore_case));
            if let Some(problem) = problem {
                report.error_at(case.span, problem);
            }
        }
    }
}

/// Whether something that a peer may send surely matches no arm.
pub(crate) fn lacks_the_rest(table: &Table) -> bool {
    table
        .arms
        .iter()
        .all(|arm| arm.guarded || (!arm.cases.is_empty() && arm.cases.iter().all(|case| is_partial(&case.shape))))
}

fn is_partial(shape: &Shape) -> bool {
    match shape {
        Shape::Template(template) => {
            !template.head().is_empty() || !matches!(template.tail(), [Piece::Capture(Capture { open: true, .. })])
        }
        Shape::Bytes(_) => true,
        Shape::Slice { elements, .. } => elements.iter().any(Option::is_some),
        Shape::Bits { min, .. } => *min > 0,
        Shape::Anything | Shape::Unknown => false,
    }
}

fn impossible(case: &Case, limits: &Limits) -> Option<String> {
    let min = case.shape.min();
    match limits.size {
        Some(size) if min > size => {
            let what = match &case.shape {
                Shape::Bytes(_) => format!("this literal of {min} bytes"),
                Shape::Template(template) if template.is_literal() => format!("this literal of {min} bytes"),
                _ => format!("this, which takes at least {min} bytes"),
            };
            Some(format!(
                "no frame matches {what}, as `packet_size` is {size} and a longer one closes the connection: raise `packet_size`"
            ))
        }
        _ => limits.frames.refuse(&case.shape),
    }
}

/// Why no frame comes to an alternative, if earlier ones take them all.
fn hidden(case: &Case, before: &[Case], arms: &[Arm], ignore_case: bool) -> Option<String> {
    if matches!(case.shape, Shape::Anything | Shape::Unknown) {
        return None; // for rustc to say
    }
    let hides = |earlier: &Case| comes_first(earlier, case) && earlier.shape.covers(&case.shape, ignore_case);
    if before.iter().any(hides) {
        return Some("an alternative before this one matches all that it does: remove it".to_owned());
    }
    let arm = arms.iter().find(|arm| !arm.guarded && arm.cases.iter().any(hides))?;
    Some(format!(
        "no frame comes to this, as the arm `{}` before it matches all that it does: put this one first, or remove it",
        shown(&arm.pattern)
    ))
}

/// A pattern in one line.
fn shown(pattern: &str) -> String {
    let mut shown = String::new();
    for letter in pattern.chars() {
        if letter.is_control() {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// Whether what stands beside an earlier frame lets pass what stands beside a later one.
fn comes_first(earlier: &Case, later: &Case) -> bool {
    earlier.beside.iter().all(|beside| *beside == Beside::Anything) || earlier.beside == later.beside
}

/// The text that has to stand in a frame, piece by piece.
fn texts(shape: &Shape) -> impl Iterator<Item = &[u8]> {
    let (pieces, bytes): (&[Piece], Option<&[u8]>) = match shape {
        Shape::Template(template) => (&template.pieces, None),
        Shape::Bytes(bytes) => (&[], Some(bytes)),
        _ => (&[], None),
    };
    let texts = pieces.iter().filter_map(|piece| match piece {
        Piece::Text(text) => Some(&text[..]),
        _ => None,
    });
    texts.chain(bytes)
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// Under `line` each frame ends in an LF, and has no other.
fn refused_by_line(shape: &Shape) -> Option<String> {
    let template = match shape {
        Shape::Template(template) => template.clone(),
        Shape::Bytes(bytes) => Template {
            pieces: vec![Piece::Text(bytes.clone())],
        },
        _ => return None,
    };
    if has_an_inner_lf(&template) {
        return Some(
            "no frame matches this, as a frame has one `\\n` under `packet = line`, at its end: take the next line by an arm of \
             its own, or by `socket.recv()`"
                .to_owned(),
        );
    }
    if can_end_in_lf(&template.pieces) {
        return None;
    }
    Some(
        "no frame matches this, as each frame ends in `\\n` under `packet = line`: write `\\n` or `\\r\\n` behind it, or let \
         `packet = line(crlf)` or `line(lf)` take the end of the line off"
            .to_owned(),
    )
}

fn can_end_in_lf(pieces: &[Piece]) -> bool {
    match pieces.split_last() {
        None => false,
        Some((Piece::Text(text), _)) => text.ends_with(b"\n"),
        Some((Piece::Capture(capture), _)) => capture.open,
        Some((Piece::Flag(flag), before)) => flag.text.ends_with(b"\n") || can_end_in_lf(before),
    }
}

fn has_an_inner_lf(template: &Template) -> bool {
    template.pieces.iter().enumerate().any(|(at, piece)| {
        let Piece::Text(text) = piece else { return false };
        let Some(lf) = text.iter().position(|&byte| byte == b'\n') else {
            return false;
        };
        let behind = Template {
            pieces: template.pieces[at + 1..].to_vec(),
        };
        lf + 1 < text.len() || behind.min() > 0
    })
}

//! The check for arms that no frame can reach. It only reports what is certain.

use kai_tcp_server_spec::packet::{self, Row};
use quote::ToTokens as _;
use syn::ItemImpl;

use crate::options::{Options, Packet, byte_literal, evaluate};
use crate::report::Report;
use crate::syntax::mentions;
use crate::table::hidden::{Earlier, Hidden, Left};
use crate::table::judged::{self, Judged, Problem};
use crate::table::model::{Case, Table};
use crate::table::shape::Shape;
use crate::table::template::{Capture, Piece, Template, is_blank};

/// The limits that the options set for every frame.
pub(crate) struct Limits {
    frames: Frames,
    /// `packet_size`, if it bounds a frame and the attribute can evaluate it.
    size: Option<usize>,
    /// The number of bytes of a frame that it doesn't count.
    uncounted: usize,
}

/// The form that the packet mode gives every frame.
enum Frames {
    /// Any, or unknown.
    Any,
    /// `line`: each frame ends in the delimiter.
    EndIn(u8),
    /// `raw(N)`.
    Exactly(usize),
    /// The form in the mode's row.
    Of(&'static Row),
}

/// Returns whether the server changes the packet mode, and so may get frames of any form.
pub(crate) fn changes_packet(block: &ItemImpl) -> bool {
    mentions(block.to_token_stream(), &["set_packet".to_owned()])
}

impl Limits {
    pub(crate) fn of(block: &ItemImpl, options: &Options) -> Self {
        // A state may have a packet mode of its own; rustc judges by it.
        let changes = changes_packet(block) || options.state.is_some();
        let frames = match options.packet() {
            Some(packet) if !changes => Frames::of(packet, options.delimiter()),
            _ => Frames::Any,
        };
        let uncounted = options.uncounted().filter(|_| !changes);
        Limits {
            frames,
            size: options.packet_size().filter(|_| uncounted.is_some()),
            uncounted: uncounted.unwrap_or_default(),
        }
    }
}

impl Frames {
    fn of(packet: &Packet, delimiter: Option<u8>) -> Self {
        match packet {
            Packet::Codec(_) => Frames::Any,
            Packet::Block(size) => match evaluate(size).and_then(|size| usize::try_from(size).ok()) {
                Some(size) => Frames::Exactly(size),
                None => Frames::Any,
            },
            Packet::Mode(_) if packet.is_delimited() => delimiter.map_or(Frames::Any, Frames::EndIn),
            Packet::Mode(mode) => Frames::Of(mode.row()),
        }
    }

    /// Describes why no frame has this shape.
    fn refuse(&self, shape: &Shape) -> Option<String> {
        match *self {
            Frames::Any => None,
            Frames::EndIn(delimiter) => refused_by_line(shape, delimiter),
            Frames::Exactly(size) => refused_by_blocks(shape, size),
            Frames::Of(row) => refused_by(shape, row),
        }
    }
}

/// Checks a shape against `raw(N)`, where each frame has N bytes.
fn refused_by_blocks(shape: &Shape, size: usize) -> Option<String> {
    let (min, max) = (shape.min(), shape.max());
    if min <= size && max.is_none_or(|max| max >= size) {
        return None;
    }
    let length = if max == Some(min) { "is" } else { "takes" };
    let bound = if min > size { min } else { max.unwrap_or(min) };
    let least = match length {
        "is" => "",
        _ if min > size => "at least ",
        _ => "at most ",
    };
    Some(format!(
        "no frame matches this, as each frame has {size} bytes under `packet = raw({size})`, and this {length} {least}{bound}: \
         change one of both"
    ))
}

/// Checks a shape against the row of the packet mode.
fn refused_by(shape: &Shape, row: &Row) -> Option<String> {
    let mode = row.spelling;
    match row.frames {
        packet::Frames::WithoutCrlf => texts(shape).any(|text| contains(text, b"\r\n")).then(|| {
            format!("no frame matches this, as `packet = {mode}` takes `\\r\\n` off each frame: leave `\\r\\n` out")
        }),
        packet::Frames::WithoutLf => texts(shape).any(|text| text.contains(&b'\n')).then(|| {
            format!("no frame matches this, as `packet = {mode}` takes the end of the line off each frame: leave `\\n` out")
        }),
        packet::Frames::AtMost(most) if shape.min() > most => Some(format!(
            "no frame matches this, as it takes at least {} bytes, and a frame has at most {most} under `packet = {mode}`: \
             change one of both",
            shape.min()
        )),
        packet::Frames::Headed { begins, called } => refused_by_header(shape, row, begins, called),
        packet::Frames::Lines => written(shape).filter(|template| !can_end_in(&template.pieces, b'\n')).map(|_| {
            format!("no frame matches this, as each frame ends in `\\n` under `packet = {mode}`: write `\\r\\n` behind it")
        }),
        packet::Frames::Any | packet::Frames::Block | packet::Frames::Delimited | packet::Frames::AtMost(_) => None,
    }
}

/// Checks a shape against the header of every frame, if the header stays in the frame.
fn refused_by_header(shape: &Shape, row: &Row, begins: &[u8], called: &str) -> Option<String> {
    let (mode, least) = (row.spelling, row.header);
    if let Some(max) = shape.max().filter(|&max| max < least) {
        return Some(format!(
            "no frame matches this, as each frame has at least {least} bytes under `packet = {mode}`, with its header, and \
             this takes at most {max}: change one of both"
        ));
    }
    // A template may ignore case.
    let may_be = |wanted: u8, byte: u8| match shape {
        Shape::Template(_) => wanted.eq_ignore_ascii_case(&byte),
        _ => wanted == byte,
    };
    let mut beginning = begins.iter().zip(shape.beginning());
    let differs = beginning.any(|(&wanted, byte)| byte.is_some_and(|byte| !may_be(wanted, byte)));
    differs.then(|| {
        format!("no frame matches this, as each frame begins with {called} under `packet = {mode}`: change one of both")
    })
}

/// Reports the arms that can't be reached. rustc decides where it depends on names.
pub(crate) fn check(
    table: &Table,
    limits: &Limits,
    ignore_case: bool,
    left: Option<Left>,
    report: &mut Report,
) -> Vec<Judged> {
    let whole = table.is_slice.then(judged::slices);
    let mut judged = Vec::new();
    for (at, arm) in table.arms.iter().enumerate() {
        for (number, case) in arm.cases.iter().enumerate() {
            if let Some(problem) = impossible(case, limits).filter(|_| table.of_frames) {
                report.error_at(case.span, problem);
                continue;
            }
            let earlier = Earlier {
                before: &arm.cases[..number],
                arms: &table.arms[..at],
                whole: whole.as_ref(),
                ignore_case,
            };
            let Some(Hidden { span, problem, names }) = earlier.hidden(case, left) else {
                continue;
            };
            match problem {
                Problem::Said(problem) if names.is_empty() => report.error_at(span, problem),
                problem => judged.push(Judged {
                    arm: at,
                    span,
                    problem,
                    names,
                }),
            }
        }
    }
    judged
}

/// Returns whether a peer may send a frame that surely matches no arm, whatever the `cfg`s of the
/// arms select.
pub(crate) fn lacks_the_rest(table: &Table) -> bool {
    table
        .arms
        .iter()
        .all(|arm| arm.guarded || (!arm.cases.is_empty() && arm.cases.iter().all(|case| is_partial(&case.shape))))
}

pub(super) fn is_partial(shape: &Shape) -> bool {
    match shape {
        Shape::Template(template) => {
            !template.head().is_empty() || !matches!(template.tail(), [Piece::Capture(Capture { open: true, .. })])
        }
        Shape::Bytes(_) => true,
        Shape::Slice { elements, .. } => elements.iter().any(Option::is_some),
        Shape::Bits { min, .. } => *min > 0,
        Shape::Anything | Shape::Named(_) | Shape::Unknown => false,
    }
}

fn impossible(case: &Case, limits: &Limits) -> Option<String> {
    let min = case.shape.min();
    match limits.size {
        Some(size) if min.saturating_sub(limits.uncounted) > size => {
            let what = match &case.shape {
                Shape::Bytes(_) => format!("this literal of {min} bytes"),
                Shape::Template(template) if template.is_literal() => format!("this literal of {min} bytes"),
                _ => format!("this, which takes at least {min} bytes"),
            };
            let header = match limits.uncounted {
                0 => String::new(),
                bytes => format!(" beside the {bytes} bytes of the header"),
            };
            Some(format!(
                "no frame matches {what}, as `packet_size` is {size}{header} and a longer one closes the connection: raise `packet_size`"
            ))
        }
        _ => limits.frames.refuse(&case.shape),
    }
}

/// Returns the texts that a frame must contain, piece by piece.
pub(super) fn texts(shape: &Shape) -> impl Iterator<Item = &[u8]> {
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

/// Checks a shape against `line`, where each frame ends in its delimiter, and has no other.
pub(super) fn refused_by_line(shape: &Shape, delimiter: u8) -> Option<String> {
    let template = written(shape)?;
    let end = delimiter.escape_ascii().to_string().replace("\\x00", "\\0");
    let given = match delimiter {
        b'\n' => String::new(),
        _ => format!(" with `delimiter = {}`", byte_literal(delimiter)),
    };
    // If case is ignored, a letter in a template isn't only this letter.
    if !delimiter.is_ascii_alphabetic() && has_inside(&template, delimiter) {
        return Some(format!(
            "no frame matches this, as a frame has one `{end}` under `packet = line`{given}, at its end: take the next line by an \
             arm of its own, or by `socket.recv()`"
        ));
    }
    if can_end_in(&template.pieces, delimiter) {
        return None;
    }
    Some(match delimiter {
        b'\n' => "no frame matches this, as each frame ends in `\\n` under `packet = line`: write `\\n` or `\\r\\n` behind it, or let \
                  `packet = line(crlf)` or `line(lf)` take the end of the line off"
            .to_owned(),
        _ => format!("no frame matches this, as each frame ends in `{end}` under `packet = line`{given}: write `{end}` behind it"),
    })
}

/// Returns a shape that is written as text, as a template.
pub(super) fn written(shape: &Shape) -> Option<Template> {
    match shape {
        Shape::Template(template) => Some(template.clone()),
        Shape::Bytes(bytes) => Some(Template {
            pieces: vec![Piece::Text(bytes.clone())],
        }),
        _ => None,
    }
}

pub(super) fn can_end_in(pieces: &[Piece], delimiter: u8) -> bool {
    let ends = |text: &[u8]| text.last().is_some_and(|last| last.eq_ignore_ascii_case(&delimiter));
    match pieces.split_last() {
        None => false,
        Some((Piece::Text(text), _)) => ends(text),
        Some((Piece::Capture(capture), _)) => capture.open || !is_blank(delimiter),
        Some((Piece::Flag(flag), before)) => ends(&flag.text) || can_end_in(before, delimiter),
    }
}

fn has_inside(template: &Template, delimiter: u8) -> bool {
    template.pieces.iter().enumerate().any(|(at, piece)| {
        let Piece::Text(text) = piece else { return false };
        let Some(end) = text.iter().position(|&byte| byte == delimiter) else {
            return false;
        };
        let behind = Template {
            pieces: template.pieces[at + 1..].to_vec(),
        };
        end + 1 < text.len() || behind.min() > 0
    })
}

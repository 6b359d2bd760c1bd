//! Matches templates against frames, and against each other.

use crate::table::automaton;
use crate::table::template::{Capture, Kind, Piece, Template, is_blank};

/// Returns whether a frame matches. Returns `None` if it depends on a type that parses.
pub(crate) fn matches(template: &Template, mut input: &[u8], ignore_case: bool) -> Option<bool> {
    let starts = |input: &[u8], text: &[u8]| {
        input
            .get(..text.len())
            .is_some_and(|head| same(head, text, ignore_case))
    };
    let mut sure = true;
    for (at, piece) in template.pieces.iter().enumerate() {
        match piece {
            Piece::Text(text) if starts(input, text) => input = &input[text.len()..],
            Piece::Text(_) => return Some(false),
            Piece::Flag(flag) if starts(input, &flag.text) => input = &input[flag.text.len()..],
            Piece::Flag(_) => {}
            Piece::Capture(capture) => {
                let end = end(&template.pieces[at + 1..], input, ignore_case);
                let (taken, rest) = input.split_at(end.unwrap_or(input.len()));
                match takes(capture, taken) {
                    Some(false) => return Some(false),
                    Some(true) => {}
                    None => sure = false,
                }
                input = rest;
            }
        }
    }
    if !input.is_empty() {
        return Some(false);
    }
    sure.then_some(true)
}

/// Returns whether it surely matches every frame that another template matches.
pub(crate) fn covers(template: &Template, other: &Template, ignore_case: bool) -> bool {
    // A type takes the same values in each template that has it at the same place.
    let is_the_same = template.pieces.len() == other.pieces.len()
        && template.pieces.iter().zip(&other.pieces).all(|(a, b)| match (a, b) {
            (Piece::Text(a), Piece::Text(b)) => same(a, b, ignore_case),
            (Piece::Flag(a), Piece::Flag(b)) => same(&a.text, &b.text, ignore_case),
            (Piece::Capture(a), Piece::Capture(b)) => takes_all_of(a, b),
            _ => false,
        });
    is_the_same || automaton::covers(template, other, ignore_case)
}

/// Returns whether it takes every frame with this beginning.
pub(crate) fn covers_all_behind(template: &Template, beginning: &[Option<u8>], ignore_case: bool) -> bool {
    let open = matches!(
        template.tail(),
        [Piece::Capture(Capture {
            open: true,
            kind: Kind::Bytes,
            ..
        })]
    );
    let head = template.head();
    open && beginning.len() >= head.len()
        && head
            .iter()
            .zip(beginning)
            .all(|(byte, at)| at.is_some_and(|at| same(&[at], &[*byte], ignore_case)))
}

/// Returns whether it takes everything that another one takes, if both end at the same place.
fn takes_all_of(capture: &Capture, other: &Capture) -> bool {
    let kind = match (&capture.kind, &other.kind) {
        (Kind::Bytes, _) | (Kind::Text, Kind::Text | Kind::Parsed(_)) => true,
        (a, b) => a == b,
    };
    kind && (capture.open || !other.open)
}

fn same(a: &[u8], b: &[u8], ignore_case: bool) -> bool {
    if ignore_case { a.eq_ignore_ascii_case(b) } else { a == b }
}

/// Returns where a capture ends that these pieces follow. Returns `None` if it ends at the frame's
/// end.
fn end(behind: &[Piece], input: &[u8], ignore_case: bool) -> Option<usize> {
    let find = |text: &[u8]| {
        input
            .windows(text.len())
            .position(|window| same(window, text, ignore_case))
    };
    let mut first = None;
    for piece in behind {
        let (text, last) = match piece {
            Piece::Flag(flag) => (&flag.text, false),
            Piece::Text(text) => (text, true),
            Piece::Capture(_) => break,
        };
        first = first.into_iter().chain(find(text)).min();
        if last {
            break;
        }
    }
    first
}

/// Returns whether a capture takes this. Returns `None` if it depends on its type.
fn takes(capture: &Capture, taken: &[u8]) -> Option<bool> {
    let word = capture.open || (!taken.is_empty() && !taken.iter().copied().any(is_blank));
    let text = || std::str::from_utf8(taken).is_ok();
    match &capture.kind {
        _ if !word => Some(false),
        Kind::Bytes => Some(true),
        Kind::Text => Some(text()),
        Kind::Parsed(_) if !text() => Some(false),
        Kind::Parsed(_) => None,
    }
}

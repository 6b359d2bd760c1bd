//! Finds the arms that have a method, and names it.

use proc_macro2::Span;
use syn::parse::Parser as _;
use syn::{Attribute, Pat};

use super::names;
use crate::options::Options;
use crate::report::Report;
use crate::syntax::text;
use crate::table::frame::Frame;
use crate::table::{Arm, Beside, Case, Protocol, Replies, comes_first, shown};

/// An arm that has a method. Arms of the same name and the same frame, in other states, share it.
pub(super) struct Callable<'p> {
    /// Its name.
    pub(super) arm: &'p Arm,
    /// The method's name.
    pub(super) name: String,
    /// The form that its frames are made in.
    pub(super) frame: &'p Frame,
    pub(super) replies: Replies,
    pub(super) docs: &'p [String],
    pub(super) cfgs: &'p [Attribute],
    /// The numbers of the arms that are tried before it, as ranges.
    pub(super) earlier: Vec<(u32, u32)>,
    pub(super) span: Span,
}

/// Finds the arms that have methods, and reports names that can't be.
pub(super) fn with_methods<'p>(protocol: &'p Protocol, options: &Options, report: &mut Report) -> Vec<Callable<'p>> {
    let mut found: Vec<Callable> = Vec::new();
    let mut first = 0;
    for table in protocol.tables.iter().filter(|table| table.listed) {
        for (at, arm) in table.arms.iter().enumerate() {
            let before = &table.arms[..at];
            let number = first + at;
            let Some(frame) = form(arm) else { continue };
            if is_hidden(arm, before, options.ignore_case) {
                continue;
            }
            let counts = |earlier: &Arm| may_meet(earlier, arm) && !is_elsewhere(earlier, arm, options.ignore_case);
            let earlier = (0_u32..).zip(before).filter(|(_, earlier)| counts(earlier));
            let earlier = ranges(earlier.map(|(at, _)| offset(first, at)));
            let replies = replies(arm, &table.arms[at + 1..], options.ignore_case);
            let callable = Made {
                arm,
                frame,
                number,
                earlier,
                replies,
            };
            add(callable, &mut found, report);
        }
        first += table.arms.len();
    }
    found
}

/// Returns whether an earlier arm takes all frames of an arm in some states, and none in others: the
/// arm is meant for those.
fn is_elsewhere(earlier: &Arm, arm: &Arm, ignore_case: bool) -> bool {
    let takes_all = |case: &Case| {
        let mut cases = earlier.cases.iter().zip(&earlier.frames);
        cases.any(|(other, frame)| matches!(frame, Frame::Rest) || other.shape.covers(&case.shape, ignore_case))
    };
    let is_narrower = |case: &Case| earlier.cases.iter().all(|other| !comes_first(other, case));
    arm.cases.iter().all(|case| is_narrower(case) && takes_all(case))
}

fn offset(first: usize, at: u32) -> u32 {
    u32::try_from(first).unwrap_or(u32::MAX).saturating_add(at)
}

/// An arm whose method has no name yet.
struct Made<'p> {
    arm: &'p Arm,
    frame: &'p Frame,
    number: usize,
    earlier: Vec<(u32, u32)>,
    replies: Replies,
}

fn add<'p>(made: Made<'p>, found: &mut Vec<Callable<'p>>, report: &mut Report) {
    let Made {
        arm,
        frame,
        number,
        earlier,
        replies,
    } = made;
    let span = arm.named.unwrap_or(arm.span);
    if arm.named.is_none() && arm.name == numbered(number) {
        report.error_at(
            span,
            "the client needs a name for the method of this arm: write `#[name = \"…\"]` above it",
        );
        return;
    }
    let Some(name) = names::method(&arm.name) else {
        report.error_at(
            span,
            format_args!(
                "no method of the client can be called `{}`: write `#[name = \"…\"]` above this arm",
                arm.name.escape_debug()
            ),
        );
        return;
    };
    let shares = |earlier: &&mut Callable| earlier.name == name && is_same(earlier.frame, frame);
    if arm.cfgs.is_empty()
        && let Some(earlier) = found.iter_mut().filter(|earlier| earlier.cfgs.is_empty()).find(shares)
    {
        if earlier.replies != replies {
            earlier.replies = Replies::Unknown;
        }
        if earlier.docs.is_empty() {
            earlier.docs = &arm.docs;
        }
        return;
    }
    if arm.named.is_none() && is_fallback(frame) && found.iter().any(|earlier| earlier.name == name) {
        return;
    }
    if let Some(clash) = clash(&name, arm, found) {
        report.error_at(
            span,
            format_args!("{clash}: write `#[name = \"…\"]` with another name above this arm"),
        );
        return;
    }
    found.push(Callable {
        arm,
        name,
        frame,
        replies,
        docs: &arm.docs,
        cfgs: &arm.cfgs,
        earlier,
        span,
    });
}

/// Says which method has a name already. Of arms under `cfg` nothing is claimed, as they may never
/// meet.
fn clash(name: &str, arm: &Arm, found: &[Callable]) -> Option<String> {
    let sent = format!("send_{name}");
    if let Some(own) = names::OWN.iter().find(|own| **own == name || **own == sent) {
        return Some(format!("each client has a method `{own}`"));
    }
    let sure = found
        .iter()
        .filter(|other| arm.cfgs.is_empty() && other.cfgs.is_empty());
    for other in sure {
        let pattern = shown(&other.arm.pattern);
        if other.name == name {
            return Some(format!(
                "the client has a method `{name}` already, for the arm `{pattern}`"
            ));
        }
        let taken = [
            (&sent, &other.name),
            (&format!("send_{}", other.name), &name.to_owned()),
        ]
        .into_iter()
        .any(|(a, b)| a == b);
        if taken {
            return Some(format!(
                "`{name}` and `{}`, which is for the arm `{pattern}`, would both have a method `send_…` of the same name",
                other.name
            ));
        }
    }
    None
}

fn numbered(number: usize) -> String {
    format!("arm_{}", number + 1)
}

/// Returns the first form of an arm that a frame can be made in. One that takes any frame has a
/// method only if it is given a name.
fn form(arm: &Arm) -> Option<&Frame> {
    arm.frames.iter().find(|frame| match frame {
        Frame::Literal(_) | Frame::Template(_) | Frame::Bits(_) | Frame::Prefix(_) => true,
        Frame::Rest => arm.named.is_some(),
        Frame::Rust(_) => false,
    })
}

/// Returns whether an arm takes what others leave: it has captures, and binds none.
fn is_fallback(frame: &Frame) -> bool {
    match frame {
        Frame::Template(template) => {
            !template.is_literal() && template.pieces.iter().all(|piece| piece.name().is_none())
        }
        _ => false,
    }
}

/// Returns whether two forms are the same, and bind the same names.
fn is_same(a: &Frame, b: &Frame) -> bool {
    match (a, b) {
        (Frame::Literal(a), Frame::Literal(b)) => a == b,
        (Frame::Template(a), Frame::Template(b)) => a == b,
        _ => false,
    }
}

/// Returns whether an earlier arm matches all that an arm does, so that only its guard lets frames
/// through.
fn is_hidden(arm: &Arm, before: &[Arm], ignore_case: bool) -> bool {
    let hides = |earlier: &Arm, case: &Case| {
        earlier
            .cases
            .iter()
            .any(|other| comes_first(other, case) && other.shape.covers(&case.shape, ignore_case))
    };
    let before: Vec<&Arm> = before.iter().filter(|earlier| earlier.cfgs.is_empty()).collect();
    !arm.cases.is_empty()
        && arm
            .cases
            .iter()
            .all(|case| before.iter().any(|earlier| hides(earlier, case)))
}

/// Returns whether a frame comes back for each frame of an arm. If its guard may fail, that is for the
/// arms behind it, too.
fn replies(arm: &Arm, behind: &[Arm], ignore_case: bool) -> Replies {
    if !arm.guarded {
        return arm.replies;
    }
    for next in behind
        .iter()
        .filter(|next| may_meet(arm, next) && may_overlap(arm, next))
    {
        if next.replies != arm.replies {
            return Replies::Unknown;
        }
        if !next.guarded && next.cfgs.is_empty() && is_hidden(arm, std::slice::from_ref(next), ignore_case) {
            break;
        }
    }
    arm.replies
}

/// Returns whether a frame may match both arms, by how it begins.
fn may_overlap(a: &Arm, b: &Arm) -> bool {
    let may_be = |(a, b): (&Option<u8>, &Option<u8>)| match (a, b) {
        (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
        _ => true,
    };
    a.cases.iter().any(|a| {
        let a = a.shape.beginning();
        b.cases.iter().any(|b| a.iter().zip(&b.shape.beginning()).all(may_be))
    })
}

/// Returns whether both arms may be tried for one frame, by the patterns beside the frame. Only what
/// surely never meets is told apart: variants of other names, and other literals.
fn may_meet(a: &Arm, b: &Arm) -> bool {
    let cases = |arm: &Arm| arm.cases.iter().map(|case| case.beside.clone()).collect::<Vec<_>>();
    let (a, b) = (cases(a), cases(b));
    a.iter()
        .any(|a| b.iter().any(|b| a.iter().zip(b).all(|(a, b)| beside_meet(a, b))))
}

fn beside_meet(a: &Beside, b: &Beside) -> bool {
    let (Beside::Pattern(a), Beside::Pattern(b)) = (a, b) else {
        return true;
    };
    let parse = |text: &str| Pat::parse_multi_with_leading_vert.parse_str(text);
    match (parse(a), parse(b)) {
        (Ok(a), Ok(b)) => alternatives(&a)
            .iter()
            .any(|a| alternatives(&b).iter().any(|b| meet(a, b))),
        _ => true,
    }
}

fn alternatives(pattern: &Pat) -> Vec<&Pat> {
    match pattern {
        Pat::Or(either) => either.cases.iter().flat_map(alternatives).collect(),
        Pat::Paren(paren) => alternatives(&paren.pat),
        Pat::Reference(reference) => alternatives(&reference.pat),
        pattern => vec![pattern],
    }
}

fn meet(a: &Pat, b: &Pat) -> bool {
    match (variant(a), variant(b), a, b) {
        (Some(a), Some(b), ..) => a == b,
        (_, _, Pat::Lit(a), Pat::Lit(b)) => text(a) == text(b),
        _ => true,
    }
}

/// Returns the name of a variant.
fn variant(pattern: &Pat) -> Option<String> {
    let path = match pattern {
        Pat::Path(path) => &path.path,
        Pat::TupleStruct(tuple) => &tuple.path,
        Pat::Struct(fields) => &fields.path,
        Pat::Ident(name) if name.subpat.is_none() && crate::table::frame::is_like_a_constant(&name.ident) => {
            return Some(name.ident.to_string());
        }
        _ => return None,
    };
    path.segments.last().map(|last| last.ident.to_string())
}

/// Joins numbers to ranges.
fn ranges(numbers: impl Iterator<Item = u32>) -> Vec<(u32, u32)> {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, to)) if *to == number => *to += 1,
            _ => ranges.push((number, number + 1)),
        }
    }
    ranges
}

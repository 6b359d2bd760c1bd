//! Names that arms are given: `#[name = "get"]`.

use syn::{Arm, Attribute, Expr, Lit, LitStr, Meta};

use crate::report::Report;
use crate::table::model;

/// Removes the names that an arm is given, as no macro and no compiler knows them.
pub(super) fn take(arm: &mut Arm) -> Vec<Attribute> {
    let is_name = |attribute: &Attribute| attribute.path().is_ident("name");
    let names = arm
        .attrs
        .iter()
        .filter(|attribute| is_name(attribute))
        .cloned()
        .collect();
    arm.attrs.retain(|attribute| !is_name(attribute));
    names
}

/// Reports names on the arms of a `match` that isn't listed.
pub(super) fn refuse(names: &[Attribute], report: &mut Report) {
    for name in names {
        report.error(
            name,
            "only an arm of the protocol's table has a name, and this `match` isn't listed in `PROTOCOL`: it isn't on the frame in \
             `handle_call`, or is inside another table's arm; leave the name out",
        );
    }
}

/// Reads the name of an arm. Returns `None` if it is given none that can be used.
pub(super) fn read(names: &[Attribute], report: &mut Report) -> Option<LitStr> {
    let (first, others) = names.split_first()?;
    for other in others {
        report.error(other, "this arm has a name already");
    }
    let Meta::NameValue(meta) = &first.meta else {
        let written = match &first.meta {
            Meta::List(list) => list.parse_args::<LitStr>().ok(),
            _ => None,
        };
        let name = written.map_or_else(|| "get".to_owned(), |written| written.value());
        report.error(first, format_args!("an arm's name is given as `#[name = \"{name}\"]`"));
        return None;
    };
    let Expr::Lit(literal) = &meta.value else {
        report.error(&meta.value, "an arm's name is text between quotes: `#[name = \"get\"]`");
        return None;
    };
    let Lit::Str(name) = &literal.lit else {
        report.error(&meta.value, "an arm's name is text between quotes: `#[name = \"get\"]`");
        return None;
    };
    match mistake(&name.value()) {
        Some(mistake) => {
            report.error(name, mistake);
            None
        }
        None => Some(name.clone()),
    }
}

/// Describes what is wrong with a name. What is made of a table, as a client's methods and a
/// document's rules, is called by it.
fn mistake(name: &str) -> Option<String> {
    let right = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == b'_' || letter == b'-');
    match name {
        "" => Some(
            "an arm's name has at least one letter: leave the attribute out, and it is called as its text begins"
                .to_owned(),
        ),
        _ if right => None,
        _ => Some(format!(
            "`{}` can't be an arm's name: it begins with a letter, and has letters, digits, `_` and `-`, in ASCII",
            name.escape_debug()
        )),
    }
}

/// Reports names that another arm has. Of arms under `cfg` nothing is claimed, as they may never
/// meet.
pub(super) fn judge(arms: &[&model::Arm], report: &mut Report) {
    let sure = || arms.iter().filter(|arm| arm.cfgs.is_empty());
    for (at, arm) in sure().enumerate() {
        let Some(span) = arm.named else { continue };
        let mut others = sure().enumerate().filter(|(other, _)| *other != at);
        // Of two that are given the same name, the second is told.
        let is_taken =
            |&(other, twin): &(usize, &&model::Arm)| twin.name == arm.name && (other < at || twin.named.is_none());
        if let Some((_, twin)) = others.find(is_taken) {
            report.error_at(span, message(twin, &arm.name));
        }
    }
}

fn message(twin: &model::Arm, name: &str) -> String {
    let why = if twin.named.is_some() { "" } else { ", by its text" };
    format!(
        "the arm `{}` is called `{name}` already{why}: choose another name",
        twin.pattern
    )
}

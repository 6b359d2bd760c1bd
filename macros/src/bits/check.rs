//! The checks of a layout as a whole.

use kai_tcp_server_spec::words;
use proc_macro2::Span;
use syn::Ident;

use super::field::{Field, Form, Role, Size};
use super::number::Class;
use super::places;
use crate::report::Report;

/// Checks the layout of a pattern.
pub(crate) fn pattern(fields: &[Field], span: Span, report: &mut Report) {
    names(fields, report);
    lengths(fields, span, report);
    tail(fields, report);
    borders(fields, Role::Pattern, report);
}

/// Checks the layout that a macro builds.
pub(crate) fn builder(fields: &[Field], report: &mut Report) {
    borders(fields, Role::Builder, report);
}

/// Checks that each name is bound once, and that none is an action word.
fn names(fields: &[Field], report: &mut Report) {
    let mut bound: Vec<&Ident> = Vec::new();
    for name in fields.iter().filter_map(Field::name) {
        if let Some(word) = words::bare(&name.to_string()) {
            let message = format!(
                "`{}` is an action here, so it can't be a field: choose another name",
                word.name
            );
            report.error(name, message);
        } else if bound.contains(&name) {
            let message = format!("`{name}` is bound twice: choose another name, or `_` for what isn't needed");
            report.error(name, message);
        }
        bound.push(name);
    }
}

/// Checks that a length names only fields before it, and that those can be lengths.
fn lengths(fields: &[Field], span: Span, report: &mut Report) {
    for (at, field) in fields.iter().enumerate() {
        let Form::Bytes(Size::Computed(length)) = &field.form else {
            continue;
        };
        let (before, after) = fields.split_at(at);
        let mistakes = report.len();
        for name in length.names() {
            let is_it = |field: &Field| field.name() == Some(name);
            if let Some(field) = before.iter().find(|field| is_it(field)) {
                if let Some(message) = no_length(field, name) {
                    report.error(name, message);
                }
            } else if after.iter().any(is_it) {
                let message = format!(
                    "`{name}` is read after these bytes, so it can't say how many they are: put it before them"
                );
                report.error(name, message);
            }
        }
        let never = places::bytes_of(length, before).is_some_and(|(_, greatest)| greatest < 0);
        if never && report.len() == mistakes {
            report.error(
                &field.tokens,
                "this length is always negative, so the pattern never matches",
            );
        }
    }
    let least: usize = places::lengths(fields).0;
    if i32::try_from(least).is_err() {
        report.error_at(span, "no frame is this long: a frame has up to 2147483647 bytes");
    }
}

/// Describes why a field can't be a length.
fn no_length(field: &Field, name: &Ident) -> Option<String> {
    match &field.form {
        Form::Number(number, ty) if number.class == Class::Float => {
            Some(format!("`{name}` is a float, `{ty}`: a length is computed of integers"))
        }
        Form::Number(..) => None,
        _ => Some(format!("`{name}` is bytes: a length is computed of integers")),
    }
}

/// Checks that a field that takes all remaining bytes is the last.
fn tail(fields: &[Field], report: &mut Report) {
    let Some((_, before)) = fields.split_last() else { return };
    for field in before {
        if matches!(field.form, Form::Bytes(Size::Open)) {
            let message = "this takes all that remains, so nothing can follow it: give it a length, `[u8; length]`, or put it last";
            report.error(&field.tokens, message);
        }
    }
}

/// Checks that byte fields begin on a whole byte, and that the layout ends on one.
fn borders(fields: &[Field], role: Role, report: &mut Report) {
    let (mut at, mistakes) = (0, report.len());
    for field in fields {
        if field.is_bytes() && at != 0 {
            let message = format!(
                "these bytes would begin in the middle of one: {}",
                missing(at, role, "before them")
            );
            report.error(&field.tokens, message);
            at = 0;
        }
        at = (at + field.bits().unwrap_or(0)) % 8;
    }
    if let Some(last) = fields.last().filter(|_| at != 0 && report.len() == mistakes) {
        let message = format!(
            "the layout ends in the middle of a byte: {}",
            missing(at, role, "at its end")
        );
        report.error(&last.tokens, message);
    }
}

/// Describes what makes a byte whole, `at` bits after its beginning.
fn missing(at: usize, role: Role, place: &str) -> String {
    let (bits, zero) = (8 - at, if role == Role::Pattern { "_" } else { "0" });
    let (are, does) = match (bits, role) {
        (1, Role::Pattern) => ("bit is", "skips it"),
        (_, Role::Pattern) => ("bits are", "skips them"),
        (1, Role::Builder) => ("bit is", "fills it"),
        (_, Role::Builder) => ("bits are", "fills them"),
    };
    format!("{bits} {are} missing; `{zero}: u{bits}` {place} {does}")
}

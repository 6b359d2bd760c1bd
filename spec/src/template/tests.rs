//! Tests of the grammar of templates.

use super::{Capture, Flag, Kind, Piece, Rust, Template, has_capture};

/// Enough of Rust's grammar for these templates.
struct Few;

impl Rust for Few {
    fn is_variable(&self, name: &str) -> bool {
        !["as", "fn", "type"].contains(&name)
    }

    fn is_type(&self, text: &str) -> bool {
        !text.starts_with("fn(") && !text.contains(' ')
    }
}

fn parse(text: &str) -> Result<Template, Vec<String>> {
    super::parse(text, &Few)
}

fn text(text: &str) -> Piece {
    Piece::Text(text.as_bytes().to_vec())
}

fn capture(name: Option<&str>, open: bool, kind: Kind) -> Piece {
    let name = name.map(str::to_owned);
    Piece::Capture(Capture { name, open, kind })
}

fn flag(name: Option<&str>, text: &str) -> Piece {
    Piece::Flag(Flag {
        name: name.map(str::to_owned),
        text: text.as_bytes().to_vec(),
    })
}

fn parsed(ty: &str) -> Kind {
    Kind::Parsed(ty.to_owned())
}

#[test]
fn every_piece() {
    for (template, pieces) in [
        ("", vec![]),
        ("get", vec![text("get")]),
        ("{{}}", vec![text("{}")]),
        (
            "a{{{x}}}",
            vec![text("a{"), capture(Some("x"), false, Kind::Text), text("}")],
        ),
        ("{_}", vec![capture(None, false, Kind::Bytes)]),
        ("{_..}", vec![capture(None, true, Kind::Bytes)]),
        ("{_: u32}", vec![capture(None, false, parsed("u32"))]),
        ("{ x : bytes }", vec![capture(Some("x"), false, Kind::Bytes)]),
        ("{x..: bytes}", vec![capture(Some("x"), true, Kind::Bytes)]),
        (
            "{x: std::net::IpAddr}",
            vec![capture(Some("x"), false, parsed("std::net::IpAddr"))],
        ),
        ("{x? a: b}", vec![flag(Some("x"), " a: b")]),
        ("{_?,}{y?;}", vec![flag(None, ","), flag(Some("y"), ";")]),
        ("{r#type}", vec![capture(Some("r#type"), false, Kind::Text)]),
    ] {
        assert_eq!(parse(template), Ok(Template { pieces }), "{template}");
    }
}

#[test]
fn each_mistake_is_told() {
    for (template, mistakes) in [
        ("{", 1),
        ("}", 1),
        ("{x", 1),
        ("{x {y}", 1),
        ("{}", 1),
        ("{x}{y}", 1),
        ("{x}{y? z}{z}", 1),
        ("{x} {x}", 1),
        ("{close} {fn} {1}", 3),
        ("{x: }", 1),
        ("{x: [u8]}", 1),
        ("{x: fn()}", 1),
        ("{x?}", 1),
        ("}{", 2),
    ] {
        assert_eq!(parse(template).map_err(|told| told.len()), Err(mistakes), "{template}");
    }
}

#[test]
fn lengths() {
    for (template, min, max) in [
        ("abc", 3, Some(3)),
        ("ab{x}", 3, None),
        ("ab{x..}c", 3, None),
        ("ab{x? yz}", 2, Some(5)),
    ] {
        let template = parse(template).expect("a template");
        assert_eq!((template.min(), template.max()), (min, max));
    }
}

#[test]
fn a_text_with_a_capture_is_told_from_one_without() {
    for text in [
        "{name}",
        "set {key} {value}",
        "{a..}",
        "{a: u8}",
        "{a? b}",
        "{{{a}}}",
        "{_}",
    ] {
        assert!(has_capture(text.as_bytes()), "{text}");
        assert!(parse(text).is_ok(), "{text}");
    }
    for text in ["", "{", "}", "{}", "{{a}}", "{1}", "{\"a\": 1}", "{ a }", "{a", "a}"] {
        assert!(!has_capture(text.as_bytes()), "{text}");
    }
}

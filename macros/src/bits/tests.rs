//! Layouts outside of the compiler; against Erlang's answers they are tested in
//! `tests/tests/attribute/bits_vectors.rs`.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::parse_quote;

use super::Lowered;
use crate::report::Report;

fn tokens(layout: &str) -> TokenStream {
    layout.parse().expect("tokens")
}

fn pattern(layout: &str) -> Option<Lowered> {
    let mut report = Report::default();
    let lowered = super::pattern(
        tokens(layout),
        Span::call_site(),
        &parse_quote!(input),
        &parse_quote!(kai),
        &mut report,
    );
    assert_eq!(lowered.is_some(), report.len() == 0, "{layout}");
    lowered
}

fn right(layout: &str) -> Lowered {
    pattern(layout).unwrap_or_else(|| panic!("{layout} is right"))
}

/// Returns the number of mistakes in it.
fn mistakes(layout: &str) -> usize {
    let mut report = Report::default();
    let input = parse_quote!(input);
    let krate = parse_quote!(kai);
    super::pattern(tokens(layout), Span::call_site(), &input, &krate, &mut report);
    report.len()
}

#[test]
fn what_every_match_begins_with() {
    for (layout, head, exact) in [
        ("", &b""[..], true),
        ("0x01u8, id: u32", b"\x01", false),
        ("b'a', \"GIOP\", 0x1234u16le", b"aGIOP\x34\x12", true),
        ("1u1, 5: u3, 0xfu4, 2u4, x: u4", b"\xdf", false),
        ("4u4, x: u4, \"GIOP\"", b"", false),
        ("\"GIOP\", _: [u8]", b"GIOP", false),
        ("-2i8, 0xABCu12le, 1u4", b"\xfe\xbc\xa1", true),
        ("1f32, -0.5f64le", b"\x3f\x80\0\0\0\0\0\0\0\0\xe0\xbf", true),
    ] {
        let lowered = right(layout);
        assert_eq!((&lowered.head[..], lowered.exact), (head, exact), "{layout}");
    }
}

#[test]
fn how_long_a_match_is() {
    for (layout, min, max) in [
        ("", 0, Some(0)),
        ("a: u4, b: u12, \"GIOP\", c: [u8; 2 * 3]", 12, Some(12)),
        ("n: u8, x: [u8; n]", 1, Some(256)),
        ("n: u8, x: [u8; n - 4]", 1, Some(252)),
        ("n: u8, x: [u8; 4 * n + 4]", 5, Some(1025)),
        ("n: i8, x: [u8; 2 - n]", 1, Some(131)),
        (
            "n: u8, x: [u8; n % 4], y: [u8; n / 16], z: [u8; 300 / (n + 1)]",
            2,
            Some(1 + 3 + 15 + 300),
        ),
        ("n: u8, x: [u8; n >> 4], y: [u8; 1 << (n >> 5)]", 2, Some(1 + 15 + 128)),
        ("n: u8, x: [u8; 7 / n]", 1, None),
        ("n: u8, x: [u8; MORE + n], y: u8", 2, None),
        ("n: u128, x: [u8; n]", 16, None),
        ("a: u16, rest: [u8]", 2, None),
    ] {
        let lowered = right(layout);
        assert_eq!((lowered.min, lowered.max), (min, max), "{layout}");
    }
}

#[test]
fn what_hides_others() {
    for (layout, complete, names) in [
        ("\"GIOP\"", true, 0),
        ("1u8, x: u16, _: i8le, y: [u8; 4], _: [u8]", true, 2),
        ("_: [u8]", true, 0),
        ("x: [u8]", true, 1),
        ("4u4, x: u4", false, 1),
        ("x: u8, 1u8", false, 1),
        ("x: f32", false, 0),
        ("n: u8, x: [u8; n]", false, 0),
        ("x: [u8; 0]", false, 0),
        // If it is a variable: rustc compares two values with it.
        ("MAGIC: u32", true, 1),
        ("magic: u32", true, 1),
    ] {
        let lowered = right(layout);
        assert_eq!((lowered.complete, lowered.values.len()), (complete, names), "{layout}");
    }
}

#[test]
fn the_head_is_not_compared_again() {
    assert!(right("\"GIOP\", 1u4, x: u4").conditions.to_string().contains("== 1u8"));
    assert!(!right("\"GIOP\", 1u8, x: u8").conditions.to_string().contains("=="));
    for layout in ["\"GIOP\", 1u8", "", "_: [u8]"] {
        assert!(right(layout).conditions.is_empty(), "{layout}");
    }
}

#[test]
fn names_are_bound_in_order() {
    let lowered = right("_: u8, b: u8, 7u8, a: [u8; b], _rest: [u8]");
    let names: Vec<String> = lowered.bindings.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["b", "a", "_rest"]);
}

#[test]
fn fields_of_known_places_share_one_check() {
    let conditions = right("0x02u8, id: u32, flag: u1, _: u7, len: u16, name: [u8; len], sum: u8")
        .conditions
        .to_string();
    assert_eq!(conditions.matches("split_first_chunk").count(), 1);
    assert_eq!(conditions.matches("as_array").count(), 1);
    assert!(conditions.contains("u32 :: from_be_bytes"), "{conditions}");
}

#[test]
fn every_mistake_is_told_once() {
    for (layout, expected) in [
        ("a: u0, b: u129, c: word, d", 4),
        ("a: [u16; 4], b: [u8; f()], c: [u8; x as usize], d: [u8, 4]", 4),
        ("1, 1.5, true, 'a', 256u8, 8: u3, -1u4, 1u8: u8", 8),
        ("a: [u8], b: [u8], c: u8", 2),
        ("a: u4, b: [u8; 2], c: u4", 1),
        ("a: u7", 1),
        ("a: u8, a: u8, close: u8", 2),
        ("a: [u8; n], n: u8", 1),
        ("a: [u8; -1]", 1),
        ("a: [u8; 1 - 2]", 1),
        ("a: [u8; 0x8000_0000]", 1),
        ("a: [u8; 0x7fff_ffff], b: u8", 1),
        ("self: u8, a b: u8", 2),
        ("f(): u8", 1),
        (",", 1),
        ("mut a: u8", 1),
        ("a: &[u8]", 1),
        ("a:", 1),
        ("1e400f64, 1e39f32", 2),
    ] {
        assert_eq!(mistakes(layout), expected, "{layout}");
    }
}

#[test]
fn whatever_stands_there_the_macros_answer() {
    for layout in [
        "",
        ",",
        ":",
        "a:,",
        "[u8]",
        "\"a\": ",
        "1u8 2u8",
        "_",
        "a: [u8; ]",
        "a: [; 1]",
        "-: u8",
        "a @ b: u8",
        "#: u8",
        "if",
    ] {
        let tokens = tokens(layout);
        let built = super::build(quote!(kai, #tokens)).to_string();
        assert!(
            built.contains("compile_error") || built.contains("kai"),
            "{layout}: {built}"
        );
        let matched = super::matched(quote!(kai, frame, bits!(#tokens) => ())).to_string();
        assert!(
            matched.contains("compile_error") || matched.contains("match"),
            "{layout}: {matched}"
        );
    }
}

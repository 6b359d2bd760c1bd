//! The part of a shape that another one surely matches, and the messages for a table: the cases
//! that chance doesn't bring.

use syn::parse::Parser as _;
use syn::{ItemImpl, Pat, parse_quote};

use crate::model::block;
use crate::options;
use crate::report::Report;
use crate::table::compile;
use crate::table::matching;
use crate::table::shape::Shape;
use crate::table::template::{Template, parse};

fn written(text: &str) -> Template {
    parse(text).expect("a template")
}

fn template(text: &str) -> Shape {
    Shape::Template(written(text))
}

fn pattern(text: &str) -> Shape {
    Shape::of(&Pat::parse_single.parse_str(text).expect("a pattern"))
}

fn bytes(text: &[u8]) -> Shape {
    Shape::Bytes(text.to_vec())
}

/// Every frame of these lengths that begins so.
fn bits(head: &[u8], min: usize, max: Option<usize>) -> Shape {
    Shape::Bits {
        head: head.to_vec(),
        exact: false,
        min,
        max,
        complete: true,
        names: Vec::new(),
    }
}

#[track_caller]
fn covers(wide: &Shape, narrow: &Shape, expected: bool) {
    assert_eq!(wide.covers(narrow, false), expected);
}

#[test]
fn templates_that_differ_in_case_alone_differ() {
    let (upper, lower) = (template("GET {x}"), template("get {y}z"));
    covers(&upper, &lower, false);
    assert!(upper.covers(&lower, true));
}

#[test]
fn each_character_may_stand_in_a_capture() {
    // One for each way in which UTF-8 begins a character.
    for letter in [
        '\u{a9}',
        '\u{800}',
        '\u{20ac}',
        '\u{d7ff}',
        '\u{ffff}',
        '\u{10000}',
        '\u{50000}',
        '\u{10ffff}',
    ] {
        let wide = template(&format!("{{a}}{{_?{letter}}}"));
        covers(&wide, &template("{a}"), false);
    }
}

#[test]
fn a_capture_ends_at_what_may_stand_behind_it_up_to_the_next_text_and_no_further() {
    covers(&template("{a}ab"), &template("{a}{_?a}b"), false);
    covers(&template("{a}{_?b}a{b}"), &template("{a}a{b}"), false);
    covers(&template("{a}{_?b}a{_?b}"), &template("{a}a{_?b}"), false);
    for (text, frame) in [("{a}{_?a}b", "xb"), ("{a}a{_?b}", "xba")] {
        assert_eq!(
            matching::matches(&written(text), frame.as_bytes(), false),
            Some(true),
            "{text}"
        );
    }
}

#[test]
fn what_a_type_takes_it_takes_of_the_same_template() {
    for text in ["{a: u8} x", "{a: u8}{_?x}", "{a: u8} {b..}"] {
        covers(&template(text), &template(&text.replace('a', "c")), true);
    }
    covers(&template("{a: u8} x"), &template("{a: u8} y"), false);
    covers(&template("{a: u8}{_?x}"), &template("{a: u8}{_?y}"), false);
}

#[test]
fn the_rest_behind_a_text_is_all_that_begins_so() {
    let slice = pattern("[b'g', b'e', ..]");
    covers(&template("g{x..: bytes}"), &slice, true);
    covers(&template("ge{x..: bytes}"), &slice, true);
    covers(&template("get{x..: bytes}"), &slice, false);
    covers(&template("gx{x..: bytes}"), &slice, false);
    covers(&template("ge{x..: bytes}"), &pattern("[_, b'e', ..]"), false);
    covers(&template("ge{x: bytes}"), &slice, false);
}

#[test]
fn slices_have_their_length() {
    covers(&pattern("[_, _]"), &bytes(b"ab"), true);
    covers(&pattern("[_, _]"), &bytes(b"abc"), false);
    covers(&pattern("[_, _]"), &template("a{_?b}"), false);
    covers(&pattern("[_, _]"), &template("ab{x..}"), false);
    covers(&pattern("[_, _, ..]"), &bytes(b"ab"), true);
    covers(&pattern("[_, _, ..]"), &bytes(b"a"), false);
    assert!(pattern("[b'+', ..]").covers(&template("+1"), true));
    assert!(!pattern("[b'+', ..]").covers(&template("-1"), true));
    assert!(
        bytes(b"get").covers(&bytes(b"get"), true),
        "case is ignored in templates alone"
    );
}

#[test]
fn bits_have_their_lengths_and_their_beginning() {
    covers(&bits(&[1], 5, Some(5)), &bits(&[1, 2], 5, Some(5)), true);
    covers(&bits(&[1], 5, Some(5)), &bits(&[1, 2], 5, Some(6)), false);
    covers(&bits(&[1], 5, Some(5)), &bits(&[1, 2], 5, None), false);
    covers(&bits(&[1], 5, Some(5)), &bits(&[1, 2], 4, Some(5)), false);
    covers(&bits(&[1], 5, None), &bits(&[2, 1], 5, None), false);
    let letter = bits(b"g", 1, None);
    assert!(letter.covers(&template("get {x}"), false));
    assert!(!letter.covers(&template("get {x}"), true));
    assert!(bits(b"+", 1, None).covers(&template("+1 {x}"), true));
    let exact = Shape::Bits {
        head: b"ab".to_vec(),
        exact: true,
        min: 2,
        max: Some(2),
        complete: true,
        names: Vec::new(),
    };
    covers(&template("{x}"), &exact, true);
    covers(&template("{x} y"), &exact, false);
}

#[test]
fn a_name_is_a_variable_for_sure_where_more_is_said_of_it() {
    for text in ["_", "(_)", "mut x", "ref x", "x @ _"] {
        assert!(matches!(pattern(text), Shape::Anything), "{text}");
    }
    assert!(matches!(pattern("x"), Shape::Named(_)));
    let names = |text: &str| pattern(text).names(None).map(|names| names.len());
    assert_eq!(names("[mut a, ref b, (_), c @ _, ..]"), Some(0));
    assert_eq!(names("[a, (b), ..]"), Some(2));
    assert!(matches!(pattern("[.., b'a']"), Shape::Unknown));
}

/// Returns the number of mistakes in a table of frames.
fn mistakes(options: &str, arms: &str) -> usize {
    let arms: proc_macro2::TokenStream = arms.parse().expect("arms");
    let mut block: ItemImpl = parse_quote! {
        impl Server { fn handle_call(&self, data: &[u8]) -> Action { match data { #arms } } }
    };
    let mut report = Report::default();
    let options = options::read(format!("port = 0, {options}").parse().expect("options"), &mut report);
    let server = block::read(&block, &options, &mut report);
    compile(&mut block, &server, &options, &mut report);
    report.len()
}

#[test]
fn what_may_come_is_no_mistake() {
    let longest = format!("b\"{}\" => noreply, _ => noreply", "x".repeat(255));
    for (options, arms) in [
        ("packet = raw(3)", r#"b"abc" => noreply, _ => noreply"#),
        ("packet = 1", &longest),
        ("packet = line", r#""a\n{_?b}" => noreply, _ => noreply"#),
        (
            "packet = line, delimiter = b'x', ignore_case = true",
            r#""axbx" => noreply, _ => noreply"#,
        ),
        // Which rustc says.
        ("packet = raw", r#""a" => noreply, _ => noreply, _ => noreply"#),
    ] {
        assert_eq!(mistakes(options, arms), 0, "{options}: {arms}");
    }
    assert_eq!(
        mistakes("packet = raw", r#""get {rest..}" => noreply"#),
        1,
        "others come"
    );
}

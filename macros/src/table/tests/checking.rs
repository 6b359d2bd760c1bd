//! Arms that hide others: surely, or not at all.

use quote::quote;
use syn::parse::Parser as _;
use syn::{ItemImpl, parse_quote};

use crate::model::block;
use crate::options;
use crate::report::Report;
use crate::table::compile;
use crate::table::shape::Shape;
use crate::table::template::parse;

fn template(text: &str) -> Shape {
    Shape::Template(parse(text).expect("a template"))
}

#[test]
fn a_template_hides_what_it_matches() {
    for (earlier, later) in [
        ("get {x}", "get all"),
        ("get {x}", "get {y: u32}"),
        ("get {x..}", "get {x}"),
        ("get {x..: bytes}", "get {y} {z: bytes}{f? q}"),
        ("{x..: bytes}", ""),
        ("{x..}", "a{y}b"),
        ("a{f? x}", "a x"),
        ("a{f? x}", "a"),
        ("{x} {y}", "{a: u8} {b: u8}"),
        ("{x: u8}", "{y: u8}"),
        ("{x} {y..}", "set {y} {z}"),
        ("{x} {y..}", "set {y} {z: u32}"),
        ("{x} {y..}", "{x}: {y..}"),
        ("{x} {y..}", "get {y}{f? q}"),
        ("{x},{y}", "{a},{b},{c}"),
        ("{x} {y..}", "set {y..} {z}"),
        ("a{f? x}{y..}", "a x{z}"),
        ("{x..: bytes}b{y..: bytes}", "{x}ab"),
        ("a", "a"),
    ] {
        assert!(template(earlier).covers(&template(later), false), "{earlier} | {later}");
    }
}

#[test]
fn and_nothing_else() {
    for (earlier, later) in [
        ("get {x: u32}", "get 7"), // `u32` may be anybody's type
        ("get {x: u32}", "get {x}"),
        ("get {x}", "get {x..}"),
        ("get {x}", "get {x: bytes}"),
        ("get {x..}", "get {x..: bytes}"),
        ("get {x}", "get"),
        ("get {x}", "GET all"),
        ("{x},{y}", "{x},,{y}"),
        ("{x}, {y}", "{x},{y}"),
        ("a{f? x}", "a{g? y}"),
        ("{x} {y}", "a b c"),
        ("{x}{f?.}", "{y}"), // which may be a dot
        ("{x} {y}", "{a} {b} {c}"),
        ("{x} {y..}", "{a: bytes} {b}"),
        ("{x} {y..}", "get {y: bytes}{f? q}"),
        ("{x} {y: u8}", "set {y: u8} {z: u8}"),
        ("{x..}.", "{y}.{z}."),
        ("a{f? x}b", "a{g? x}{y}b"),
        ("", "a"),
    ] {
        assert!(
            !template(earlier).covers(&template(later), false),
            "{earlier} | {later}"
        );
    }
}

#[test]
fn case_counts_where_it_is_not_ignored() {
    assert!(template("GET {x}").covers(&template("get all"), true));
    assert!(template("GET {x}").covers(&Shape::Bytes(b"get all".to_vec()), true));
    assert!(!Shape::Bytes(b"get".to_vec()).covers(&template("get"), true));
    assert!(Shape::Bytes(b"+1".to_vec()).covers(&template("+1"), true));
    let slice = syn::Pat::parse_single.parse_str("[b'g', ..]").expect("a slice");
    let slice = Shape::of(&slice);
    assert!(!slice.covers(&template("get"), true));
    assert!(slice.covers(&template("get"), false));
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
    let text = quote!(#block).to_string();
    assert!(!text.contains("\"{"), "{text}");
    report.len()
}

#[test]
fn arms_that_no_frame_reaches() {
    for (options, arm, reached) in [
        ("packet = line", r#""a""#, false),
        ("packet = line", r#""a\n""#, true),
        ("packet = line", r#""a{_? b\n}""#, true),
        ("packet = line", r#""a{_? b}""#, false),
        ("packet = line", r#""{x}""#, false),
        ("packet = line", r#""{x..}""#, true),
        ("packet = line", r#""a\n{x..}""#, true),
        ("packet = line", r#""a\n{x}\n""#, false),
        ("packet = line", "b\"a\"", false),
        ("packet = line", r"[b'a']", true), // Rust's own slices are left alone
        ("packet = line(crlf)", r#""a\n""#, true),
        ("packet = line(crlf)", r#""a\r""#, true),
        ("packet = line(crlf)", r#""a\r\nb""#, false),
        ("packet = line(lf)", r#""a\n""#, false),
        ("packet = line(crlf | lf)", r#""a\r\n""#, false),
        ("packet = raw(2)", r#""a""#, false),
        ("packet = raw(2)", r#""a{_?b}""#, true),
        ("packet = raw(2)", r#""ab{x}""#, false),
        ("packet = raw(N)", r#""a""#, true),
        ("packet = 1", r#""a""#, true),
        ("packet = 4, packet_size = 3", r#""abc{x}""#, false),
        ("packet = 4, packet_size = 3", r#""ab{x}""#, true),
        // `raw` has no limit.
        ("packet = raw, packet_size = 3", r#""abcd""#, true),
        ("packet = tpkt", r#""GET {x..}""#, false),
        ("packet = tpkt", r#"b"\x03\0\0\x05a""#, true),
        ("packet = tpkt", r#"b"\x03\0\0""#, false),
        ("packet = tpkt", "[0x03, _, _, _]", true),
        ("packet = tpkt", "[0x02, ..]", false),
        ("packet = tpkt", "bits!(3u8, _: u8, _: u16, _: [u8])", true),
        ("packet = tpkt", "bits!(2u8, _: u8, _: u16, _: [u8])", false),
        ("packet = fcgi", "[1, 6, ..]", true),
        ("packet = fcgi", "[1, 6]", false),
        ("packet = fcgi", "[0, ..]", false),
        ("packet = cdr", "[b'G', b'I', b'O', b'P', ..]", true),
        ("packet = cdr", "[_, b'i', ..]", false),
        ("packet = cdr", r#""GIOP{x}""#, true),
        ("packet = cdr", r#""giop{x..}""#, true), // under `ignore_case` it would be
        ("packet = cdr", r#"b"giop, and twelve bytes""#, false),
        ("packet = sunrm", "[0x80, 0, 0, 0]", true),
        ("packet = sunrm", "[0x80, 0, 0]", false),
        ("packet = asn1", "[0x30, 0]", true),
        ("packet = asn1", "[0x30]", false),
        ("packet = line, delimiter = b'\\0'", r#""a\0""#, true),
        ("packet = line, delimiter = b'\\0'", r#""a\n""#, false),
        ("packet = line, delimiter = b'\\0'", r#"b"a\n\0""#, true),
        ("packet = line, delimiter = b'\\0'", r#""a\0b\0""#, false),
        ("packet = line, delimiter = b'\\0'", r#""{x}""#, true), // which may end in it
        ("packet = line, delimiter = b' '", r#""{x}""#, false),
        ("packet = line, delimiter = 0x3b", r#""a;""#, true),
        ("packet = line, delimiter = 0x3b", r#""a""#, false),
        ("packet = line, delimiter = END", r#""a""#, true),
        ("packet = line, delimiter = b'x'", r#""aX{x..}X""#, true), // under `ignore_case` it would be
        ("packet = line, delimiter = b'x'", r#"b"aX""#, true),      // which isn't sure to be wrong
        // The bytes that `packet_size` doesn't count.
        ("packet = sunrm, packet_size = 1", "[_, _, _, _, _]", true),
        ("packet = sunrm, packet_size = 1", "[_, _, _, _, _, _]", false),
        ("packet = asn1, packet_size = 1", "[_, _, _, _, _, _]", true),
        ("packet = http", r#""GET {x..}""#, true),
        ("packet = http", r#""GET / HTTP/1.1""#, false),
        ("packet = http", r#""GET / HTTP/1.1\r\n""#, true),
        ("packet = http", r#""A: b\r\n {x..}\r\n""#, true),
        ("packet = httph", "b\"\"", false),
        ("packet = httph", "b\"\\r\\n\"", true),
    ] {
        let found = mistakes(options, &format!("{arm} => noreply, _ => close"));
        assert_eq!(found, usize::from(!reached), "{arm} under {options}");
    }
}

#[test]
fn tables_without_the_rest() {
    for (arms, whole) in [
        (r#""{_..: bytes}" => noreply"#, true),
        (r#""a" => noreply, [..] => close"#, true),
        (r#""a" => noreply, NAME => close"#, true), // for rustc to say
        (r#""a" => noreply"#, false),
        (r#""a" => noreply, x if x.is_empty() => close"#, false),
        (r#""{_}" => noreply, b"" => close"#, false),
    ] {
        assert_eq!(mistakes("packet = raw", arms), usize::from(!whole), "{arms}");
    }
}

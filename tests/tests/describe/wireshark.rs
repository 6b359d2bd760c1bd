//! The dissector for Wireshark, run by `tshark` on captures that are made here.

use kai_tcp_server::Protocol;
use serde_json::Value;

use crate::capture::{Capture, dissect, is_there};
use crate::tables::{Blocks, Lines, Plain};

/// Returns what is shown of one connection.
fn shown(name: &str, protocol: &'static Protocol, capture: &Capture) -> Vec<Value> {
    let port = capture.port();
    dissect(&[(name, protocol, port)], std::slice::from_ref(capture)).remove(0)
}

fn show(layer: &Value, field: &str) -> String {
    match &layer[field] {
        Value::String(text) => text.clone(),
        other => panic!("{field} is {other} in {layer:#}"),
    }
}

#[test]
fn captures_of_templates_are_shown_with_their_values() {
    if !is_there() {
        return;
    }
    let mut capture = Capture::new(7001);
    capture
        .client(b"SET k\xc3\xa4y 7 -9223372036854775808 noreply\r\nset a 4294967295 5\r\nset a 4294967296 5\r\n")
        .server(b"0\r\n")
        .client("end; \"quoted\\ nil ".as_bytes())
        .client(b"\xff\x00x\r\nratio 1.5 true \xe2\x82\xac 340282366920938463463374607431768211455\r")
        .client("\ngrößE x=\r\n".as_bytes())
        .client(b"word Frame\r\nquit\r\nQUIT\r\n255\r\n256\r\n\r\n");
    let shown = shown("Lines", Lines::PROTOCOL, &capture);
    let arms: Vec<String> = shown
        .iter()
        .filter_map(|layer| layer["kai_lines.arm"].as_str().map(str::to_owned))
        .collect();
    let names: Vec<&str> = Lines::PROTOCOL.iter().map(|arm| arm.name).collect();
    let expected: Vec<&str> = [0, 0, 7, 1, 2, 3, 4, 5, 7, 6, 7, 7].map(|arm| names[arm]).into();
    assert_eq!(arms, expected, "{shown:#?}");
    let field = |at: usize, field: &str| {
        let clients: Vec<&Value> = shown
            .iter()
            .filter(|layer| layer.get("kai_lines.arm").is_some())
            .collect();
        show(clients[at], &format!("kai_lines.{field}"))
    };
    assert_eq!(field(0, "set_key"), "käy");
    assert_eq!(field(0, "set_flags"), "7");
    assert_eq!(field(0, "set_time"), "-9223372036854775808");
    assert_eq!(field(0, "set_quiet"), "1");
    assert_eq!(field(1, "set_flags"), "4294967295");
    assert_eq!(field(1, "set_quiet"), "0");
    assert_eq!(field(3, "end_local"), "nil");
    assert_eq!(field(3, "end_function"), "ff:00:78");
    assert_eq!(field(4, "ratio_x"), "1.5");
    assert_eq!(field(4, "ratio_y"), "1");
    assert_eq!(field(4, "ratio_z"), "€");
    assert_eq!(field(4, "ratio_big"), "340282366920938463463374607431768211455");
    assert_eq!(field(6, "frame_word"), "Frame");
    // The server's are shown without an arm.
    assert_eq!(shown.len(), expected.len() + 1);
}

#[test]
fn fields_of_layouts_are_shown_with_their_values() {
    if !is_there() {
        return;
    }
    let mut and = vec![0x6a, 5, 0, 0xff, 0xfe];
    and.extend(b"sixsix\x00\"\\rest");
    let mut floats = vec![0x20];
    floats.extend(1.5_f32.to_be_bytes());
    floats.extend((-2.25_f64).to_le_bytes());
    floats.extend(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10_u128.to_be_bytes());
    floats.extend((-5_i64).to_le_bytes());
    floats.extend([0xfe, 0xff, 0xff]);
    floats.extend([0xff, 0, 0, 0, 1]);
    let mut infinite = floats.clone();
    infinite[1..5].copy_from_slice(&f32::INFINITY.to_be_bytes());
    let shifted = [&[0x30, 6, 0xf9][..], b"ab"].concat();
    let mixed = vec![0b1010_1011];
    let constant = b"\x70xyz".to_vec();
    let prefix = b"AB\x07more".to_vec();
    let slice = b"A\x08".to_vec();
    let frames = [
        and,
        floats,
        infinite,
        shifted,
        mixed,
        constant,
        prefix,
        slice,
        Vec::new(),
    ];
    let mut bytes = Vec::new();
    for frame in &frames {
        bytes.extend(u32::try_from(frame.len()).expect("it is short").to_be_bytes());
        bytes.extend(frame);
    }
    // Segments of 7 bytes, so that headers and frames are cut.
    let mut capture = Capture::new(7002);
    for segment in bytes.chunks(7) {
        capture.client(segment);
    }
    capture.server(b"\x00\x00\x00\x010");
    let shown = shown("Blocks", Blocks::PROTOCOL, &capture);
    let arms: Vec<&str> = shown
        .iter()
        .filter_map(|layer| layer["kai_blocks.arm"].as_str())
        .collect();
    // A value that only Rust's pattern knows may be any. A constant's arm takes all values that are
    // as long.
    assert_eq!(
        arms,
        [
            "and", "floats", "constant", "shifted", "mixed", "constant", "constant", "constant", "arm_8"
        ],
        "{shown:#?}"
    );
    let field = |at: usize, field: &str| show(&shown[at], &format!("kai_blocks.{field}"));
    assert_eq!(field(0, "and_constant"), "6");
    assert_eq!(field(0, "and_type"), "10");
    assert_eq!(field(0, "and_end"), "5");
    assert_eq!(field(0, "and_unnamed"), "7");
    assert_eq!(field(0, "and_odd"), "-2");
    assert_eq!(field(0, "and_local"), "73:69:78:73:69:78");
    assert_eq!(field(0, "and_constant_2"), "00:22:5c");
    assert_eq!(field(0, "and_more"), "72:65:73:74");
    assert_eq!(field(1, "floats_single"), "1.5");
    assert_eq!(field(1, "floats_double"), "-2.25");
    assert_eq!(field(1, "floats_wide"), "0x0102030405060708090a0b0c0d0e0f10");
    assert_eq!(field(1, "floats_long"), "-5");
    assert_eq!(field(1, "floats_unnamed"), "-2");
    assert_eq!(field(1, "floats_tail"), "1095216660481");
    assert_eq!(field(3, "shifted_a"), "6");
    assert_eq!(field(3, "shifted_b"), "-7");
    assert_eq!(field(3, "shifted_body"), "61:62");
    assert_eq!(field(4, "mixed_x"), "5");
    assert_eq!(field(5, "constant_rest"), "78:79:7a");
}

#[test]
fn a_line_keeps_its_end_where_the_mode_does() {
    if !is_there() {
        return;
    }
    let mut capture = Capture::new(7003);
    capture.client(b"say a b").client(b"\nsay \n").client(b"bye\r\n");
    let shown = shown("Plain", Plain::PROTOCOL, &capture);
    let arms: Vec<String> = shown.iter().map(|layer| show(layer, "kai_plain.arm")).collect();
    assert_eq!(arms, ["say", "say", "bye"], "{shown:#?}");
    assert_eq!(show(&shown[0], "kai_plain.say_words"), "a b");
    assert_eq!(show(&shown[1], "kai_plain.say_words"), "");
}

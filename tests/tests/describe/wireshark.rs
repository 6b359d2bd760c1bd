//! The dissector for Wireshark, run by `tshark` on captures that are made here.

use std::process::Command;

use kai_tcp_server::Protocol;
use kai_tcp_server::describe::Description;
use kai_tcp_server_tests::Folder;
use kai_tcp_server_tests::available;
use serde_json::Value;

use crate::tables::{Blocks, Lines, Plain};

/// A capture of one connection: Ethernet, IPv4 and TCP, without checksums.
struct Capture {
    bytes: Vec<u8>,
    port: u16,
    /// The next sequence number of the client and of the server.
    sequences: [u32; 2],
}

impl Capture {
    fn new(port: u16) -> Self {
        // The header of a pcap file: version 2.4, Ethernet.
        let mut bytes = Vec::new();
        for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 0xffff, 1] {
            bytes.extend(word.to_le_bytes());
        }
        let mut capture = Capture {
            bytes,
            port,
            sequences: [1000, 2000],
        };
        capture.segment(true, 0x02, b"");
        capture.segment(false, 0x12, b"");
        capture
    }

    /// Adds a segment of the client's.
    fn client(&mut self, data: &[u8]) -> &mut Self {
        self.segment(true, 0x18, data);
        self
    }

    fn server(&mut self, data: &[u8]) -> &mut Self {
        self.segment(false, 0x18, data);
        self
    }

    fn segment(&mut self, from_client: bool, flags: u8, data: &[u8]) {
        let (own, other) = if from_client { (0, 1) } else { (1, 0) };
        let mut packet = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
        let length = u16::try_from(40 + data.len()).expect("it is short");
        packet.extend([0x45, 0]);
        packet.extend(length.to_be_bytes());
        packet.extend([0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
        if !from_client {
            packet.swap(29, 33);
        }
        let ports = [40000, self.port];
        packet.extend(ports[own].to_be_bytes());
        packet.extend(ports[other].to_be_bytes());
        packet.extend(self.sequences[own].to_be_bytes());
        packet.extend(self.sequences[other].to_be_bytes());
        packet.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
        packet.extend(data);
        let length = u32::try_from(packet.len()).expect("it is short");
        let syn = u32::from(flags & 2 != 0);
        self.sequences[own] += u32::try_from(data.len()).expect("it is short") + syn;
        for word in [1, 0, length, length] {
            self.bytes.extend(word.to_le_bytes());
        }
        self.bytes.extend(packet);
    }
}

/// Runs `tshark` with the dissector of a protocol, and returns what it shows of the protocol: the
/// layers of each packet.
fn dissect(name: &str, protocol: &'static Protocol, port: u16, capture: &Capture) -> Vec<Value> {
    let folder = Folder::new();
    let (script, pcap) = (folder.path("dissector.lua"), folder.path("capture.pcap"));
    let dissector = Description::new(name, protocol).port(port).wireshark();
    std::fs::write(&script, &dissector).expect("the folder is there");
    std::fs::write(&pcap, &capture.bytes).expect("the folder is there");
    let output = Command::new("tshark")
        .arg("-X")
        .arg(format!("lua_script:{}", script.display()))
        .arg("-r")
        .arg(&pcap)
        .args(["-T", "json", "--no-duplicate-keys"])
        .output()
        .expect("tshark runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && !errors.contains("Lua"),
        "{errors}\n{dissector}"
    );
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(!text.contains("Lua Error"), "{text}");
    let packets: Vec<Value> = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let id = format!("kai_{}", name.to_lowercase());
    let layers = packets.iter().filter_map(|packet| packet["_source"]["layers"].get(&id));
    // Several frames of a packet are a list.
    layers
        .flat_map(|layer| match layer {
            Value::Array(several) => several.clone(),
            one => vec![one.clone()],
        })
        .collect()
}

fn is_there() -> bool {
    available("tshark", &["--version"], "the package tshark of Debian")
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
    let shown = dissect("Lines", Lines::PROTOCOL, 7001, &capture);
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
    let shown = dissect("Blocks", Blocks::PROTOCOL, 7002, &capture);
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
    let shown = dissect("Plain", Plain::PROTOCOL, 7003, &capture);
    let arms: Vec<String> = shown.iter().map(|layer| show(layer, "kai_plain.arm")).collect();
    assert_eq!(arms, ["say", "say", "bye"], "{shown:#?}");
    assert_eq!(show(&shown[0], "kai_plain.say_words"), "a b");
    assert_eq!(show(&shown[1], "kai_plain.say_words"), "");
}

//! The dissector under each packet mode: how it finds frames, however they are cut into segments,
//! and what becomes of lengths that no peer should send.

use kai_tcp_server::{Action, Packet, Protocol, tcp_server};
use serde_json::Value;

use crate::capture::{Capture, dissect, is_there};

/// Declares a server whose arms aren't called.
macro_rules! server {
    ($name:ident, ($($options:tt)*), { $($arms:tt)* }) => {
        struct $name;

        #[tcp_server(port = 0, $($options)*)]
        impl $name {
            #[allow(unused_variables)]
            fn handle_call(&self, data: &[u8]) -> Action {
                match data { $($arms)* _ => noreply, }
            }
        }
    };
}

server!(Raw, (packet = raw), { "say {words..}" => noreply, });
server!(RawFour, (packet = raw(4)), { bits!(0u8, big: u8, little: u16le) => noreply, });
server!(One, (packet = 1), {
    bits!(1u8, id: u16, body: [u8]) => noreply,
    "hi {name}" => noreply,
    [] => noreply,
});
server!(Two, (packet = 2), {
    bits!(1u8, id: u16, body: [u8]) => noreply,
    "hi {name}" => noreply,
    [] => noreply,
});
server!(Four, (packet = 4), {
    bits!(1u8, id: u16, body: [u8]) => noreply,
    "hi {name}" => noreply,
    [] => noreply,
});
server!(Semicolons, (packet = line, delimiter = b';'), { "set {key} {value: i16};" => noreply, });
server!(Crlf, (packet = line(crlf)), { "set {key} {value: i16}" => noreply, });
server!(Lf, (packet = line(lf)), { "set {key} {value: i16}" => noreply, });
server!(Both, (packet = line(crlf | lf)), { "set {key} {value: i16}" => noreply, });
server!(Asn1, (packet = asn1), {
    bits!(0x04u8, len: u8, text: [u8; len]) => noreply,
    bits!(0x04u8, 0x82u8, len: u16, long: [u8; len]) => noreply,
    bits!(0x7fu8, _: u8, _: u8, len: u8, tagged: [u8; len]) => noreply,
    [0x30, 0x80] => noreply,
});
server!(Cdr, (packet = cdr), {
    bits!(b"GIOP", major: u8, minor: u8, _: u7, 1u1, kind: u8, size: u32le, body: [u8; size]) => noreply,
    bits!(b"GIOP", major: u8, minor: u8, _: u7, 0u1, kind: u8, size: u32, body: [u8; size]) => noreply,
});
server!(Sunrm, (packet = sunrm), { bits!(last: u1, size: u31, fragment: [u8; size]) => noreply, });
server!(Fcgi, (packet = fcgi), {
    bits!(1u8, kind: u8, id: u16, size: u16, padding: u8, _: u8, content: [u8; size]) => noreply,
});
server!(Tpkt, (packet = tpkt), { bits!(3u8, _: u8, size: u16, body: [u8; size - 4]) => noreply, });
server!(Http, (packet = http), {
    "GET {path} HTTP/1.1\r\n" => noreply,
    #[name = "host"] bits!(b"Host:", value: [u8]) => noreply,
    "\r\n" => noreply,
});
server!(Httph, (packet = httph), {
    #[name = "host"] bits!(b"Host:", value: [u8]) => noreply,
    "\r\n" => noreply,
});

/// A frame as it is sent, its arm, and a field of it with its value.
type Sent = (&'static [u8], &'static str, (&'static str, &'static str));

struct Mode {
    name: &'static str,
    protocol: &'static Protocol,
    frames: &'static [Sent],
    /// The bytes that follow the frames in connections of their own: hostile lengths, and much
    /// more.
    hostile: &'static [&'static [u8]],
}

const NONE: (&str, &str) = ("", "");

const MODES: &[Mode] = &[
    Mode {
        name: "RawFour",
        protocol: RawFour::PROTOCOL,
        frames: &[
            (b"\x00\x07\x01\x02", "arm_1", ("arm_1_little", "513")),
            (b"\x01abc", "arm_2", NONE),
            (b"\x00\xff\xff\xff", "arm_1", ("arm_1_big", "255")),
        ],
        hostile: &[b"abc"],
    },
    Mode {
        name: "One",
        protocol: One::PROTOCOL,
        frames: &[
            (b"\x05\x01\x01\x02xy", "arm_1", ("arm_1_body", "78:79")),
            (b"\x00", "arm_3", NONE),
            (b"\x06hi you", "hi", ("hi_name", "you")),
            (b"\x03\x01\xff\xff", "arm_1", ("arm_1_id", "65535")),
        ],
        hostile: &[b"\xff\x01\x01", b"\x00\x00\x00\x00\x00\x00"],
    },
    Mode {
        name: "Two",
        protocol: Two::PROTOCOL,
        frames: &[
            (b"\x00\x05\x01\x01\x02xy", "arm_1", ("arm_1_id", "258")),
            (b"\x00\x00", "arm_3", NONE),
            (b"\x00\x06hi you", "hi", ("hi_name", "you")),
        ],
        hostile: &[b"\xff\xff\x01\x01", b"\x00\x00\x00\x00\x00\x00"],
    },
    Mode {
        name: "Four",
        protocol: Four::PROTOCOL,
        frames: &[
            (b"\x00\x00\x00\x05\x01\x01\x02xy", "arm_1", ("arm_1_id", "258")),
            (b"\x00\x00\x00\x00", "arm_3", NONE),
            (b"\x00\x00\x00\x06hi you", "hi", ("hi_name", "you")),
        ],
        hostile: &[
            b"\xff\xff\xff\xff\x01\x01",
            b"\x7f\xff\xff\xff\x01\x01",
            b"\x80\x00\x00\x00\x01\x01",
            b"\xff\xff\xff\xfc\x01\x01",
        ],
    },
    Mode {
        name: "Semicolons",
        protocol: Semicolons::PROTOCOL,
        frames: &[
            (b"set a -7;", "set", ("set_value", "-7")),
            (b";", "arm_2", NONE),
            (b"set \xc3\xa4\n 1;", "arm_2", NONE),
            (b"set \xc3\xa4 32767;", "set", ("set_key", "\u{e4}")),
        ],
        hostile: &[b"set a 1"],
    },
    Mode {
        name: "Crlf",
        protocol: Crlf::PROTOCOL,
        frames: &[
            (b"set a -7\r\n", "set", ("set_value", "-7")),
            (b"\r\n", "arm_2", NONE),
            (b"set a 1\n\r\n", "arm_2", NONE),
            (b"set \r 1\r\n", "arm_2", NONE),
            (b"set b +7\r\n", "set", ("set_key", "b")),
        ],
        hostile: &[b"set a 1\n", b"\r\r\r\r\r"],
    },
    Mode {
        name: "Lf",
        protocol: Lf::PROTOCOL,
        frames: &[
            (b"set a -7\n", "set", ("set_value", "-7")),
            (b"\n", "arm_2", NONE),
            (b"set a 1\r\n", "arm_2", NONE),
            (b"set b 1\n", "set", ("set_key", "b")),
        ],
        hostile: &[b"set a 1\r"],
    },
    Mode {
        name: "Both",
        protocol: Both::PROTOCOL,
        frames: &[
            (b"set a -7\n", "set", ("set_value", "-7")),
            (b"set a -8\r\n", "set", ("set_value", "-8")),
            (b"\n", "arm_2", NONE),
            (b"set a 1\r\r\n", "arm_2", NONE),
        ],
        hostile: &[b"set a 1\r"],
    },
    Mode {
        name: "Asn1",
        protocol: Asn1::PROTOCOL,
        frames: &[
            (b"\x04\x02hi", "arm_1", ("arm_1_text", "68:69")),
            (b"\x04\x00", "arm_1", ("arm_1_len", "0")),
            (b"\x04\x82\x00\x03abc", "arm_2", ("arm_2_long", "61:62:63")),
            (b"\x7f\x81\x01\x02hi", "arm_3", ("arm_3_tagged", "68:69")),
            // The indefinite form is a value without contents.
            (b"\x30\x80", "arm_4", NONE),
            (b"\x05\x00", "arm_5", NONE),
        ],
        hostile: &[
            b"\x04\x84\xff\xff\xff\xffabc",
            b"\x04\x84\x7f\xff\xff\xffabc",
            b"\x04\x85\x01\x00\x00\x00\x00abc",
            b"\x04\xffabc",
            b"\x1f\xff\xff\xff\xff\xff\xff\xff",
        ],
    },
    Mode {
        name: "Cdr",
        protocol: Cdr::PROTOCOL,
        frames: &[
            (b"GIOP\x01\x02\x00\x05\x00\x00\x00\x03abc", "arm_2", ("arm_2_size", "3")),
            (
                b"GIOP\x01\x02\x01\x05\x03\x00\x00\x00abc",
                "arm_1",
                ("arm_1_body", "61:62:63"),
            ),
            (b"GIOP\x01\x00\x00\x07\x00\x00\x00\x00", "arm_2", ("arm_2_kind", "7")),
        ],
        hostile: &[
            b"GIOP\x01\x02\x00\x05\xff\xff\xff\xffabc",
            b"GIOP\x01\x02\x01\x05\xf4\xff\xff\xffabc",
            b"GIOP\x01\x02\x00\x05\x7f\xff\xff\xffabc",
            b"GOIP\x01\x02\x00\x05\x00\x00\x00\x03abc",
        ],
    },
    Mode {
        name: "Sunrm",
        protocol: Sunrm::PROTOCOL,
        frames: &[
            (b"\x80\x00\x00\x03abc", "arm_1", ("arm_1_fragment", "61:62:63")),
            (b"\x00\x00\x00\x00", "arm_1", ("arm_1_last", "0")),
            (b"\x80\x00\x00\x01a", "arm_1", ("arm_1_last", "1")),
        ],
        hostile: &[
            b"\xff\xff\xff\xffabc",
            b"\x7f\xff\xff\xfcabc",
            b"\x80\x00\x00\x00\x80\x00\x00\x00",
        ],
    },
    Mode {
        name: "Fcgi",
        protocol: Fcgi::PROTOCOL,
        frames: &[
            (
                b"\x01\x05\x00\x01\x00\x03\x05\x00abc\0\0\0\0\0",
                "arm_1",
                ("arm_1_content", "61:62:63"),
            ),
            (b"\x01\x05\x00\x02\x00\x00\x00\x00", "arm_1", ("arm_1_id", "2")),
            (b"\x01\x04\x00\x01\x00\x01\x02\x00a\0\0", "arm_1", ("arm_1_kind", "4")),
        ],
        hostile: &[
            b"\x01\x05\x00\x01\xff\xff\xff\x00abc",
            b"\x02\x05\x00\x01\x00\x00\x00\x00",
        ],
    },
    Mode {
        name: "Tpkt",
        protocol: Tpkt::PROTOCOL,
        frames: &[
            (b"\x03\x00\x00\x07abc", "arm_1", ("arm_1_body", "61:62:63")),
            (b"\x03\x00\x00\x04", "arm_1", ("arm_1_size", "4")),
            (b"\x03\x00\x00\x05a", "arm_1", ("arm_1_body", "61")),
        ],
        hostile: &[
            b"\x03\x00\x00\x00abcd",
            b"\x03\x00\x00\x03abcd",
            b"\x03\x00\xff\xffabcd",
        ],
    },
    Mode {
        name: "Http",
        protocol: Http::PROTOCOL,
        frames: &[
            (b"GET /ab HTTP/1.1\r\n", "GET", ("GET_path", "/ab")),
            (
                b"Host: one\r\n two\r\n",
                "host",
                ("host_value", "20:6f:6e:65:0d:0a:20:74:77:6f:0d:0a"),
            ),
            (b"X:y\r\n", "arm_4", NONE),
            (b"\r\n", "arm_3", NONE),
            (b"GET / HTTP/1.1\r\n", "GET", ("GET_path", "/")),
            (b"Host: \r\n", "host", ("host_value", "20:0d:0a")),
            (b"\r\n", "arm_3", NONE),
        ],
        hostile: &[b"GET", b"Host: a\r\n \r\n", b"\n \n \n \n"],
    },
    Mode {
        name: "Httph",
        protocol: Httph::PROTOCOL,
        frames: &[
            (
                b"Host:1\r\n\t22\r\n 3\r\n",
                "host",
                ("host_value", "31:0d:0a:09:32:32:0d:0a:20:33:0d:0a"),
            ),
            (b"no colon\r\n", "arm_3", NONE),
            (b"Host: b\r\n", "host", ("host_value", "20:62:0d:0a")),
            (b"\r\n", "arm_2", NONE),
        ],
        hostile: &[b"Host: a\r\n \r\n"],
    },
];

/// Cuts the bytes of all frames into segments of so many.
fn in_segments(mode: &Mode, size: usize, port: u16, client: u16) -> Capture {
    let bytes: Vec<u8> = mode
        .frames
        .iter()
        .flat_map(|(bytes, ..)| bytes.iter().copied())
        .collect();
    let mut capture = Capture::of_client(port, client);
    for segment in bytes.chunks(size) {
        capture.client(segment);
    }
    capture
}

/// Holds what is shown of a connection to the frames that were sent.
fn check(mode: &Mode, what: &str, shown: &[Value]) {
    let name = mode.name;
    let id = format!("kai_{}", name.to_lowercase());
    assert!(shown.len() >= mode.frames.len(), "{name} {what}: {shown:#?}");
    for ((bytes, arm, (field, value)), layer) in mode.frames.iter().zip(shown) {
        let bytes = bytes.escape_ascii();
        assert_eq!(layer[format!("{id}.arm")], **arm, "{name} {what}: {bytes}: {layer:#}");
        if !field.is_empty() {
            assert_eq!(
                layer[format!("{id}.{field}")],
                **value,
                "{name} {what}: {bytes}: {layer:#}"
            );
        }
    }
}

/// All modes in one run of `tshark`, each in connections of its own: a segment a frame, all in one
/// segment, and cut after 1, 3 and 5 bytes, so in the middle of headers, bodies and line ends.
/// Behind the same frames follow lengths of 0, huge ones, and what is no header.
#[test]
fn frames_are_found_under_each_packet_mode_however_they_are_cut() {
    if !is_there() {
        return;
    }
    let mut captures = Vec::new();
    let mut expected: Vec<(&Mode, String)> = Vec::new();
    let mut protocols = Vec::new();
    for (mode, port) in MODES.iter().zip(7100_u16..) {
        protocols.push((mode.name, mode.protocol, port));
        let mut clients = 40000..;
        // A header that goes on isn't cut at the end of a line.
        let sizes: &[usize] = if mode.name.starts_with("Http") {
            &[3, 5, 1000]
        } else {
            &[1, 3, 5, 1000]
        };
        for &size in sizes {
            let client = clients.next().expect("there are many");
            captures.push(in_segments(mode, size, port, client));
            expected.push((mode, format!("in segments of {size}")));
        }
        let mut alone = Capture::of_client(port, clients.next().expect("there are many"));
        for (bytes, ..) in mode.frames {
            alone.client(bytes);
        }
        captures.push(alone);
        expected.push((mode, "a segment each".to_owned()));
        for hostile in mode.hostile {
            let mut capture = in_segments(mode, 1000, port, clients.next().expect("there are many"));
            for part in [*hostile, &[0xff; 1400], &[0; 1400], &[b'a'; 1400], &[b'\n'; 1400]] {
                capture.client(part);
            }
            captures.push(capture);
            expected.push((mode, format!("before {}", hostile.escape_ascii())));
        }
    }
    let shown = dissect(&protocols, &captures);
    for ((mode, what), shown) in expected.iter().zip(&shown) {
        check(mode, what, shown);
        if what.starts_with("in") || what.starts_with("a ") {
            assert_eq!(shown.len(), mode.frames.len(), "{} {what}: {shown:#?}", mode.name);
        }
    }
}

/// A segment is a frame, as nothing else tells where one ends.
#[test]
fn a_segment_is_a_frame_of_bytes_without_framing() {
    if !is_there() {
        return;
    }
    assert_eq!(Raw::PROTOCOL.packet, Packet::Raw);
    let mut capture = Capture::new(7199);
    capture
        .client(b"say a b")
        .client(b"other")
        .client(b"say ")
        .server(b"ok");
    let shown = dissect(&[("Raw", Raw::PROTOCOL, 7199)], &[capture]).remove(0);
    let arms: Vec<&Value> = shown.iter().map(|layer| &layer["kai_raw.arm"]).collect();
    assert_eq!(
        arms,
        ["say", "arm_2", "say", ""]
            .map(|arm| if arm.is_empty() { Value::Null } else { arm.into() })
            .iter()
            .collect::<Vec<_>>()
    );
    assert_eq!(shown[0]["kai_raw.say_words"], "a b");
}

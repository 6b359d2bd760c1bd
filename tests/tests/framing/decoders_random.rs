//! Random streams under every packet mode, with the checks of the fuzz targets: see
//! `fuzz/README.md`.

use kai_tcp_server_tests::decoding::{SETTINGS, decodes_in_any_chunks, switches_in_any_chunks};
use kai_tcp_server_tests::{MODES, Random, tables};

const INPUTS: usize = 5_000;

/// Returns random bytes that contain some of the tokens.
fn stream(random: &mut Random, tokens: &[&[u8]]) -> Vec<u8> {
    let mut stream = Vec::new();
    for _ in 0..random.below(30) {
        if random.below(4) == 0 {
            stream.push(random.byte());
        } else {
            stream.extend_from_slice(tokens[random.below(tokens.len())]);
        }
    }
    stream
}

/// Returns limits and chunks that matter for short streams.
fn settings(random: &mut Random) -> [u8; SETTINGS] {
    let mut small = |n| random.below(n).to_le_bytes()[0];
    let limit = [0, small(40)][usize::from(small(2))];
    let piece = [0, small(10)][usize::from(small(2))];
    let delimiter = [b'\n', b'a', 0][usize::from(small(3))];
    [
        small(20),
        0,
        limit,
        piece,
        delimiter,
        small(9),
        small(5),
        small(30),
        small(3),
    ]
}

/// The tokens that frames consist of, and tokens that break them.
const TOKENS: &[&[u8]] = &[
    b"\n",
    b"\r\n",
    b"\r",
    b"a",
    b"abc",
    b" ",
    b"\0",
    b"\x01",
    b"\x02",
    b"\x03",
    b"\0\0",
    b"\xff",
    b"GIOP\x01\0\x01\0\x02\0\0\0",
    b"\x01\x06\0\x01\0\x03\x01\0",
    b"\x03\0\0\x07",
    b"\x80\0\0\x02",
    b"\x1f\x81\x01",
    b"\x30\x82\0\x03",
    b"GET / HTTP/1.1\r\n",
    b"HTTP/1.0 200 OK\n",
    b"Host: a\r\n",
    b"X-a:b\r\n\tc",
    b"\r\n\r\n",
];

#[test]
fn streams_decode_alike_in_any_chunks() {
    for mode in (0..).take(MODES.len()) {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        for _ in 0..INPUTS {
            let input = [&[mode], &settings(&mut random)[..], &stream(&mut random, TOKENS)].concat();
            decodes_in_any_chunks(&input);
        }
    }
}

#[test]
fn streams_whose_mode_changes_decode_alike_in_any_chunks() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    for _ in 0..INPUTS {
        let plan: Vec<u8> = (0..8).map(|_| random.byte()).collect();
        let input = [&plan, &settings(&mut random)[..], &stream(&mut random, TOKENS)].concat();
        switches_in_any_chunks(&input);
    }
}

#[test]
fn tables_take_any_frame() {
    const WORDS: &[&[u8]] = &[
        b"set ",
        b"get ",
        b"key",
        b" ",
        b"1",
        b"-7",
        b" noreply",
        b": ",
        b",",
        b"{",
        b"}",
        b"MAIL FROM:<",
        b">",
        b" body=8bitmime",
        b"user ",
        b"pass ",
        "é".as_bytes(),
        b"x",
        b"\x01\0\x02",
        b"\x45\x18\0",
        b"\xff",
        b"GIOP",
        b"\0\0\0\x02",
        b"\0",
    ];
    let mut random = Random(0x6a09_e667_f3bc_c908);
    for _ in 0..10 * INPUTS {
        tables::decides(&stream(&mut random, WORDS));
    }
    for seed in 0..1000 {
        tables::decides_on_frames(seed);
    }
}

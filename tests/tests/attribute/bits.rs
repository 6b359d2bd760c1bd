//! `bits!` beyond Erlang's vectors: refusals, panics, and the types that it takes and returns.

use std::net::Ipv4Addr;
use std::panic::catch_unwind;

use kai_tcp_server::__private::bits_match;
use kai_tcp_server::{Action, Bytes, bits};

const MAGIC: u32 = 0xCAFE_BABE;
const MARK: &[u8; 4] = b"MARK";
const HEADER: usize = 2;

fn said(panic: Box<dyn std::any::Any + Send>) -> String {
    *panic.downcast::<String>().expect("a message")
}

#[test]
fn builds_the_reply_of_the_design() {
    let (id, body) = (7_u32, &b"body"[..]);
    let len = u16::try_from(body.len()).unwrap();
    let built = bits!(0x01u8, id: u32, len: u16, body);
    assert_eq!(built, b"\x01\0\0\0\x07\0\x04body");
    assert_eq!(built.capacity(), built.len());
    assert_eq!(Action::reply(bits!(0x01u8)), Action::reply(b"\x01"));
}

#[test]
fn bytes_are_whatever_a_reply_is() {
    let name = String::from("kai");
    let made = || vec![1_u8, 2];
    assert_eq!(
        bits!(
            "<",
            &name,
            b'-',
            made(),
            Bytes::from_static(b"!"),
            format_args!("{:03}", 7),
            (&name, "x"),
            [9_u8; 2],
            b">"
        ),
        b"<kai-\x01\x02!007kaix\x09\x09>"
    );
    // A temporary value lives as long as its borrow is needed.
    assert_eq!(
        bits!(made().as_slice(), name.clone().as_bytes(): [u8; HEADER + 1]),
        b"\x01\x02kai"
    );
    assert_eq!(bits!(), b"");
}

#[test]
fn values_are_computed_once_and_in_order() {
    let mut seen = Vec::new();
    let mut next = |n: u8| {
        seen.push(n);
        n
    };
    assert_eq!(bits!(next(1): u4, next(2).into(): u12, next(3): u8), [0x10, 0x02, 3]);
    assert_eq!(seen, [1, 2, 3]);
}

#[test]
fn literals_of_every_kind() {
    assert_eq!(
        bits!(-1i8, 0x1234u16le, 5: u3, 0b101u3, 3u2, -2: i12, 1: u4, 1.5f32, -0.5: f64le, 1f32, 0xabcu12le, 0u4),
        b"\xff\x34\x12\xb7\xff\xe1\x3f\xc0\0\0\0\0\0\0\0\0\xe0\xbf\x3f\x80\0\0\xbc\xa0"
    );
}

#[test]
fn what_does_not_fit_panics_by_name() {
    let (len, delta, body, zero) = (1_u32 << 24, -9_i8, "abc", 0_u8);
    for (panic, message) in [
        (
            catch_unwind(|| bits!(len: u24)),
            "`len` is 16777216, which doesn't fit into `u24`",
        ),
        (
            catch_unwind(|| bits!(delta - 1: i4, 0: u4)),
            "`delta - 1` is -10, which doesn't fit into `i4`",
        ),
        (
            catch_unwind(|| bits!(body: [u8; 4])),
            "`body` is 3 bytes, where its length is 4",
        ),
        (
            catch_unwind(|| bits!(body: [u8; 3 / zero])),
            "`body` is 3 bytes, where its length is out of range",
        ),
    ] {
        assert_eq!(said(panic.unwrap_err()), message);
    }
}

#[test]
fn matches_whole_frames() {
    let parse = |frame: &[u8]| {
        bits_match!(::kai_tcp_server, frame, bits!(0x02u8, id: u32, len: u16, name: [u8; len], body: [u8])
            => (id, name.to_vec(), body.to_vec()))
    };
    assert_eq!(
        parse(b"\x02\0\0\0\x07\0\x03kaibody"),
        Some((7, b"kai".to_vec(), b"body".to_vec()))
    );
    assert_eq!(parse(b"\x02\0\0\0\x07\0\x03kai"), Some((7, b"kai".to_vec(), vec![])));
    assert_eq!(parse(b"\x02\0\0\0\x07\0\x04kai"), None);
    assert_eq!(parse(b"\x01\0\0\0\x07\0\x03kai"), None);
    assert_eq!(parse(b""), None);
    assert_eq!(bits_match!(::kai_tcp_server, &b"ab"[..], bits!(x: u8) => x), None);
    assert_eq!(
        bits_match!(::kai_tcp_server, &b"ab"[..], bits!(x: u8, _: [u8]) => x),
        Some(b'a')
    );
    assert_eq!(bits_match!(::kai_tcp_server, &b""[..], bits!() => ()), Some(()));
    assert_eq!(bits_match!(::kai_tcp_server, &b"a"[..], bits!() => ()), None);
    assert_eq!(bits_match!(::kai_tcp_server, &b"a"[..], bits!(_: [u8]) => ()), Some(()));
    assert_eq!(
        bits_match!(::kai_tcp_server, &b"a"[..], bits!(all: [u8]) => all),
        Some(&b"a"[..])
    );
}

#[test]
fn bytes_are_borrowed_arrays_where_their_number_is_written() {
    let frame = [127, 0, 0, 1, 5];
    let address =
        bits_match!(::kai_tcp_server, &frame[..], bits!(address: [u8; 2 * 2], 5u8) => Ipv4Addr::from(*address));
    assert_eq!(address, Some(Ipv4Addr::LOCALHOST));
}

#[test]
fn a_constant_is_compared_as_in_rust() {
    let (good, bad) = (bits!(MAGIC: u32, MARK), bits!(MAGIC - 1: u32, MARK));
    for (frame, expected) in [(&good, Some(())), (&bad, None)] {
        assert_eq!(
            bits_match!(::kai_tcp_server, &frame[..], bits!(MAGIC: u32, MARK: [u8; 4]) => ()),
            expected
        );
    }
    let header = bits_match!(::kai_tcp_server, &b"abc"[..], bits!(header: [u8; HEADER], _: [u8]) => header);
    assert_eq!(header, Some(&b"ab"[..]));
}

#[test]
fn lengths_never_panic() {
    let frame = [0xff; 64];
    assert_eq!(
        bits_match!(::kai_tcp_server, &frame[..], bits!(n: u128, x: [u8; n], _: [u8]) => x),
        None
    );
    assert_eq!(
        bits_match!(::kai_tcp_server, &frame[..], bits!(n: u64, x: [u8; n * n * n], _: [u8]) => x),
        None
    );
    assert_eq!(
        bits_match!(::kai_tcp_server, &frame[..], bits!(n: i8, x: [u8; n], _: [u8]) => x),
        None
    );
    assert_eq!(
        bits_match!(::kai_tcp_server, &frame[..], bits!(n: u8, x: [u8; 1 / (n - 255)], _: [u8]) => x),
        None
    );
    assert_eq!(
        bits_match!(::kai_tcp_server, &frame[..], bits!(n: u8, x: [u8; 1 << n], _: [u8]) => x),
        None
    );
    let back = bits_match!(::kai_tcp_server, &frame[..], bits!(n: i8, x: [u8; 4 - 4 * n], _: [u8]) => x.len());
    assert_eq!(back, Some(8));
}

#[test]
fn floats_that_are_no_numbers_match_nothing() {
    for float in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let frame = bits!(float: f32);
        assert_eq!(bits_match!(::kai_tcp_server, &frame[..], bits!(x: f32) => x), None);
        assert_eq!(bits_match!(::kai_tcp_server, &frame[..], bits!(_: f32) => ()), None);
    }
    let frame = bits!(3u4, -1.25: f64le, 1u4);
    assert_eq!(
        bits_match!(::kai_tcp_server, &frame[..], bits!(3: u4, x: f64le, _: u4) => x),
        Some(-1.25)
    );
}

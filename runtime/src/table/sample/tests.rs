use kai_tcp_server_macros::tcp_server;

use super::layout::order;
use super::{Random, Sampler};
use crate::Action;
use crate::table::protocol::{Endian, Protocol};

struct Lines;

// Each arm replies its place.
#[tcp_server(port = 0, packet = line(crlf), ignore_case, crate = crate)]
impl Lines {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "set {_} {_: u32} {_: i8}{_? noreply}" => reply("0"),
            "mail from:<{_path..}>{_rest..}" => reply("1"),
            "ratio {_: f32}" => reply("2"),
            b"quit" | b"exit" => reply("3"),
            "a{_}aab{_..: bytes}" => reply("4"),
            _ => reply("5"),
        }
    }
}

struct Blocks;

#[tcp_server(port = 0, packet = 4, crate = crate)]
impl Blocks {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            bits!(1u4, _: u4, len: u16le, _: [u8; 2 * len - 4], b"end", _: [u8]) => reply("0"),
            bits!(2u4, _: u3, _: i13le, _: u4, _: f64) => reply("1"),
            bits!(0xfeu8, a: i8, b: u8, _: [u8; (a << 1) + b % 5], 0x1234u16le) => reply("2"),
            [3, _, ..] => reply("3"),
            _ => reply("4"),
        }
    }
}

/// Returns for each arm how many of 500 frames of its form the table gives to it.
fn taken(protocol: &'static Protocol, call: fn(&[u8]) -> Action<'_>, near: bool) -> Vec<usize> {
    let mut random = Random::new(7);
    let mut sampler = Sampler::new(protocol, &mut random);
    let mut make = |arm: usize| match protocol[arm].frame {
        ref frame if near => sampler.nearly_valid(frame),
        ref frame => sampler.valid(frame),
    };
    (0..protocol.len())
        .map(|arm| {
            let place = arm.to_string();
            (0..500)
                .filter(|_| {
                    let frame = make(arm);
                    call(&frame) == Action::reply(place.as_str())
                })
                .count()
        })
        .collect()
}

#[test]
fn a_valid_frame_is_its_arms() {
    let lines = taken(Lines::PROTOCOL, |frame| Lines.handle_call(frame), false);
    // Any frame may be another arm's.
    assert_eq!(lines[..5], [500; 5], "{lines:?}");
    let blocks = taken(Blocks::PROTOCOL, |frame| Blocks.handle_call(frame), false);
    assert_eq!(blocks[..4], [500; 4], "{blocks:?}");
}

#[test]
fn a_nearly_valid_frame_is_often_not() {
    for near in [
        taken(Lines::PROTOCOL, |frame| Lines.handle_call(frame), true),
        taken(Blocks::PROTOCOL, |frame| Blocks.handle_call(frame), true),
    ] {
        let arms = &near[..near.len() - 1];
        assert!(arms.iter().all(|&count| (5..495).contains(&count)), "{near:?}");
    }
}

#[test]
fn the_bits_of_a_number_are_sent_as_bits_reads_them() {
    assert_eq!(order(3, Endian::Big), [2, 1, 0]);
    assert_eq!(order(12, Endian::Little), [7, 6, 5, 4, 3, 2, 1, 0, 11, 10, 9, 8]);
}

//! Decoders compared with tokio-util's nearest codec.

use std::hint::black_box;
use std::iter::repeat_with;

use bytes::BytesMut;

use crate::callgrind;
use crate::decoder_cases::{self, CASES, Case, Way};

/// The bounds for the crate's ways, which come first in each case: their instructions divided by
/// those of the cheapest codec, for bytes that come at once and byte by byte.
///
/// `find` is what a server uses. `decode` returns a few words more for each byte that completes no
/// frame.
const BOUNDS: [(f64, f64); 2] = [(1.2, 1.2), (1.2, 1.5)];

/// The way in which bytes arrive.
#[derive(Clone, Copy)]
enum Coming {
    AtOnce,
    ByteByByte,
}

/// The cost of filling the buffer, which is subtracted. It isn't subtracted for bytes that arrive
/// one by one: there the arrival is part of the cost.
const NOTHING: Way = Way {
    name: "nothing",
    decode: |_, _| 0,
};

fn ways(case: &'static Case) -> impl Iterator<Item = &'static Way> {
    case.ways.iter().chain([&NOTHING])
}

/// Returns the cases at once, and those of 64 bytes also byte by byte.
fn cases() -> impl Iterator<Item = (&'static Case, Coming)> {
    let slow = CASES.iter().filter(|case| case.name.ends_with(" 64 bytes"));
    let at_once = CASES.iter().map(|case| (case, Coming::AtOnce));
    at_once.chain(slow.map(|case| (case, Coming::ByteByByte)))
}

fn full_name((case, coming): (&Case, Coming), way: &Way) -> String {
    let slowly = match coming {
        Coming::AtOnce => "",
        Coming::ByteByByte => ", byte by byte",
    };
    format!("{}{slowly}: {}", case.name, way.name)
}

/// Decodes `times` times what `name` names; returns `false` for an unknown name.
pub(crate) fn repeat(name: &str, times: u32) -> bool {
    for (case, coming) in cases() {
        if let Some(way) = ways(case).find(|way| full_name((case, coming), way) == name) {
            for _ in 0..times {
                black_box(decode(case, coming, black_box(way)));
            }
            return true;
        }
    }
    false
}

fn decode(case: &Case, coming: Coming, way: &Way) -> u64 {
    let mut buffer: BytesMut;
    let rest = match coming {
        Coming::AtOnce => {
            buffer = decoder_cases::filled(case.wire);
            &[]
        }
        Coming::ByteByByte => {
            buffer = decoder_cases::empty(case.wire.len());
            case.wire
        }
    };
    (way.decode)(&mut buffer, rest)
}

/// Prints all counts; returns whether they are within bounds.
pub(crate) fn compare() -> Result<bool, String> {
    println!("instructions for all frames of a buffer, without those that fill it; ratios to the cheapest codec");
    let mut within = true;
    for (case, coming) in cases() {
        let answers: Vec<u64> = case.ways.iter().map(|way| decode(case, coming, way)).collect();
        assert!(
            answers.iter().all(|answer| *answer == answers[0] && *answer > 0),
            "{}: {answers:?}",
            case.name
        );
        let around = callgrind::of_this_program(&full_name((case, coming), &NOTHING))?;
        let mut counts = Vec::new();
        for way in case.ways {
            let count = callgrind::of_this_program(&full_name((case, coming), way))?;
            counts.push(f64::from(count.saturating_sub(around)));
        }
        let codecs = counts.iter().skip(BOUNDS.len());
        let cheapest = codecs.copied().fold(f64::INFINITY, f64::min);
        let bounds = BOUNDS.map(Some).into_iter().chain(repeat_with(|| None));
        for ((way, count), bound) in case.ways.iter().zip(&counts).zip(bounds) {
            let ratio = count / cheapest;
            let bound = bound.map(|(at_once, byte_by_byte)| match coming {
                // The codec of `raw` returns its split-off bytes unchanged, in 150 instructions per
                // buffer. For `raw(N)` there is no codec, so a hand-written split takes its place.
                Coming::AtOnce if case.name.starts_with("raw") => 2.0,
                Coming::AtOnce => at_once,
                Coming::ByteByByte => byte_by_byte,
            });
            let too_much = bound.is_some_and(|bound| ratio > bound);
            within &= !too_much;
            let said = if too_much { "  TOO MUCH" } else { "" };
            println!("{count:>8} {ratio:>6.2}  {}{said}", full_name((case, coming), way));
        }
    }
    Ok(within)
}

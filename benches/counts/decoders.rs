//! Decoders beside tokio-util's nearest codec.

use std::hint::black_box;

use bytes::{BufMut as _, BytesMut};

use crate::callgrind;
use crate::decoding::{self, CASES, Case, OURS, Way};

/// Each of ours may take so many times what the cheapest of the codecs takes.
const BOUND: f64 = 1.2;

/// How the bytes come.
#[derive(Clone, Copy)]
enum Coming {
    AtOnce,
    ByteByByte,
}

/// What filling the buffer takes is counted with this, and subtracted.
const NOTHING: Way = Way {
    name: "nothing",
    decode: |buffer, rest| {
        for byte in rest {
            buffer.put_u8(*byte);
        }
        0
    },
};

fn ways(case: &'static Case) -> impl Iterator<Item = &'static Way> {
    case.ways.iter().chain([&NOTHING])
}

/// The cases at once, and those of 64 bytes byte by byte too.
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

/// Decodes so many times what `name` says; false where it says nothing.
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
            buffer = decoding::filled(case.wire);
            &[]
        }
        Coming::ByteByByte => {
            buffer = decoding::empty(case.wire.len());
            case.wire
        }
    };
    (way.decode)(&mut buffer, rest)
}

/// Prints what everything takes; returns whether it is within bounds.
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
        let around = callgrind::count(&full_name((case, coming), &NOTHING))?;
        let mut counts = Vec::new();
        for way in case.ways {
            let count = callgrind::count(&full_name((case, coming), way))?;
            counts.push(f64::from(count.saturating_sub(around)));
        }
        let cheapest = counts[OURS..].iter().copied().fold(f64::INFINITY, f64::min);
        for (nth, (way, count)) in case.ways.iter().zip(&counts).enumerate() {
            let ratio = count / cheapest;
            let too_much = nth < OURS && ratio > BOUND;
            within &= !too_much;
            let said = if too_much { "  TOO MUCH" } else { "" };
            println!("{count:>8} {ratio:>6.2}  {}{said}", full_name((case, coming), way));
        }
    }
    Ok(within)
}

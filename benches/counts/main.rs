//! A count of the instructions of arms, decoders, the call loop and broadcasts. It fails if one
//! takes too many compared with hand-written code.
//!
//! `cargo bench -p kai-tcp-server-benches --bench counts` runs it; it needs valgrind. It counts
//! this program itself, which runs as `counts NAME TIMES` under callgrind.

use std::hint::black_box;
use std::process::ExitCode;

use kai_tcp_server::Action;
use kai_tcp_server_callgrind as callgrind;

mod broadcast;
mod call_loop;
mod commands;
#[path = "../decoder_cases.rs"]
mod decoder_cases;
mod decoders;
mod header;
mod line;
#[path = "../members.rs"]
mod members;
mod mixed;

/// A measured function. It returns a number for each frame, so that the compiler removes nothing.
type Function = fn(&[u8]) -> u64;

/// Ways to do the same, and the frames to do it with.
struct Group {
    name: &'static str,
    frames: &'static [&'static [u8]],
    ways: &'static [(&'static str, Function)],
}

/// The bound of a ratio: the first way's instructions to those of the cheapest of the second.
struct Bound {
    of: &'static str,
    than: &'static [&'static str],
    ratio: f64,
}

const GROUPS: &[&[Group]] = &[commands::GROUPS, mixed::GROUPS, line::GROUPS, header::GROUPS];
const BOUNDS: &[&[Bound]] = &[commands::BOUNDS, mixed::BOUNDS, line::BOUNDS, header::BOUNDS];

fn groups() -> impl Iterator<Item = &'static Group> {
    GROUPS.iter().copied().flatten()
}

/// The cost of the loop itself, which is subtracted.
const NOTHING: (&str, Function) = ("nothing", |_| 0);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    match &arguments[..] {
        [] => match compare_all() {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        },
        [name, times] => {
            let times = times.parse().expect("how many times");
            for group in groups() {
                for (way, function) in group.ways.iter().chain([&NOTHING]) {
                    if full_name(group, way) == *name {
                        repeat(times, group.frames, *function);
                        return ExitCode::SUCCESS;
                    }
                }
            }
            if decoders::repeat(name, times) || call_loop::repeat(name, times) || broadcast::repeat(name, times) {
                return ExitCode::SUCCESS;
            }
            eprintln!("there is no {name}");
            ExitCode::FAILURE
        }
        _ => {
            eprintln!("usage: counts [NAME TIMES]");
            ExitCode::FAILURE
        }
    }
}

fn full_name(group: &Group, way: &str) -> String {
    format!("{} {way}", group.name)
}

/// Drops an action without using it, as the hand-written ways have none. These actions hold
/// nothing.
fn decided(action: Action<'_>) {
    std::mem::forget(action);
}

#[inline(never)]
fn repeat(times: u32, frames: &[&[u8]], function: Function) {
    let function = black_box(function);
    // The allocator aligns the frames. If the linker placed them, each build would align them
    // differently, and code that reads eight bytes per step would take more or fewer instructions.
    let frames: Vec<Vec<u8>> = frames.iter().map(|frame| frame.to_vec()).collect();
    for _ in 0..times {
        for frame in &frames {
            black_box(function(black_box(frame)));
        }
    }
}

fn compare_all() -> Result<bool, String> {
    let (arms, decoders) = (compare()?, decoders::compare()?);
    let (call_loop, broadcast) = (call_loop::compare()?, broadcast::compare()?);
    Ok(arms && decoders && call_loop && broadcast)
}

/// Prints the counts of all arms; returns whether they are within bounds.
fn compare() -> Result<bool, String> {
    agree();
    let mut counts = Vec::new();
    println!("instructions for all frames of a group, without the loop around them");
    for group in groups() {
        let around = callgrind::of_this_program(&full_name(group, NOTHING.0))?;
        for (way, _) in group.ways {
            let name = full_name(group, way);
            let count = callgrind::of_this_program(&name)? - around;
            println!("{count:>8}  {name}");
            counts.push((name, count));
        }
    }
    println!("ratios");
    let count = |name: &str| {
        let found = counts.iter().find(|(of, _)| of == name);
        found
            .map(|&(_, count)| f64::from(count))
            .ok_or_else(|| format!("there is no {name}"))
    };
    let mut within = true;
    for bound in BOUNDS.iter().copied().flatten() {
        let mut best = ("", f64::INFINITY);
        for name in bound.than {
            let count = count(name)?;
            if count < best.1 {
                best = (name, count);
            }
        }
        let ratio = count(bound.of)? / best.1;
        let said = if ratio <= bound.ratio { "" } else { "  TOO MUCH" };
        within &= ratio <= bound.ratio;
        println!(
            "{ratio:>8.2}  (at most {:.2}) {} to {}{said}",
            bound.ratio, bound.of, best.0
        );
    }
    Ok(within)
}

/// Panics if two ways give different answers, as they wouldn't be comparable.
fn agree() {
    for group in groups() {
        for frame in group.frames {
            let answers: Vec<u64> = group.ways.iter().map(|(_, function)| function(frame)).collect();
            let same = answers.iter().all(|answer| *answer == answers[0] && *answer != 0);
            assert!(same, "{}: {} gives {answers:?}", group.name, frame.escape_ascii());
        }
    }
}

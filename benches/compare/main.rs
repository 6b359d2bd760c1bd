//! A comparison of servers: throughput, processor time, system calls, instructions, memory and
//! latency.
//!
//! `cargo bench -p kai-tcp-server-compare` measures all and writes `benches/results/`. With
//! `-- --quick`, `-- --only churn,64x16` or `-- --servers kai,expert` it measures less, and writes
//! to `target/tmp/`. `-- build` compares the costs of a build. NOTES.md describes the method.
//!
//! Servers and load generators are this program too: it starts itself as
//! `compare serve NAME PLACE [working]` and `compare load PLAN`.

#![allow(
    clippy::cast_precision_loss,      // counts stay far below 2^52
    clippy::cast_possible_truncation, // the system has 64 bits, and negative numbers don't occur
    clippy::cast_sign_loss
)]

#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
compile_error!("compare reads processor times and memory as 64-bit Linux tells them");

use std::process::ExitCode;

mod arguments;
mod bounds;
mod builds;
mod certificate;
mod figures;
mod instructions;
mod load;
mod machine;
mod place;
mod plan;
mod plot;
mod process;
mod report;
mod rounds;
mod served;
mod servers;
mod stats;
mod system_calls;
mod workloads;

type Error = Box<dyn std::error::Error + Send + Sync>;
type Result<T = (), E = Error> = std::result::Result<T, E>;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match &words[..] {
        ["serve", name, place] => servers::serve(name, place, false),
        ["serve", name, place, "working"] => servers::serve(name, place, true),
        ["load", plan @ ..] => load::run(plan),
        ["build"] => builds::compare(3),
        ["build", rounds] => rounds.parse().map_err(Error::from).and_then(builds::compare),
        words => arguments::Arguments::parse(words).and_then(|arguments| compare(&arguments)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(arguments: &arguments::Arguments) -> Result {
    stats::agree();
    let machine = machine::describe()?;
    let figures = rounds::measure(arguments)?;
    let report = report::markdown(&figures, &machine);
    println!("{report}");
    report::keep(&report, &plot::svg(&figures[0]), arguments.whole())
}

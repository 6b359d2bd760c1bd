//! kai with the feature `metrics`: this program once more, which this module builds with the
//! feature and executes.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use crate::Result;
use crate::place::Place;

/// The folder where cargo lets benchmarks write.
const TARGET: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/metrics");

/// The file that has the program's path, which cargo makes up.
const PROGRAM: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/metrics/program");

/// Builds the program if that isn't done yet.
pub(super) fn prepare() -> Result {
    let mut cargo = Command::new("cargo");
    cargo.args(["bench", "--no-run", "--quiet", "--locked", "--message-format", "json"]);
    cargo.args(["--package", "kai-tcp-server-compare", "--bench", "compare"]);
    cargo.args(["--features", "metrics", "--target-dir", TARGET]);
    let output = cargo.stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("cargo bench: {}", output.status).into());
    }
    let messages = String::from_utf8(output.stdout)?;
    let program = messages
        .rsplit_once("\"executable\":\"")
        .and_then(|(_, rest)| rest.split_once('"'));
    let (program, _) = program.ok_or("cargo names no program")?;
    Ok(fs::write(PROGRAM, program)?)
}

pub(super) fn serve(place: &Place) -> Result {
    become_it(place, false)
}

pub(super) fn serve_timed(place: &Place) -> Result {
    become_it(place, true)
}

fn become_it(place: &Place, latency: bool) -> Result {
    let error = Command::new(fs::read_to_string(PROGRAM)?)
        .args(["serve", "kai", &place.to_string()])
        .env("COMPARE_LATENCY", latency.to_string())
        .exec();
    Err(format!("cannot become it: {error}").into())
}

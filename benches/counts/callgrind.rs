//! Counts by valgrind's callgrind.

use std::process::Command;

#[path = "../callgrind.rs"]
mod shared;

/// The rounds of both runs have as many digits, so that reading them costs the same.
const ROUNDS: (u32, u32) = (100, 200);

/// The instructions of one round: what so many rounds more cost more, so that starting and ending the program isn't counted.
pub(crate) fn count(name: &str) -> Result<u32, String> {
    let fewer = run(name, ROUNDS.0)?;
    let more = run(name, ROUNDS.1)?;
    let rounds = u64::from(ROUNDS.1 - ROUNDS.0);
    more.checked_sub(fewer)
        .and_then(|counted| u32::try_from(counted / rounds).ok())
        .ok_or_else(|| format!("{name}: {fewer} instructions, and then {more}"))
}

/// The instructions of one run.
fn run(name: &str, rounds: u32) -> Result<u64, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new(shared::PROGRAM[0])
        .args(&shared::PROGRAM[1..])
        .arg(program)
        .args([name, &rounds.to_string()])
        .output()
        .map_err(|error| format!("needs Debian's valgrind: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("{name}: {}\n{said}", output.status));
    }
    shared::collected(&said).ok_or_else(|| format!("{name}: callgrind says no count\n{said}"))
}

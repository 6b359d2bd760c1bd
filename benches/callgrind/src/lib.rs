//! Instruction counts by valgrind's callgrind, for all benchmarks that use them.

use std::fmt::Display;
use std::process::Command;
use std::thread;

/// The start of the command line, before a program and its arguments.
pub const PROGRAM: &[&str] = &["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"];

/// Parses the count in callgrind's standard error: `==1234== Collected : 56789`.
///
/// # Errors
///
/// If the text contains no count.
pub fn collected(said: &str) -> Result<u64, String> {
    said.lines()
        .find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok())
        .ok_or_else(|| format!("callgrind says no count\n{said}"))
}

/// The rounds of the two runs that are compared; the difference excludes the start and the end of
/// the program. Both numbers have as many digits, so that parsing them costs the same.
pub const ROUNDS: (u32, u32) = (100, 200);

/// Returns the instructions of the additional rounds, of what runs with each of both [`ROUNDS`]
/// counted.
///
/// # Errors
///
/// If more rounds take fewer instructions.
pub fn additional(fewer: u64, more: u64) -> Result<u64, String> {
    more.checked_sub(fewer)
        .ok_or_else(|| format!("{fewer} instructions, and then {more}"))
}

/// Returns the instructions of one round of this program, which runs rounds for the arguments
/// `NAME ROUNDS`.
///
/// # Errors
///
/// If valgrind isn't installed or the program fails.
pub fn of_this_program(name: &str) -> Result<u32, String> {
    of_round(name, &[])
}

/// Returns the same of one function, with all that it calls. The pattern is of its symbol, in which
/// `*` stands for anything.
///
/// # Errors
///
/// If valgrind isn't installed or the program fails.
pub fn of_function(pattern: &str, name: &str) -> Result<u32, String> {
    of_round(name, &[&format!("--toggle-collect={pattern}")])
}

fn of_round(name: &str, options: &[&str]) -> Result<u32, String> {
    let of = |error: &dyn Display| format!("{name}: {error}");
    let run = |rounds| run(name, rounds, options);
    // At the same time, as they are most of what a run of all counts takes.
    let (fewer, more) = thread::scope(|scope| {
        let fewer = scope.spawn(|| run(ROUNDS.0));
        let more = run(ROUNDS.1);
        (fewer.join().expect("it doesn't panic"), more)
    });
    let counted = fewer
        .and_then(|fewer| additional(fewer, more?))
        .map_err(|error| of(&error))?;
    u32::try_from(counted / u64::from(ROUNDS.1 - ROUNDS.0)).map_err(|error| of(&error))
}

fn run(name: &str, rounds: u32, options: &[&str]) -> Result<u64, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new(PROGRAM[0])
        .args(&PROGRAM[1..])
        .args(options)
        .arg(program)
        .args([name, &rounds.to_string()])
        .output()
        .map_err(|error| format!("needs Debian's valgrind: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("{}\n{said}", output.status));
    }
    collected(&said)
}

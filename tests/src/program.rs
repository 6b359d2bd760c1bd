//! Third-party clients.

use std::io::{Write as _, stderr};
use std::process::{Command, Stdio};

/// Returns whether a program that a test needs is installed, by running it with `args`.
///
/// If it isn't, the test is skipped, and prints to standard error, past the test harness, how to
/// get the program. With `KAI_TEST_ALL` in the environment, as in CI, it fails instead.
///
/// # Panics
///
/// If the program isn't installed and `KAI_TEST_ALL` is set.
pub fn available(program: &str, args: &[&str], how_to_get_it: &str) -> bool {
    let status = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let there = status.is_ok_and(|status| status.success());
    if !there {
        let skipped = format!("SKIPPED: needs `{program} {}`: {how_to_get_it}", args.join(" "));
        assert!(std::env::var_os("KAI_TEST_ALL").is_none(), "{skipped}");
        // The harness shows the output of `eprintln!` only if the test fails.
        drop(writeln!(stderr(), "{skipped}"));
    }
    there
}

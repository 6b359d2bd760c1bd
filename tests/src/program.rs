//! Clients from elsewhere.

use std::io::{Write as _, stderr};
use std::process::{Command, Stdio};

/// Whether a program is there that a test needs, asked by running it with `args`.
///
/// Where it isn't, the test is skipped and says how to get it, on standard error past the test harness; with `KAI_TEST_ALL`
/// in the environment, as in CI, it fails instead.
///
/// # Panics
///
/// If it isn't there and `KAI_TEST_ALL` is set.
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
        // What `eprintln!` writes in a test is shown only if the test fails.
        drop(writeln!(stderr(), "{skipped}"));
    }
    there
}

//! How valgrind's callgrind is asked for instructions, for all benchmarks that count them.

/// Put before a program and its arguments.
pub(crate) const PROGRAM: &[&str] = &["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"];

/// The count in what it wrote to standard error: `==1234== Collected : 56789`.
pub(crate) fn collected(said: &str) -> Option<u64> {
    said.lines()
        .find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok())
}

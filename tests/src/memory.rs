//! The memory of a process, as Linux counts it.

/// What a process holds in memory, in bytes.
///
/// # Panics
///
/// If it has ended, or this is no Linux.
pub fn resident(pid: u32) -> usize {
    status(pid, "VmRSS:")
}

/// The most that a process has held in memory, in bytes.
///
/// # Panics
///
/// If it has ended, or this is no Linux.
pub fn peak(pid: u32) -> usize {
    status(pid, "VmHWM:")
}

/// What a process has asked the system for, in bytes.
///
/// # Panics
///
/// If it has ended, or this is no Linux.
pub fn virtual_size(pid: u32) -> usize {
    status(pid, "VmSize:")
}

fn status(pid: u32, field: &str) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the process runs");
    let line = status
        .lines()
        .find(|line| line.starts_with(field))
        .expect("Linux says so");
    let kib: usize = line
        .split_whitespace()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .expect("it is a number");
    kib * 1024
}

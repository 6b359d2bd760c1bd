//! The memory of a process, as Linux counts it.

/// Returns the resident memory of a process, in bytes.
///
/// # Panics
///
/// If the process has ended, or the system isn't Linux.
pub fn resident(pid: u32) -> usize {
    status(pid, "VmRSS:")
}

/// Returns the peak of a process's resident memory, in bytes.
///
/// # Panics
///
/// If the process has ended, or the system isn't Linux.
pub fn peak(pid: u32) -> usize {
    status(pid, "VmHWM:")
}

/// Returns the virtual memory of a process, in bytes.
///
/// # Panics
///
/// If the process has ended, or the system isn't Linux.
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

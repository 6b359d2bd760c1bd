//! The warning if the process may open fewer descriptors than a server needs.

use crate::log::event;
use crate::options::Options;
use crate::options::overload::Overload;
use crate::transport::lingering_close::FAREWELLS;

/// The number of connections to `health`, and to `agent_check`. One more replaces the one that has
/// been silent for longest: under a flood of 1,000 silent ones a second, each has a quarter of a
/// second to ask.
pub(crate) const STATUS_CLIENTS: usize = 256;

/// Logs a warning, with the way out, if `max_processes` connections need more descriptors than the
/// system allows.
pub(crate) fn warn_if_fd_limit_low(server: &str, options: &Options, max_processes: usize) {
    let farewells = match options.overload {
        Overload::Backlog => 0,
        Overload::Refuse | Overload::RefuseWith(_) => FAREWELLS,
    };
    if options.in_memory {
        return;
    }
    let (Some(limit), Some(open)) = (limit(), open()) else {
        return;
    };
    let status_ports = usize::from(options.health.is_some()) + usize::from(options.agent_check.is_some());
    // One more for a connection that is accepted to be turned away.
    let need = max_processes
        .saturating_add(open)
        .saturating_add(farewells)
        .saturating_add(status_ports * STATUS_CLIENTS)
        .saturating_add(1);
    if need > limit {
        event!(
            warn, name: "too few descriptors", server, max_processes, need, limit,
            "{server}: with {max_processes} processes this process needs {need} descriptors, and may open {limit}: allow it more \
             (`ulimit -n {need}` in a shell, `LimitNOFILE={need}` in a unit of systemd), or lower max_processes"
        );
    }
}

/// Returns how many descriptors this process may have open (`RLIMIT_NOFILE`).
#[cfg(target_os = "linux")]
pub(crate) fn limit() -> Option<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let soft = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    soft.split_whitespace().next()?.parse().ok()
}

/// Returns how many descriptors it has open.
#[cfg(target_os = "linux")]
pub(crate) fn open() -> Option<usize> {
    // One of them is the folder that is read here.
    Some(std::fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1))
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn limit() -> Option<usize> {
    None
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn open() -> Option<usize> {
    None
}

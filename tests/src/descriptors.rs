//! Descriptors of this process.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Allows this process, and those that it starts, as many descriptors as the system lets it; how many that are.
pub fn allow_all_descriptors() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    // Where it can't be raised, fewer have to do.
    let _ = setrlimit(Resource::Nofile, raised);
    getrlimit(Resource::Nofile)
        .current
        .and_then(|n| usize::try_from(n).ok())
        .unwrap_or(usize::MAX)
}

//! The JSON that the page's script reads: snapshots and what belongs to them.

pub(crate) mod about;
pub(crate) mod connections;
pub(crate) mod options;
pub(crate) mod overview;
pub(crate) mod protocol;
pub(crate) mod tree;

use std::time::{SystemTime, UNIX_EPOCH};

/// Returns a time as a script knows it: milliseconds since 1970.
fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

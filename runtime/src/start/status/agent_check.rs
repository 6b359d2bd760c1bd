//! The line of HAProxy's agent check: whether the server takes connections, and its share of the
//! load.

use crate::server::{Server, ServerState};

/// Returns the line for the state and the load of a server.
///
/// Only the agent takes back what the agent has said, so `ready` stands beside every weight: it
/// ends the `drain` of a server that was suspended or has started again.
pub(super) fn line(server: &Server) -> String {
    match server.state() {
        ServerState::Listening => {
            let (busy, most) = server.load();
            format!("ready {}%\n", free_percent(busy, most))
        }
        ServerState::Suspended(_) | ServerState::Stopping | ServerState::Stopped => "drain\n".to_owned(),
    }
}

/// Returns the percentage of processes that are free, rounded up. It is at least 1, as HAProxy
/// drains a server that says `0%`, and a full one still takes connections as soon as others end.
fn free_percent(busy: usize, most: usize) -> usize {
    let (free, most) = (most.saturating_sub(busy) as u128, most.max(1) as u128);
    let percent = (free * 100).div_ceil(most).clamp(1, 100);
    usize::try_from(percent).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use super::free_percent;

    #[test]
    fn the_share_of_free_processes_is_a_percentage_from_1_to_100() {
        for (busy, most, percent) in [
            (0, 1, 100),
            (1, 1, 1),
            (1, 4, 75),
            (3, 4, 25),
            (1, 3, 67),
            (1, 10_000, 100),
            (9_999, 10_000, 1),
            // `max_processes` was lowered meanwhile.
            (5, 2, 1),
            (0, usize::MAX, 100),
            (usize::MAX / 2, usize::MAX, 51),
            (usize::MAX, usize::MAX, 1),
        ] {
            assert_eq!(free_percent(busy, most), percent, "{busy} of {most}");
        }
    }
}

//! How much a connection handles before other tasks of its thread run, and before what was replied
//! goes out.

use std::sync::OnceLock;
use std::time::Instant;

/// The turn looks at the clock after so many frames and messages.
const FRAMES_PER_LOOK: u8 = 32;

/// A turn is over after so many looks without a wait between: its budget is 512 frames and
/// messages.
const FRAME_BUDGET: u8 = 16;

/// A turn is over earlier when it takes more than so many units of time: 16 to 32 ms.
const TIME_BUDGET: u8 = 1;

/// A unit of time in milliseconds: coarse, so that a time is small.
const UNIT: u128 = 16;

/// Reading on before what was replied has gone out costs so many looks, as there may be no frame in
/// it that is whole.
const READ: u8 = FRAME_BUDGET / 8;

/// The work since the connection last waited or gave up its turn. It is counted down, so that a
/// frame costs nothing more.
#[derive(Debug)]
pub(super) struct Turn {
    /// The number of frames and messages until the turn looks at the clock.
    left: u8,
    looks: u8,
    /// When the turn first looked, in units of time, as far as there is space for it; 0 before.
    since: u8,
}

impl Turn {
    #[inline]
    pub(super) const fn new() -> Self {
        Turn {
            left: FRAMES_PER_LOOK,
            looks: 0,
            since: 0,
        }
    }

    /// Counts a frame or a message.
    #[inline]
    pub(super) fn count(&mut self) {
        self.left = self.left.saturating_sub(1);
    }

    pub(super) fn count_read(&mut self) {
        self.looks += READ;
        if self.looks >= FRAME_BUDGET {
            self.left = 0;
        }
    }

    #[inline]
    pub(super) fn is_over(&mut self) -> bool {
        self.left == 0 && self.look_at_clock()
    }

    #[cold]
    fn look_at_clock(&mut self) -> bool {
        if self.looks >= FRAME_BUDGET {
            return true;
        }
        let now = units();
        self.looks += 1;
        if self.since == 0 {
            self.since = now;
        } else if lasted(self.since, now) > TIME_BUDGET {
            self.looks = FRAME_BUDGET;
        }
        if self.looks < FRAME_BUDGET {
            self.left = FRAMES_PER_LOOK;
        }
        self.left == 0
    }
}

/// The time of the moment, in units: from 1 to 255, and from there again to 1.
fn units() -> u8 {
    static BEGIN: OnceLock<Instant> = OnceLock::new();
    let units = BEGIN.get_or_init(Instant::now).elapsed().as_millis() / UNIT;
    let units = u64::try_from(units).unwrap_or_default() % u64::from(u8::MAX);
    u8::try_from(units).unwrap_or_default() + 1
}

/// Returns the units from one time to a later one.
const fn lasted(since: u8, now: u8) -> u8 {
    if now >= since {
        now - since
    } else {
        now + (u8::MAX - since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the number of frames that are handled in a turn.
    fn frames() -> Option<u32> {
        let mut turn = Turn::new();
        (1..=1024).find(|_| {
            turn.count();
            turn.is_over()
        })
    }

    #[test]
    fn a_turn_is_over_after_512_frames() {
        // Fewer where the thread is held up meanwhile.
        let turns: Vec<Option<u32>> = (0..1000).map(|_| frames()).collect();
        assert!(
            turns.iter().all(|turn| turn.is_some_and(|frames| frames <= 512)),
            "{turns:?}"
        );
        assert!(turns[..100].contains(&Some(512)), "{turns:?}");
    }

    #[test]
    fn a_unit_is_as_long_whenever_it_begins() {
        for since in 1..=u8::MAX {
            let next = since.checked_add(1).unwrap_or(1);
            let after_next = next.checked_add(1).unwrap_or(1);
            let lasted = [since, next, after_next].map(|now| lasted(since, now));
            assert_eq!(lasted, [0, 1, 2], "from {since} on");
        }
    }

    #[test]
    fn reading_eight_times_before_replies_went_out_is_a_turn() {
        let mut turn = Turn::new();
        let reads = (1..=1024).find(|_| {
            turn.count_read();
            turn.is_over()
        });
        assert_eq!(reads, Some(8));
    }
}

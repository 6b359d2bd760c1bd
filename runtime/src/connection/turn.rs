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

/// What was handled since the connection last waited, or gave up its turn. Counted down, so that a
/// frame costs nothing more.
#[derive(Debug)]
pub(super) struct Turn {
    /// How many frames and messages are left until the turn looks at the clock.
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
            self.since = now.max(1);
        } else if now.wrapping_sub(self.since) > TIME_BUDGET {
            self.looks = FRAME_BUDGET;
        }
        if self.looks < FRAME_BUDGET {
            self.left = FRAMES_PER_LOOK;
        }
        self.left == 0
    }
}

fn units() -> u8 {
    static BEGIN: OnceLock<Instant> = OnceLock::new();
    let units = BEGIN.get_or_init(Instant::now).elapsed().as_millis() / UNIT;
    u8::try_from(units & 0xff).unwrap_or_default()
}

//! The device: a tank of water with a pump, a drain, and memory that clients may use.
//!
//! | table | address | meaning |
//! | --- | --- | --- |
//! | coils | 0 | the pump, which adds 50 mm/s |
//! | | 1 | the drain, which takes 20 mm/s |
//! | | 2 to 2047 | free |
//! | discrete inputs | 0 | the tank is full, and overflows |
//! | | 1 | the tank is empty |
//! | | 2 | the level is at the high mark, or above |
//! | | 3 | the level is at the low mark, or below |
//! | input registers | 0 | the level, in mm |
//! | | 1 and 2 | the seconds since the server started, the high word first |
//! | holding registers | 0 | the high mark, in mm |
//! | | 1 | the low mark, in mm |
//! | | 2 to 255 | free |

use tokio::time::Instant;

/// The height of the tank in mm.
const FULL: i64 = 2000;

/// The speeds of the pump and of the drain in mm/s, which are also nm/µs.
const PUMP: i64 = 50;
const DRAIN: i64 = 20;

/// The nanometres of a millimetre.
const NANOMETRES: i64 = 1_000_000;

pub struct Tank {
    coils: [bool; 2048],
    pub registers: [u16; 256],
    /// The level at `since`, in nm. The level of now follows from it, the clock and two coils, so
    /// the tank needs no task of its own.
    level: i64,
    since: Instant,
    started: Instant,
}

impl Default for Tank {
    fn default() -> Self {
        let mut registers = [0; 256];
        [registers[0], registers[1]] = [1800, 200];
        let now = Instant::now();
        Tank {
            coils: [false; 2048],
            registers,
            level: 0,
            since: now,
            started: now,
        }
    }
}

impl Tank {
    pub fn coils(&self) -> &[bool] {
        &self.coils
    }

    /// Returns the coils to write to. The time until now counts under the coils as they were.
    pub fn coils_mut(&mut self) -> &mut [bool] {
        let now = Instant::now();
        (self.level, self.since) = (self.level_at(now), now);
        &mut self.coils
    }

    pub fn inputs(&self) -> [bool; 4] {
        let level = self.millimetres();
        let [high, low, ..] = self.registers;
        [i64::from(level) == FULL, level == 0, level >= high, level <= low]
    }

    pub fn input_registers(&self) -> [u16; 3] {
        let seconds = self.started.elapsed().as_secs();
        // Each register holds 16 bits of them.
        let word = |shift: u32| u16::try_from(seconds >> shift & 0xffff).unwrap_or(u16::MAX);
        [self.millimetres(), word(16), word(0)]
    }

    fn millimetres(&self) -> u16 {
        // The nearest one. It is never negative, nor above 2000.
        let nearest = (self.level_at(Instant::now()) + NANOMETRES / 2) / NANOMETRES;
        u16::try_from(nearest).unwrap_or_default()
    }

    fn level_at(&self, now: Instant) -> i64 {
        let microseconds = i64::try_from((now - self.since).as_micros()).unwrap_or(i64::MAX);
        let [pump, drain, ..] = self.coils;
        let rate = i64::from(pump) * PUMP - i64::from(drain) * DRAIN;
        let level = self.level.saturating_add(rate.saturating_mul(microseconds));
        level.clamp(0, FULL * NANOMETRES)
    }
}

//! How often each arm of a table was called.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::arm::{Arm, ArmInfo};

thread_local! {
    /// The number of the arm that the call has come to which is polled on this thread, counted from 1. 0: none yet.
    static HIT: Cell<u32> = const { Cell::new(0) };
}

/// Stands at the beginning of each arm of a table, with its place there. The first arm that a call comes to is its arm.
#[inline]
pub fn hit(arm: u32) {
    // Not `with`, which isn't inlined: a call of its own in each arm.
    let _ = HIT.try_with(|hit| {
        if hit.get() == 0 {
            hit.set(arm + 1);
        }
    });
}

/// How often each arm of a server's table was called.
#[derive(Debug)]
pub(crate) struct Counters {
    protocol: &'static [Arm],
    calls: Box<[AtomicU64]>,
}

impl Counters {
    pub(crate) fn new(protocol: &'static [Arm]) -> Self {
        Counters {
            protocol,
            calls: protocol.iter().map(|_| AtomicU64::new(0)).collect(),
        }
    }

    pub(crate) fn info(&self) -> Vec<ArmInfo> {
        let arms = self.protocol.iter().zip(&self.calls);
        arms.map(|(arm, calls)| ArmInfo {
            name: arm.name,
            pattern: arm.pattern,
            calls: calls.load(Relaxed),
        })
        .collect()
    }

    #[inline]
    pub(crate) fn tally(&self) -> Tally<'_> {
        Tally {
            counters: self,
            arm: 0,
            calls: 0,
            counted: false,
        }
    }
}

/// Counts the calls of one connection: those that come to the same arm one after the other are added at one time.
#[derive(Debug)]
pub(crate) struct Tally<'c> {
    counters: &'c Counters,
    /// Counted from 1.
    arm: u32,
    calls: u64,
    /// Whether the arm of this call was counted.
    counted: bool,
}

impl<'c> Tally<'c> {
    /// The next call begins.
    #[inline]
    pub(crate) fn call(&mut self) {
        self.counted = false;
    }

    /// Begins a poll of a call, at the end of which the arm is counted that it came to. Returns `None` if no arm is `listed`, or if
    /// this call was counted.
    #[inline]
    pub(crate) fn begin(&mut self, listed: bool) -> Option<Watched<'_, 'c>> {
        (listed && !self.counted).then(|| Watched {
            outer: replace(0),
            tally: self,
        })
    }

    #[inline]
    fn count(&mut self, arm: u32) {
        if arm != self.arm {
            self.add();
            self.arm = arm;
        }
        self.calls += 1;
        self.counted = true;
    }

    /// Adds what was counted.
    #[inline]
    pub(crate) fn add(&mut self) {
        if self.calls > 0
            && let Some(calls) = self.counters.calls.get(self.arm as usize - 1)
        {
            calls.fetch_add(self.calls, Relaxed);
        }
        self.calls = 0;
    }
}

impl Drop for Tally<'_> {
    #[inline]
    fn drop(&mut self) {
        self.add();
    }
}

/// One poll of a call. It may end in a panic.
pub(crate) struct Watched<'w, 'c> {
    tally: &'w mut Tally<'c>,
    /// What belongs to a call that polls this one.
    outer: u32,
}

impl Drop for Watched<'_, '_> {
    #[inline]
    fn drop(&mut self) {
        let hit = replace(self.outer);
        if hit > 0 {
            self.tally.count(hit);
        }
    }
}

/// 0 where the thread ends.
#[inline]
fn replace(arm: u32) -> u32 {
    HIT.try_with(|hit| hit.replace(arm)).unwrap_or_default()
}

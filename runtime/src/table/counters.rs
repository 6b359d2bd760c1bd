//! The counters of a table: how often each arm was called.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tokio::time::Instant;

use super::arm::{ArmInfo, ListedArm};
#[cfg(feature = "metrics")]
use super::latency::CallTimes;

thread_local! {
    /// The number, counted from 1, of the arm that the call on this thread has entered; 0 if it has
    /// entered none.
    static HIT: Cell<u32> = const { Cell::new(0) };
}

/// Records the arm of the current call. The attribute places this at the beginning of each arm,
/// with its index. Only the first arm that a call enters counts.
#[inline]
pub fn hit(arm: u32) {
    // `with` isn't inlined and would add a call to each arm.
    let _ = HIT.try_with(|hit| {
        if hit.get() == 0 {
            hit.set(arm + 1);
        }
    });
}

/// The number of calls of each arm of a server's table.
#[derive(Debug)]
pub(crate) struct Counters {
    arms: &'static [ListedArm],
    calls: Box<[AtomicU64]>,
    /// There with the option `latency`.
    #[cfg(feature = "metrics")]
    pub(crate) times: Option<CallTimes>,
}

impl Counters {
    pub(crate) fn new(arms: &'static [ListedArm], latency: bool) -> Self {
        #[cfg(not(feature = "metrics"))]
        let _ = latency;
        Counters {
            arms,
            calls: arms.iter().map(|_| AtomicU64::new(0)).collect(),
            #[cfg(feature = "metrics")]
            times: latency.then(|| CallTimes::new(arms)),
        }
    }

    /// Returns whether times of calls are counted.
    #[inline]
    #[cfg_attr(
        not(feature = "metrics"),
        expect(clippy::unused_self, reason = "it is asked at each batch")
    )]
    pub(crate) fn takes_times(&self) -> bool {
        #[cfg(feature = "metrics")]
        return self.times.is_some();
        #[cfg(not(feature = "metrics"))]
        false
    }

    /// Counts the time of a call that began then, by the number of its arm, counted from 1; 0 for
    /// none.
    #[cfg_attr(
        not(feature = "metrics"),
        expect(clippy::unused_self, reason = "nothing takes times")
    )]
    pub(crate) fn count_time(&self, arm: u32, since: Instant) {
        #[cfg(feature = "metrics")]
        if let Some(times) = &self.times {
            times.add(arm, since.elapsed());
        }
        #[cfg(not(feature = "metrics"))]
        let _ = (arm, since);
    }

    /// Returns the name of an arm, by its number counted from 1.
    pub(crate) fn name(&self, arm: u32) -> Option<&'static str> {
        let place = usize::try_from(arm).ok()?.checked_sub(1)?;
        Some(self.arms.get(place)?.name)
    }

    pub(crate) fn info(&self) -> Vec<ArmInfo> {
        let arms = self.arms.iter().zip(&self.calls);
        arms.map(|(arm, calls)| ArmInfo {
            name: arm.name,
            pattern: arm.pattern,
            calls: calls.load(Relaxed),
        })
        .collect()
    }

    pub(crate) fn tally(&self) -> Tally<'_> {
        Tally {
            counters: self,
            arm: 0,
            calls: 0,
            counted: false,
        }
    }
}

/// The tally of one connection: consecutive calls of the same arm are added to the counters at
/// once.
#[derive(Debug)]
pub(crate) struct Tally<'c> {
    counters: &'c Counters,
    /// The number of the arm, counted from 1.
    arm: u32,
    /// A turn of a connection has fewer calls than this holds; an idle connection has the tally.
    calls: u16,
    /// Whether the arm of the current call was counted.
    counted: bool,
}

impl<'c> Tally<'c> {
    /// Begins the next call.
    pub(crate) fn call(&mut self) {
        self.counted = false;
    }

    /// Begins a poll of a call; the end of the poll counts the arm that the call has entered.
    /// Returns `None` if no arm is `listed` or this call was counted already.
    #[inline]
    pub(crate) fn begin(&mut self, listed: bool) -> Option<Watched<'_, 'c>> {
        (listed && !self.counted).then(|| Watched {
            outer: replace(0),
            tally: self,
        })
    }

    /// Returns the number, counted from 1, of the arm that the current call has entered; 0 if it
    /// has entered none.
    #[inline]
    pub(crate) fn arm(&self) -> u32 {
        if self.counted { self.arm } else { 0 }
    }

    /// Returns the counters, which outlive the tally.
    #[inline]
    pub(crate) fn counters(&self) -> &'c Counters {
        self.counters
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

    /// Adds the tally to the counters.
    #[inline]
    pub(crate) fn add(&mut self) {
        if self.calls > 0
            && let Some(calls) = self.counters.calls.get(self.arm as usize - 1)
        {
            calls.fetch_add(self.calls.into(), Relaxed);
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

/// A poll of a call, which may end in a panic.
pub(crate) struct Watched<'w, 'c> {
    tally: &'w mut Tally<'c>,
    /// The arm of an outer call that polls this one.
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

/// Sets the current arm and returns the previous one; returns 0 while the thread ends.
#[inline]
fn replace(arm: u32) -> u32 {
    HIT.try_with(|hit| hit.replace(arm)).unwrap_or_default()
}

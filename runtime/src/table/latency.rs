//! The times of calls: a histogram for each arm.
//!
//! Each thread counts in a stripe of its own, so that calls of two cores touch no cache line of one
//! another, and reading holds up none.

use std::array;
use std::cell::Cell;
use std::iter;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::thread::available_parallelism;
use std::time::Duration;

use super::arm::ListedArm;

/// The upper bounds of the buckets: three for each power of ten, which tells times apart that
/// differ by a factor of 2.5. Below the first one nobody waits, as a round trip within one machine
/// takes as long; above the last one most clients have given up.
const BOUNDS: [Duration; 17] = [
    Duration::from_micros(50),
    Duration::from_micros(100),
    Duration::from_micros(250),
    Duration::from_micros(500),
    Duration::from_millis(1),
    Duration::from_micros(2500),
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(25),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_millis(2500),
    Duration::from_secs(5),
    Duration::from_secs(10),
];

/// The last one is for all that is above the bounds.
const BUCKETS: usize = BOUNDS.len() + 1;

/// The most stripes: 64 of a table of 100 arms take 1 MB. More threads share them.
const MOST_STRIPES: usize = 64;

/// The times of the calls of one arm, as the option [`latency`](crate::Options::latency) counts
/// them.
///
/// [`Server::latency`](crate::Server::latency) returns them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ArmLatency {
    /// The name of the arm; empty for the calls that entered none.
    pub arm: &'static str,
    /// The number of calls that are over, including calls that failed or were cut.
    pub calls: u64,
    /// The sum of their times.
    pub sum: Duration,
    buckets: [u64; BUCKETS],
}

impl ArmLatency {
    /// Returns the buckets, shortest times first: the longest time in each, and its number of
    /// calls. The last one has no longest time.
    pub fn buckets(&self) -> impl Iterator<Item = (Option<Duration>, u64)> {
        let bounds = BOUNDS.into_iter().map(Some).chain(iter::once(None));
        bounds.zip(self.buckets)
    }

    /// Returns an estimate of the time within which this share of the calls was done: of 0.5 the
    /// median, of 0.99 the time that one call of a hundred exceeds. Returns `None` if there are no
    /// calls.
    ///
    /// Within a bucket, times are taken to lie evenly, so the estimate is off by the width of a
    /// bucket at most. A time above 10 s is estimated as 10 s.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use kai_tcp_server::{Action, start, tcp_server, with};
    /// use tokio::io::{AsyncReadExt, AsyncWriteExt};
    ///
    /// struct Echo;
    ///
    /// #[tcp_server(port = 10000, latency = true)]
    /// impl Echo {
    ///     fn handle_call(&self, data: &[u8]) -> Action {
    ///         match data {
    ///             b"bye\r\n" => close(b"cya\r\n"),
    ///             data => reply(data),
    ///         }
    ///     }
    /// }
    ///
    /// #[tokio::main(flavor = "current_thread")]
    /// async fn main() -> kai_tcp_server::Result {
    ///     let server = start(with(Echo, Echo::OPTIONS.in_memory())).await?;
    ///     let mut client = server.connect().await?;
    ///     client.write_all(b"bye\r\n").await?;
    ///     client.read_to_end(&mut Vec::new()).await?;
    ///     let latency = server.latency();
    ///     let bye = latency.iter().find(|of| of.calls == 1).expect("it was called");
    ///     assert!(bye.quantile(0.5).is_some_and(|median| median < Duration::from_secs(10)));
    ///     Ok(())
    /// }
    /// ```
    #[expect(clippy::cast_precision_loss, reason = "it is an estimate")]
    pub fn quantile(&self, share: f64) -> Option<Duration> {
        if self.calls == 0 {
            return None;
        }
        let rank = share.clamp(0.0, 1.0) * self.calls as f64;
        let (mut below, mut least) = (0.0, Duration::ZERO);
        for (bound, calls) in self.buckets() {
            // Above the last bound nothing is known.
            let Some(most) = bound else { break };
            let calls = calls as f64;
            if calls > 0.0 && below + calls >= rank {
                return Some(
                    least
                        + most
                            .saturating_sub(least)
                            .mul_f64(((rank - below) / calls).clamp(0.0, 1.0)),
                );
            }
            below += calls;
            least = most;
        }
        Some(least)
    }

    /// Returns the calls that came after an `earlier` state of the same arm: those of the last
    /// minute, for one who asks each minute.
    pub fn since(&self, earlier: &ArmLatency) -> ArmLatency {
        ArmLatency {
            arm: self.arm,
            calls: self.calls.saturating_sub(earlier.calls),
            sum: self.sum.saturating_sub(earlier.sum),
            buckets: array::from_fn(|bucket| self.buckets[bucket].saturating_sub(earlier.buckets[bucket])),
        }
    }
}

impl ArmLatency {
    /// Returns the calls of both, for servers of one name.
    pub(crate) fn and(&self, other: &ArmLatency) -> ArmLatency {
        ArmLatency {
            arm: self.arm,
            calls: self.calls + other.calls,
            sum: self.sum.saturating_add(other.sum),
            buckets: array::from_fn(|bucket| self.buckets[bucket] + other.buckets[bucket]),
        }
    }
}

/// The times of the calls of a server.
#[derive(Debug)]
pub(crate) struct CallTimes {
    arms: &'static [ListedArm],
    /// Each is there when a thread has counted in it.
    stripes: Box<[OnceLock<Stripe>]>,
}

/// A histogram for the calls that entered no arm, and for those of each arm.
type Stripe = Box<[Histogram]>;

#[derive(Debug, Default)]
struct Histogram {
    buckets: [AtomicU64; BUCKETS],
    /// The sum, in nanoseconds: enough for 584 years.
    sum: AtomicU64,
}

impl CallTimes {
    pub(crate) fn new(arms: &'static [ListedArm]) -> Self {
        let threads = available_parallelism().map_or(1, usize::from);
        CallTimes {
            arms,
            stripes: iter::repeat_with(OnceLock::new)
                .take(threads.min(MOST_STRIPES))
                .collect(),
        }
    }

    /// Counts a call of an arm, by its number counted from 1; 0 for a call that entered none.
    pub(crate) fn add(&self, arm: u32, time: Duration) {
        let stripe = self.stripes[thread() % self.stripes.len()].get_or_init(|| self.stripe());
        let Some(histogram) = stripe.get(arm as usize) else {
            return;
        };
        let bucket = BOUNDS.partition_point(|&bound| bound < time);
        histogram.buckets[bucket].fetch_add(1, Relaxed);
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        histogram.sum.fetch_add(nanos, Relaxed);
    }

    fn stripe(&self) -> Stripe {
        (0..=self.arms.len()).map(|_| Histogram::default()).collect()
    }

    /// Returns the times of each arm, in the table's order, and at last those of calls that entered
    /// none, if there are any.
    pub(crate) fn of_arms(&self) -> Vec<ArmLatency> {
        let arms = self
            .arms
            .iter()
            .zip(1..)
            .map(|(arm, place)| self.of_arm(arm.name, place));
        let none = Some(self.of_arm("", 0)).filter(|of| of.calls > 0);
        arms.chain(none).collect()
    }

    fn of_arm(&self, arm: &'static str, place: usize) -> ArmLatency {
        let (mut buckets, mut nanos) = ([0; BUCKETS], 0_u64);
        for histogram in self
            .stripes
            .iter()
            .filter_map(OnceLock::get)
            .map(|stripe| &stripe[place])
        {
            for (sum, bucket) in buckets.iter_mut().zip(&histogram.buckets) {
                *sum += bucket.load(Relaxed);
            }
            nanos = nanos.saturating_add(histogram.sum.load(Relaxed));
        }
        ArmLatency {
            arm,
            calls: buckets.iter().sum(),
            sum: Duration::from_nanos(nanos),
            buckets,
        }
    }
}

/// Returns the number of this thread.
fn thread() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static NUMBER: Cell<Option<usize>> = const { Cell::new(None) };
    }
    let new = || NEXT.fetch_add(1, Relaxed);
    // While the thread ends, any will do.
    NUMBER
        .try_with(|number| {
            let known = number.get().unwrap_or_else(new);
            number.set(Some(known));
            known
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARMS: &[ListedArm] = &[ListedArm::new("a", "a"), ListedArm::new("b", "b")];

    fn times(of: &[u64]) -> ArmLatency {
        let times = CallTimes::new(ARMS);
        for &micros in of {
            times.add(1, Duration::from_micros(micros));
        }
        times.of_arms().swap_remove(0)
    }

    #[test]
    fn a_time_is_in_the_bucket_whose_bound_it_does_not_exceed() {
        for (micros, bucket) in [
            (0, 0),
            (50, 0),
            (51, 1),
            (100, 1),
            (1000, 4),
            (10_000_000, 16),
            (10_000_001, 17),
        ] {
            assert_eq!(times(&[micros]).buckets[bucket], 1, "{micros} µs");
        }
    }

    #[test]
    fn bounds_ascend() {
        assert!(BOUNDS.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn arms_are_told_apart_and_threads_are_summed_up() {
        let times = CallTimes::new(ARMS);
        std::thread::scope(|scope| {
            for _ in 0..100 {
                scope.spawn(|| {
                    times.add(2, Duration::from_millis(1));
                    times.add(2, Duration::from_millis(3));
                });
            }
        });
        let of = times.of_arms();
        assert_eq!(
            of.iter().map(|of| (of.arm, of.calls)).collect::<Vec<_>>(),
            [("a", 0), ("b", 200)]
        );
        assert_eq!(of[1].sum, Duration::from_millis(400));
        times.add(0, Duration::ZERO);
        assert_eq!(times.of_arms().last().map(|of| (of.arm, of.calls)), Some(("", 1)));
        // An arm that isn't there is no panic.
        times.add(9, Duration::ZERO);
    }

    #[test]
    fn quantiles_lie_within_the_bucket() {
        assert_eq!(times(&[]).quantile(0.5), None);
        let half = times(&[60, 60, 60, 60]).quantile(0.5);
        assert_eq!(half, Some(Duration::from_micros(75)));
        let mostly_fast = times(&[1, 1, 1, 1, 1, 1, 1, 1, 1, 200_000]);
        assert!(mostly_fast.quantile(0.9) <= Some(Duration::from_micros(50)));
        let last = mostly_fast.quantile(0.99).unwrap_or_default();
        assert!(
            (Duration::from_millis(100)..=Duration::from_millis(250)).contains(&last),
            "{last:?}"
        );
        for share in [-1.0, 0.0, 1.0, 2.0, f64::NAN, f64::INFINITY] {
            let _ = times(&[1, 20_000_000]).quantile(share);
        }
        assert_eq!(times(&[20_000_000]).quantile(0.5), Some(Duration::from_secs(10)));
    }

    #[test]
    fn since_is_what_came_after() {
        let times = CallTimes::new(ARMS);
        times.add(1, Duration::from_secs(1));
        let earlier = times.of_arms().swap_remove(0);
        times.add(1, Duration::from_millis(1));
        let after = times.of_arms().swap_remove(0).since(&earlier);
        assert_eq!((after.calls, after.sum), (1, Duration::from_millis(1)));
        assert!(after.quantile(1.0) <= Some(Duration::from_millis(1)));
    }
}

//! Statistics of many rounds.

/// Returns the value that this part of the sorted values doesn't exceed, or 0 if there are none.
pub(crate) fn quantile(sorted: &[f64], part: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return 0.0;
    };
    let place = part * last as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    below + (above - below) * place.fract()
}

/// A median with its interval of 95 % confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Estimate {
    pub(crate) median: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// The fewest values whose range holds the median with 95 % confidence.
pub(crate) const FEWEST: usize = 6;

impl Estimate {
    /// Estimates from independent values of any distribution.
    ///
    /// The interval reaches from one of the sorted values to another: the median of the
    /// distribution lies below the k-th only if fewer than k of n coins show heads. With fewer than
    /// [`FEWEST`] values it is their range, with less confidence.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = values.into_iter().collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let (&low, &high) = (
            sorted.get(outside(sorted.len()))?,
            sorted.iter().rev().nth(outside(sorted.len()))?,
        );
        Some(Estimate {
            median: quantile(&sorted, 0.5),
            low,
            high,
        })
    }
}

/// Returns the number of values to leave out at either end for an interval of 95 % confidence.
fn outside(count: usize) -> usize {
    // The chance of exactly `heads` heads, and of fewer.
    let mut exactly = 0.5_f64.powf(count as f64);
    let mut fewer = 0.0;
    for heads in 0..count {
        fewer += exactly;
        if 2.0 * fewer > 0.05 {
            return heads.saturating_sub(1);
        }
        exactly *= (count - heads) as f64 / (heads + 1) as f64;
    }
    0
}

/// Checks this module against tables of statistics, before it makes any figure.
pub(crate) fn agree() {
    assert_eq!([6, 8, 9, 10, 12, 15, 20, 25].map(outside), [0, 0, 1, 1, 2, 3, 5, 7]);
    let estimate = Estimate::of((1..=10).rev().map(f64::from));
    assert_eq!(
        estimate,
        Some(Estimate {
            median: 5.5,
            low: 2.0,
            high: 9.0
        })
    );
    assert!((quantile(&[1.0, 2.0, 4.0], 0.75) - 3.0).abs() < 1e-9);
    assert_eq!(Estimate::of([]), None);
}

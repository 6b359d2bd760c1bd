//! A moment as people write it, in UTC.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

const DAY: u64 = 24 * 60 * 60;

/// A moment since 1970.
#[derive(Clone, Copy, Debug)]
pub(super) struct Utc {
    seconds: u64,
    micros: u32,
}

impl Utc {
    pub(super) fn of(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Utc {
            seconds: since.as_secs(),
            micros: since.subsec_micros(),
        }
    }

    /// Returns the year, the month and the day of the Gregorian calendar, in which 400 years are
    /// 146,097 days. Years are counted from March, so that a leap day is the last of its year.
    fn date(self) -> (u64, u64, u64) {
        // From 1 March of the year 0.
        let days = self.seconds / DAY + 719_468;
        let (era, day) = (days / 146_097, days % 146_097);
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let year = 400 * era + year + u64::from(month >= 10);
        (year, if month < 10 { month + 3 } else { month - 9 }, day)
    }

    fn time(self) -> (u64, u64, u64) {
        let second = self.seconds % DAY;
        (second / 3600, second / 60 % 60, second % 60)
    }

    /// Writes it without characters that a file's name can't have everywhere.
    pub(super) fn compact(self) -> String {
        let ((year, month, day), (hour, minute, second)) = (self.date(), self.time());
        format!(
            "{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}.{:06}Z",
            self.micros
        )
    }
}

impl fmt::Display for Utc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ((year, month, day), (hour, minute, second)) = (self.date(), self.time());
        let micros = self.micros;
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z"
        )
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_moment_has_its_date() {
        // As `date -u -d @…` writes them.
        for (seconds, written) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (951_782_400, "2000-02-29T00:00:00.000000Z"),
            (951_868_799, "2000-02-29T23:59:59.000000Z"),
            (4_107_542_399, "2100-02-28T23:59:59.000000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000000Z"),
            (1_796_000_000, "2026-11-30T00:53:20.000000Z"),
        ] {
            let utc = Utc::of(UNIX_EPOCH + Duration::from_secs(seconds));
            assert_eq!(utc.to_string(), written);
        }
    }
}

//! Pseudo-random numbers, the same on every machine.

/// A generator: `SplitMix64`, which takes any seed.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Random(seed)
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn wide(&mut self) -> u128 {
        u128::from(self.number()) << 64 | u128::from(self.number())
    }

    /// Returns a number below `count`, or 0 if that is 0.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        // The remainder is below a `usize`.
        usize::try_from(self.number() % (count.max(1) as u64)).unwrap_or(0)
    }

    /// Returns `true` once in `count` times on average.
    pub(crate) fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    pub(crate) fn pick<'t, T>(&mut self, all: &'t [T]) -> Option<&'t T> {
        all.get(self.below(all.len()))
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.number().to_le_bytes()[0]
    }

    /// Returns fewer than `max` bytes, or `max`.
    pub(crate) fn bytes(&mut self, max: usize) -> Vec<u8> {
        let count = self.below(max + 1);
        self.exactly(count)
    }

    pub(crate) fn exactly(&mut self, count: usize) -> Vec<u8> {
        let is_text = self.one_in(2);
        (0..count)
            .map(|_| if is_text { b'a' + self.byte() % 26 } else { self.byte() })
            .collect()
    }
}

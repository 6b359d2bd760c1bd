//! The writer of the fields of a layout.

use super::{Length, Word};
use crate::reply::{Data, Reply};

/// The bytes written so far; the last byte may be incomplete.
#[derive(Debug)]
pub struct Bits {
    bytes: Vec<u8>,
    /// The number of bits of the last byte that are still unwritten.
    free: u32,
}

impl Bits {
    /// Returns an empty writer with space for `bytes` bytes.
    #[inline]
    pub fn with_capacity(bytes: usize) -> Self {
        Bits {
            bytes: Vec::with_capacity(bytes),
            free: 0,
        }
    }

    /// Writes whole bytes; the position must be a byte boundary.
    #[inline]
    pub fn bytes(&mut self, bytes: &[u8]) {
        debug_assert_eq!(self.free, 0, "bytes begin on a whole one");
        self.bytes.extend_from_slice(bytes);
    }

    /// Writes the data that [`exactly`] or [`data`] made.
    #[inline]
    pub fn data(&mut self, data: &Data<'_>) {
        data.slices().for_each(|part| self.bytes(part));
    }

    /// Writes `value` in `width` bits, big-endian.
    ///
    /// # Panics
    ///
    /// Panics if the value doesn't fit.
    #[inline]
    #[track_caller]
    pub fn big<T: Word + std::fmt::Display>(&mut self, value: T, width: u32, field: Field) {
        let raw = fit(value, width, field);
        self.raw(raw, width);
    }

    /// Writes `value` in `width` bits, little-endian: groups of eight bits, the first of which is
    /// the least significant. The last group may be shorter.
    ///
    /// # Panics
    ///
    /// Panics if the value doesn't fit.
    #[inline]
    #[track_caller]
    pub fn little<T: Word + std::fmt::Display>(&mut self, value: T, width: u32, field: Field) {
        let raw = fit(value, width, field);
        let mut written = 0;
        while written < width {
            let here = (width - written).min(8);
            self.raw(raw >> written, here);
            written += here;
        }
    }

    /// Writes the last `width` bits of `raw`.
    #[inline]
    fn raw(&mut self, raw: u128, width: u32) {
        let mut left = width;
        while left > 0 {
            if self.free == 0 {
                self.bytes.push(0);
                self.free = 8;
            }
            let here = left.min(self.free);
            left -= here;
            self.free -= here;
            let bits = (raw >> left) & ((1 << here) - 1);
            if let (Some(last), Ok(bits)) = (self.bytes.last_mut(), u8::try_from(bits)) {
                *last |= bits << self.free;
            }
        }
    }

    /// Returns the bytes. The macro has checked that the last one is complete.
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

/// The name of a field in messages: its expression and its type, as they are written.
pub(super) type Field = (&'static str, &'static str);

#[inline]
#[track_caller]
fn fit<T: Word + std::fmt::Display>(value: T, width: u32, (field, ty): Field) -> u128 {
    match value.to_bits(width) {
        Some(raw) => raw,
        None => panic!("`{field}` is {value}, which doesn't fit into `{ty}`"),
    }
}

/// Returns the data of `reply`.
#[inline]
pub fn data<'a>(reply: impl Reply<'a>) -> Data<'a> {
    Data::new(reply)
}

/// Returns the data of `reply`, which must be `length` bytes.
///
/// # Panics
///
/// Panics if the length differs.
#[inline]
#[track_caller]
pub fn exactly<'a>(reply: impl Reply<'a>, length: Length, field: &str) -> Data<'a> {
    let data = Data::new(reply);
    let bytes = data.len();
    assert!(
        length.bytes() == Some(bytes),
        "`{field}` is {bytes} bytes, where its length is {length}"
    );
    data
}

#[cfg(test)]
mod tests {
    use super::Bits;

    #[test]
    fn fields_cross_bytes() {
        let mut bits = Bits::with_capacity(3);
        bits.big(5_u8, 3, ("", ""));
        bits.big(-2_i16, 13, ("", ""));
        bits.big(0xbc_u8, 8, ("", ""));
        assert_eq!(bits.finish(), [0b1011_1111, 0b1111_1110, 0xbc]);
    }

    #[test]
    fn little_groups_of_eight() {
        let mut bits = Bits::with_capacity(2);
        bits.little(0xabc_u16, 12, ("", ""));
        bits.big(0_u8, 4, ("", ""));
        assert_eq!(bits.finish(), [0xbc, 0xa0]);
    }

    #[test]
    #[should_panic(expected = "`len` is 16777216, which doesn't fit into `u24`")]
    fn what_does_not_fit_is_named() {
        Bits::with_capacity(3).big(1_u32 << 24, 24, ("len", "u24"));
    }
}

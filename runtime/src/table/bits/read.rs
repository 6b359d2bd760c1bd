//! Readers of the fields of a layout. The expansion checks the length once for all fields at known
//! positions.
//!
//! Positions and widths are constants, so that each read compiles to loads and shifts.

use super::Word;

/// Returns the `N` bytes that begin at the byte `AT`.
///
/// # Panics
///
/// Never panics: the compiler checks that the bytes exist.
#[inline]
pub fn array<const AT: usize, const N: usize, const ALL: usize>(run: &[u8; ALL]) -> &[u8; N] {
    const { assert!(AT + N <= ALL, "the field is inside of the run") };
    run[AT..].first_chunk().expect("the run is long enough")
}

/// Returns the big-endian integer of `WIDTH` bits that begins at the bit `AT`.
#[inline]
pub fn big<T: Word, const AT: usize, const WIDTH: u32, const ALL: usize>(run: &[u8; ALL]) -> T {
    T::from_bits(bits(run, AT, WIDTH), WIDTH)
}

/// Returns the little-endian integer: groups of eight bits in their order, the first of which is
/// the least significant. The last group may be shorter.
#[inline]
pub fn little<T: Word, const AT: usize, const WIDTH: u32, const ALL: usize>(run: &[u8; ALL]) -> T {
    let (mut raw, mut at, mut read) = (0, AT, 0);
    while read < WIDTH {
        let width = (WIDTH - read).min(8);
        raw |= bits(run, at, width) << read;
        at += 8;
        read += width;
    }
    T::from_bits(raw, WIDTH)
}

/// Returns `width` bits from the bit `at` on.
#[inline]
fn bits(run: &[u8], at: usize, width: u32) -> u128 {
    let (mut raw, mut byte, mut before, mut left) = (0, at / 8, at % 8, width as usize);
    while left > 0 {
        let here = left.min(8 - before);
        let after = 8 - before - here;
        raw = raw << here | u128::from((run[byte] << before >> before) >> after);
        left -= here;
        (byte, before) = (byte + 1, 0);
    }
    raw
}

/// Returns the float of these bits. As in Erlang, infinities and NaN match no field.
#[inline]
pub fn finite_f32(bits: u32) -> Option<f32> {
    Some(f32::from_bits(bits)).filter(|float| float.is_finite())
}

/// Does the same for 64 bits.
#[inline]
pub fn finite_f64(bits: u64) -> Option<f64> {
    Some(f64::from_bits(bits)).filter(|float| float.is_finite())
}

#[cfg(test)]
mod tests {
    use super::{big, little};

    #[test]
    fn fields_cross_bytes() {
        let run = [0b1010_0101, 0b1100_0011, 0b1111_0000];
        assert_eq!(big::<u8, 0, 1, 3>(&run), 1);
        assert_eq!(big::<u8, 4, 8, 3>(&run), 0b0101_1100);
        assert_eq!(big::<u16, 3, 13, 3>(&run), 0b0_0101_1100_0011);
        assert_eq!(big::<i16, 3, 13, 3>(&run), 0b0_0101_1100_0011);
        assert_eq!(big::<i8, 8, 4, 3>(&run), -4);
        assert_eq!(big::<u32, 0, 24, 3>(&run), 0x00a5_c3f0);
    }

    #[test]
    fn little_groups_of_eight() {
        // <<16#ABC:12/little, 0:4>> is <<16#BC, 16#A0>>.
        assert_eq!(little::<u16, 0, 12, 2>(&[0xbc, 0xa0]), 0xabc);
        assert_eq!(little::<u16, 4, 12, 2>(&[0x0b, 0xca]), 0xabc);
        assert_eq!(little::<i32, 0, 24, 3>(&[0xfe, 0xff, 0xff]), -2);
    }

    #[test]
    fn of_128_bits_anywhere() {
        let mut run = [0xff; 17];
        run[0] = 0x0f;
        run[16] = 0xf0;
        assert_eq!(big::<u128, 4, 128, 17>(&run), u128::MAX);
        assert_eq!(little::<u128, 4, 128, 17>(&run), u128::MAX);
    }
}

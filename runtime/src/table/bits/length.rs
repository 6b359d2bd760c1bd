//! Lengths of fields, computed from earlier fields with checked arithmetic: a peer can't cause a
//! panic.

use std::fmt;
use std::ops::{Add, Div, Mul, Rem, Shl, Shr, Sub};

/// A length during its computation. It has no value after an overflow or underflow, and matches
/// nothing then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length(Option<i128>);

/// An integer that a length can be computed from.
#[diagnostic::on_unimplemented(
    message = "a length is computed of integers, and this is a `{Self}`",
    label = "not an integer"
)]
pub trait Whole {
    /// Returns the integer in the wide type of the computation, or `None` if it doesn't fit.
    fn wide(self) -> Option<i128>;
}

macro_rules! whole {
    ($($integer:ident)+) => {$(
        impl Whole for $integer {
            #[inline]
            fn wide(self) -> Option<i128> {
                i128::try_from(self).ok()
            }
        }

        impl Whole for &$integer {
            #[inline]
            fn wide(self) -> Option<i128> {
                (*self).wide()
            }
        }
    )+};
}

whole!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize);

/// Converts an integer into a length.
#[inline]
pub fn length(integer: impl Whole) -> Length {
    Length(integer.wide())
}

impl Length {
    /// Returns the length, or `None` if it has no value.
    pub(crate) fn value(self) -> Option<i128> {
        self.0
    }

    /// Returns the length as a number of bytes, or `None` if it can't be one.
    #[inline]
    pub(crate) fn bytes(self) -> Option<usize> {
        usize::try_from(self.0?).ok()
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(length) => write!(f, "{length}"),
            None => write!(f, "out of range"),
        }
    }
}

/// Splits the input after `length` bytes; returns `None` if it is shorter.
#[inline]
pub fn take(input: &[u8], length: Length) -> Option<(&[u8], &[u8])> {
    input.split_at_checked(length.bytes()?)
}

macro_rules! operators {
    ($($operator:ident $method:ident = $compute:expr;)+) => {$(
        impl $operator for Length {
            type Output = Length;

            #[inline]
            fn $method(self, other: Length) -> Length {
                let compute: fn(i128, i128) -> Option<i128> = $compute;
                Length(self.0.zip(other.0).and_then(|(a, b)| compute(a, b)))
            }
        }
    )+};
}

operators! {
    Add add = i128::checked_add;
    Sub sub = i128::checked_sub;
    Mul mul = i128::checked_mul;
    Div div = i128::checked_div;
    Rem rem = i128::checked_rem;
    Shl shl = |a, b| a.checked_mul(1_i128.checked_shl(u32::try_from(b).ok()?).filter(|power| *power > 0)?);
    Shr shr = |a, b| a.checked_shr(u32::try_from(b).ok()?);
}

#[cfg(test)]
mod tests {
    use super::{Length, length, take};

    fn none(computed: Length) -> bool {
        computed.bytes().is_none()
    }

    #[test]
    fn computed_in_a_wide_type() {
        assert_eq!((length(2_u8) - length(4_i128) + length(5_i128)).bytes(), Some(3));
        assert_eq!((length(255_u8) * length(255_u8)).bytes(), Some(65025));
        assert_eq!((length(5_u8) << length(2_i128)).bytes(), Some(20));
        assert_eq!((length(21_usize) >> length(2_i128)).bytes(), Some(5));
        assert_eq!(
            (length(7_u16) % length(4_i128) + length(9_u8) / length(2_i128)).bytes(),
            Some(7)
        );
    }

    #[test]
    fn what_cannot_be_is_none() {
        assert!(none(length(3_u8) - length(4_i128)));
        assert!(none(length(-1_i8)));
        assert!(none(length(u128::MAX)));
        assert!(none(length(u64::MAX) * length(u64::MAX) * length(u64::MAX)));
        assert!(none(length(1_u8) / length(0_u8)));
        assert!(none(length(1_u8) % length(0_u8)));
        assert!(none(length(1_u8) << length(127_u8)));
        assert!(none(length(1_u8) << length(200_u8)));
        assert!(none(length(1_u8) << length(-1_i8)));
        assert!(none(length(1_u8) >> length(128_u8)));
        assert_eq!(take(b"abc", length(4_u8)), None);
        assert_eq!(take(b"abc", length(2_u8)), Some((&b"ab"[..], &b"c"[..])));
    }
}

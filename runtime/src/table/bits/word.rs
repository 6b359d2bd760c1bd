//! Integers as bit fields.

/// An integer that a field of `bits!` is read into or written from.
pub trait Word: Copy {
    /// Returns the integer in the last `width` bits of `raw`; a signed type extends the sign bit.
    fn from_bits(raw: u128, width: u32) -> Self;

    /// Returns the last `width` bits, or `None` if the integer doesn't fit them.
    fn to_bits(self, width: u32) -> Option<u128>;
}

macro_rules! words {
    ($($unsigned:ident $signed:ident)+) => {$(
        impl Word for $unsigned {
            #[inline]
            #[allow(clippy::cast_possible_truncation)] // the field is no wider than the type
            fn from_bits(raw: u128, _: u32) -> Self {
                raw as $unsigned
            }

            #[inline]
            fn to_bits(self, width: u32) -> Option<u128> {
                let raw = u128::from(self);
                (width >= u128::BITS || raw >> width == 0).then_some(raw)
            }
        }

        impl Word for $signed {
            #[inline]
            #[allow(clippy::cast_possible_truncation)] // the field is no wider than the type
            fn from_bits(raw: u128, width: u32) -> Self {
                let unused = u128::BITS - width;
                ((raw << unused).cast_signed() >> unused) as $signed
            }

            #[inline]
            fn to_bits(self, width: u32) -> Option<u128> {
                let unused = u128::BITS - width;
                let wide = i128::from(self);
                ((wide << unused) >> unused == wide).then(|| (wide << unused).cast_unsigned() >> unused)
            }
        }
    )+};
}

words! {
    u8 i8
    u16 i16
    u32 i32
    u64 i64
    u128 i128
}

#[cfg(test)]
mod tests {
    use super::Word;

    #[test]
    fn signed_bits_are_twos_complement() {
        assert_eq!((-1_i8).to_bits(3), Some(0b111));
        assert_eq!((-4_i8).to_bits(3), Some(0b100));
        assert_eq!(3_i8.to_bits(3), Some(0b011));
        assert_eq!(i8::from_bits(0b100, 3), -4);
        assert_eq!(i128::from_bits(u128::MAX, 128), -1);
        assert_eq!(i128::MIN.to_bits(128), Some(1 << 127));
    }

    #[test]
    fn what_does_not_fit_has_none() {
        assert_eq!(8_u8.to_bits(3), None);
        assert_eq!(4_i8.to_bits(3), None);
        assert_eq!((-5_i8).to_bits(3), None);
        assert_eq!(1_u8.to_bits(1), Some(1));
        assert_eq!(1_i8.to_bits(1), None);
        assert_eq!(u128::MAX.to_bits(128), Some(u128::MAX));
    }
}

//! The runtime part of `bits!`: reads the fields of a layout, computes lengths, and writes bytes.

mod length;
mod read;
mod word;
mod write;

pub use self::length::{Length, Whole, length, take};
pub use self::read::{array, big, finite_f32, finite_f64, little};
pub use self::word::Word;
pub use self::write::{Bits, data, exactly};

/// Builds bytes from a binary layout: Erlang's bit syntax.
///
/// The same syntax is a pattern in the tables of [`tcp_server`](macro@crate::tcp_server). Here it
/// is an ordinary macro, which works anywhere and makes a `Vec<u8>` with a single allocation of the
/// exact size.
///
/// | field | writes |
/// | --- | --- |
/// | `value: u16` | an integer or float in that many bits, big-endian: `u1` to `u128`, `i1` to `i128` (two's complement), `f32`, `f64` |
/// | `value: u16le` | the same, little-endian |
/// | `0x01u8`, `-1i16le`, `1.5f32`, `5: u3` | a literal in that many bits |
/// | `"GIOP"`, `b"GIOP"`, `b'G'` | its bytes |
/// | `data`, `data: [u8]` | the bytes of any [`Reply`](crate::Reply) |
/// | `data: [u8; len]` | the same, if the length is `len` bytes |
///
/// `u8`, `u16`, `u32`, `u64`, `u128`, and `i8` to `i128`, take exactly that type, so the program
/// must convert a `usize` explicitly. A field of another width takes the next larger type: `u24`
/// takes a `u32`. Numeric fields may begin and end within a byte. Fields of bytes begin on a byte
/// boundary, and the layout ends on one; otherwise the compiler says how many bits are missing.
/// Each expression is evaluated once, in order.
///
/// # Panics
///
/// Panics if a value doesn't fit its field, or if the number of bytes isn't the one that the field
/// says. Nothing is ever truncated.
///
/// # Examples
///
/// ```
/// use kai_tcp_server::bits;
///
/// let (id, body) = (7_u32, "hello");
/// let len = u16::try_from(body.len()).expect("a short body");
/// assert_eq!(bits!(0x82u8, id: u32, len: u16, body), b"\x82\0\0\0\x07\0\x05hello");
/// ```
///
/// The first bytes of an IPv4 header, with fields of 4, 3 and 13 bits:
///
/// ```
/// # use kai_tcp_server::bits;
/// let (ihl, length, flags, offset) = (5_u8, 84_u16, 0b010_u8, 0_u16);
/// let header = bits!(4u4, ihl: u4, 0u8, length: u16, 0xbeefu16, flags: u3, offset: u13);
/// assert_eq!(header, [0x45, 0, 0, 84, 0xbe, 0xef, 0x40, 0]);
/// ```
///
/// A value that doesn't fit is never truncated:
///
/// ```should_panic
/// # use kai_tcp_server::bits;
/// let len = 0x0100_0000_u32;
/// bits!(len: u24); // `len` is 16777216, which doesn't fit into `u24`
/// ```
///
/// A layout must end on a byte boundary:
///
/// ```compile_fail
/// # use kai_tcp_server::bits;
/// let version = 4_u8;
/// bits!(version: u4); // 4 bits are missing
/// ```
#[macro_export]
macro_rules! bits {
    ($($layout:tt)*) => {
        $crate::__private::bits_build!($crate, $($layout)*)
    };
}

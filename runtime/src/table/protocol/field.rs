//! The fields of binary layouts.

use super::length::Length;

/// A field of a binary layout.
///
/// # Examples
///
/// ```
/// use kai_tcp_server::protocol::{Class, Endian, Form, Frame, Length, Value};
/// use kai_tcp_server::{Action, tcp_server};
///
/// struct Packets;
///
/// #[tcp_server(port = 10000, packet = 4)]
/// impl Packets {
///     fn handle_call(&self, data: &[u8]) -> Action {
///         match data {
///             bits!(4: u4, _: u4, len: u16le, body: [u8; len], rest: [u8]) => reply((body, rest)),
///             _ => close,
///         }
///     }
/// }
///
/// let Frame::Bits([version, _, len, body, rest]) = Packets::PROTOCOL[0].frame else { panic!() };
/// assert_eq!(version.value, Value::Number(4));
/// let Form::Number(number) = len.form else { panic!() };
/// assert_eq!((number.class, number.width, number.endian), (Class::Unsigned, 16, Endian::Little));
/// assert_eq!(body.form, Form::Bytes(Length::Field("len")));
/// assert_eq!((rest.name, rest.form), (Some("rest"), Form::Rest));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Field {
    /// The name as it is written, without `r#`; `None` for a literal and for `_`.
    pub name: Option<&'static str>,
    /// The form that it has on the wire.
    pub form: Form,
    /// The value that it must have.
    pub value: Value,
}

/// The form of a field on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Form {
    /// A number.
    Number(Number),
    /// So many bytes, beginning on a whole one.
    Bytes(Length),
    /// All remaining bytes.
    Rest,
}

/// The type of a number: `u16`, `i3`, `f64le`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Number {
    /// The meaning of its bits.
    pub class: Class,
    /// The width in bits, 1 to 128.
    pub width: u32,
    /// The order of its bytes.
    pub endian: Endian,
}

/// The meaning of a number's bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Class {
    /// An integer without a sign.
    Unsigned,
    /// An integer in two's complement.
    Signed,
    /// A float of IEEE 754. Only a finite one matches.
    Float,
}

/// The order of a number's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Endian {
    /// The most significant byte is first.
    Big,
    /// The least significant byte is first. If the width isn't a multiple of 8, the last byte has
    /// the bits that are left.
    Little,
}

/// The value that a field must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Value {
    /// Any that its form allows.
    Any,
    /// A number, as its bits: a negative one in two's complement of the field's width, a float as
    /// IEEE 754 has it.
    Number(u128),
    /// These bytes.
    Bytes(&'static [u8]),
    /// A constant's, whose name is the field's. Its value isn't known here.
    Unknown,
}

//! The lengths of byte fields, as computations over earlier fields.

use crate::table::bits::length;

/// The length of a field of bytes, as a computation: `[u8; 2 * len - 4]`.
///
/// # Examples
///
/// ```
/// use kai_tcp_server::protocol::{Length, Operator};
///
/// let length = Length::Operation(
///     &Length::Operation(&Length::Number(2), Operator::Mul, &Length::Field("len")),
///     Operator::Sub,
///     &Length::Number(4),
/// );
/// assert_eq!(length.compute(&|name| (name == "len").then_some(10)), Some(16));
/// assert_eq!(length.compute(&|_| None), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Length {
    /// A number.
    Number(i128),
    /// The value of an earlier field of the same layout.
    Field(&'static str),
    /// A constant, a variable or a field of one, as it is written. Its value isn't known here.
    Unknown(&'static str),
    /// An operation of two lengths.
    Operation(&'static Length, Operator, &'static Length),
}

/// An operator of a [`Length`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`, towards zero
    Div,
    /// `%`
    Rem,
    /// `<<`
    Shl,
    /// `>>`
    Shr,
}

impl Length {
    /// Computes the length, given the values of fields and of what isn't known here.
    ///
    /// `value` is asked for each name, as it is written. Returns `None` if it returns `None`, and if
    /// an operation overflows or divides by zero. A layout whose length is `None`, or negative,
    /// doesn't match.
    pub fn compute(&self, value: &dyn Fn(&'static str) -> Option<i128>) -> Option<i128> {
        match *self {
            Length::Number(number) => Some(number),
            Length::Field(name) | Length::Unknown(name) => value(name),
            Length::Operation(left, operator, right) => {
                let (left, right) = (length(left.compute(value)?), length(right.compute(value)?));
                let result = match operator {
                    Operator::Add => left + right,
                    Operator::Sub => left - right,
                    Operator::Mul => left * right,
                    Operator::Div => left / right,
                    Operator::Rem => left % right,
                    Operator::Shl => left << right,
                    Operator::Shr => left >> right,
                };
                result.value()
            }
        }
    }
}

impl Operator {
    /// Returns how it is written.
    pub const fn symbol(self) -> &'static str {
        match self {
            Operator::Add => "+",
            Operator::Sub => "-",
            Operator::Mul => "*",
            Operator::Div => "/",
            Operator::Rem => "%",
            Operator::Shl => "<<",
            Operator::Shr => ">>",
        }
    }
}

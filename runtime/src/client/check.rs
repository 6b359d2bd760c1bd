//! The check that a table reads from a frame the values that its client was given.

use std::fmt;

use super::error::refused;
use crate::error::Result;

/// An arm that has a method.
#[derive(Clone, Copy, Debug)]
pub struct Arm {
    /// Its name.
    pub name: &'static str,
    /// True if frames are text.
    pub is_text: bool,
    /// The arms that are tried before it, as ranges of their numbers.
    pub earlier: &'static [(u32, u32)],
    /// Returns the name of the arm with this number, if its pattern matches a frame.
    pub takes: fn(u32, &[u8]) -> Option<&'static str>,
}

impl Arm {
    /// Refuses a frame that the table would read otherwise than it was given.
    ///
    /// The guard of an earlier arm may hold or not, so it counts as if it held.
    pub(super) fn check(&self, frame: &[u8], reads: &dyn Fn(&[u8]) -> bool) -> Result {
        if self.is_text && str::from_utf8(frame).is_err() {
            return Err(refused(
                self.name,
                "a frame of this server is text, and this is not UTF-8",
            ));
        }
        let mut earlier = self.earlier.iter().flat_map(|&(from, to)| from..to);
        if let Some(other) = earlier.find_map(|arm| (self.takes)(arm, frame)) {
            let why = format!("the arm `{other}` would take this frame");
            return Err(refused(self.name, &why));
        }
        if reads(frame) {
            Ok(())
        } else {
            Err(refused(
                self.name,
                "the server would read other values than the given ones",
            ))
        }
    }
}

/// Returns whether a frame is a constant of a pattern.
pub fn is_constant<T: AsRef<[u8]> + ?Sized>(frame: &[u8], constant: &T) -> bool {
    frame == constant.as_ref()
}

/// Returns whether bytes are read as they were given.
pub fn same<G, R>(given: &G, read: &R) -> bool
where
    G: AsRef<[u8]> + ?Sized,
    R: AsRef<[u8]> + ?Sized,
{
    given.as_ref() == read.as_ref()
}

/// A value that a template captures by its `FromStr`, and a client writes by its `Display`.
#[diagnostic::on_unimplemented(
    message = "a client can't send a `{Self}`: it doesn't implement `Display`",
    label = "a capture of this template has the type `{Self}`",
    note = "a client writes the value by `Display`, and the server reads it by `FromStr`"
)]
pub trait Shown {
    /// Returns the text.
    fn shown(&self) -> Option<String>;
}

#[diagnostic::do_not_recommend]
impl<T: fmt::Display> Shown for T {
    fn shown(&self) -> Option<String> {
        let mut text = String::new();
        fmt::write(&mut text, format_args!("{self}")).ok()?;
        Some(text)
    }
}

/// Returns whether a value is read as it was given: both are written alike.
pub fn same_shown<T: Shown>(given: &T, read: &T) -> bool {
    given.shown().is_some_and(|given| read.shown() == Some(given))
}

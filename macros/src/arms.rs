//! The protocol's tables: each `match` over frames. Templates and bit layouts become patterns that Rust knows, with conditions;
//! the table stays one `match`, so that order, guards and exhaustiveness are Rust's own.
//!
//! ```text
//! match → site (what is matched) → shapes (what each arm matches) → checks → Rust's patterns
//! ```

mod anew;
mod automaton;
mod count;
mod dispatch;
mod judged;
mod literal;
mod lower;
mod matching;
mod model;
mod outside;
mod pattern;
mod reach;
mod shape;
mod site;
mod table;
mod template;
mod typed;

#[cfg(test)]
mod tests;

pub(crate) use crate::arms::model::{Arm, Literal, Protocol};
pub(crate) use crate::arms::reach::changes_packet;
pub(crate) use crate::arms::table::compile;

//! The protocol's tables: each `match` over frames. Templates and bit layouts become Rust patterns
//! with conditions. The table stays one `match`, so that order, guards and exhaustiveness are
//! Rust's own.
//!
//! ```text
//! match → site (what is matched) → shapes (what each arm matches) → checks → Rust's patterns
//! ```

mod anew;
mod automaton;
mod closes;
mod compile;
mod count;
mod describe;
mod dispatch;
mod edges;
pub(crate) mod frame;
mod hidden;
mod judged;
mod literal;
pub(crate) mod lower;
mod matching;
mod model;
mod name;
mod outside;
mod pattern;
mod reach;
mod rewrite;
mod shape;
mod site;
mod staged;
mod stages;
pub(crate) mod state;
mod template;
mod typed;
mod ways;
mod written;

#[cfg(test)]
mod tests;

pub(crate) use crate::table::closes::{Closes, Replies};
pub(crate) use crate::table::compile::compile;
pub(crate) use crate::table::hidden::{comes_first, shown};
pub(crate) use crate::table::model::{Arm, Beside, Case, Edge, Literal, Protocol};
pub(crate) use crate::table::reach::changes_packet;
pub(crate) use crate::table::staged::packet_size;

//! What the attribute makes of a table: templates, `bits!`, action words, the protocol as a list.

mod arms;
mod arms_random;
mod bits;
mod bits_in_tables;
mod bits_vectors;
// Public, as only what others can reach is asked for its documentation.
pub mod protocol;
mod words;

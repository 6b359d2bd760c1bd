//! The attribute's tables: templates, `bits!`, action words, the list of the protocol.

mod arms;
mod arms_random;
mod bits;
mod bits_in_tables;
mod bits_vectors;
mod clients;
mod clients_hostile;
mod frames;
#[cfg(unix)]
mod handed_over;
// Public, because rustc demands documentation only of public items.
pub mod protocol;
mod transcripts;
mod words;

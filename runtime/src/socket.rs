//! placeholder
/// A connection, as its handlers see it.
#[derive(Debug)]
pub struct Socket(());

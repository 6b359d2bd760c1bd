//! What the attribute's expansion names where a server has states.

#[path = "states/check.rs"]
pub mod check;
#[path = "states/text.rs"]
mod text;

use std::marker::PhantomData;

use crate::api::state::ProtocolState;
use crate::table::state::ListedState;

/// The states of an enum: `Known::<P>::STATES`, which without the bound is that of [`Unknown`]. That
/// an enum has no states is said once, elsewhere.
pub struct Known<P>(PhantomData<P>);

impl<P: ProtocolState> Known<P> {
    /// The states, the initial one first.
    pub const STATES: &'static [ListedState] = P::STATES;
    /// Their names.
    pub const NAMES: &'static [&'static str] = P::NAMES;

    /// Returns the state at a place.
    #[inline]
    pub fn at(index: usize) -> P {
        P::at(index)
    }
}

/// What stands for the states of what has none.
pub trait Unknown<P>: Sized {
    /// None.
    const STATES: &'static [ListedState] = &[];
    /// None.
    const NAMES: &'static [&'static str] = &[];

    /// Nothing comes here, as the program doesn't compile.
    fn at(_: usize) -> P {
        unreachable!("an enum without states")
    }
}

impl<P> Unknown<P> for Known<P> {}

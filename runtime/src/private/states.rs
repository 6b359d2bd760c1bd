//! The items that the attribute's expansion names where a server has states.

#[path = "states/check.rs"]
pub mod check;
#[path = "states/text.rs"]
mod text;
#[path = "states/walk.rs"]
pub mod walk;

use std::marker::PhantomData;

use crate::api::state::ProtocolState;
use crate::table::state::ListedState;

/// The states of an enum: `Known::<P>::STATES`, which without the bound is that of [`Unknown`].
/// That an enum has no states is said once, elsewhere.
pub struct Known<P>(PhantomData<P>);

impl<P: ProtocolState> Known<P> {
    /// The states, the initial one first.
    pub const STATES: &'static [ListedState] = P::STATES;
    /// Their names.
    pub const NAMES: &'static [&'static str] = P::NAMES;
    /// The names of the last ones.
    pub const LAST: &'static [&'static str] = P::LAST;

    /// Returns the state at a place.
    #[inline]
    pub fn at(index: usize) -> P {
        P::at(index)
    }

    /// Returns the state that an action leads to.
    #[inline]
    pub fn state(state: P) -> P {
        state
    }
}

/// The stand-in for the states of a type that has none.
pub trait Unknown<P>: Sized {
    /// None.
    const STATES: &'static [ListedState] = &[];
    /// None.
    const NAMES: &'static [&'static str] = &[];
    /// None.
    const LAST: &'static [&'static str] = &[];

    /// Nothing comes here, as the program doesn't compile.
    fn at(_: usize) -> P {
        unreachable!("an enum without states")
    }

    /// Returns what stands for a state.
    fn state(_: P) -> None {
        None
    }
}

impl<P> Unknown<P> for Known<P> {}

/// The stand-in for a state of an enum that has none.
#[derive(Clone, Copy)]
pub struct None;

impl ProtocolState for None {
    const STATES: &'static [ListedState] = &[];
    const NAMES: &'static [&'static str] = &[];

    fn index(self) -> usize {
        0
    }

    fn at(_: usize) -> Self {
        None
    }
}

/// Says once of an enum that it has no states.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the states of a protocol: it doesn't implement `ProtocolState`",
    label = "no states of a protocol",
    note = "the states are an enum without fields that derives it: `#[derive(Clone, Copy, ProtocolState)]`, with `#[initial]` on the first state"
)]
pub trait IsState {
    /// Nothing but the demand.
    fn demand();
}

#[diagnostic::do_not_recommend]
impl<P: ProtocolState> IsState for P {
    fn demand() {}
}

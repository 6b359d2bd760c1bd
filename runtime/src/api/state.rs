//! `ProtocolState`: the states of a protocol, as an enum of the user's.

use crate::table::state::{CLOSE, ListedState, PLACE, STATES_MAX, tag};

/// The states of a protocol: an enum without fields, for the option `state` of the attribute.
///
/// Derive it: `#[derive(Clone, Copy, ProtocolState)]`. One variant is `#[initial]`; data belongs to
/// the session. See [states](macro@crate::tcp_server#states).
///
/// # Examples
///
/// ```
/// use kai_tcp_server::ProtocolState;
///
/// #[derive(Clone, Copy, Debug, PartialEq, ProtocolState)]
/// enum Phase {
///     #[state(recv_timeout = "10m", packet = line(crlf))]
///     Text,
///     #[initial]
///     Hello,
/// }
///
/// assert_eq!(Phase::STATES[0].name, "Hello");
/// assert_eq!(Phase::at(1), Phase::Text);
/// assert_eq!(Phase::Text.index(), 1);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the states of a protocol: it doesn't implement `ProtocolState`",
    label = "no states of a protocol",
    note = "the states are an enum without fields that derives it: `#[derive(Clone, Copy, ProtocolState)]`, with `#[initial]` on the first state"
)]
pub trait ProtocolState: Copy + Send + Sync + 'static {
    /// The states, the initial one first.
    const STATES: &'static [ListedState];

    /// The names of the states, in the same order.
    #[doc(hidden)]
    const NAMES: &'static [&'static str];

    /// The names of those that are `#[state(last)]`.
    #[doc(hidden)]
    const LAST: &'static [&'static str] = &[];

    /// Returns the place of this state in [`STATES`](Self::STATES).
    fn index(self) -> usize;

    /// Returns the state at a place of [`STATES`](Self::STATES); the initial one if there is none.
    fn at(index: usize) -> Self;
}

/// Returns a state as one number: the tag of its enum, and its place, counted from 1.
pub(crate) fn number<P: ProtocolState>(state: P) -> u32 {
    let place = state.index().min(STATES_MAX - 1) + 1;
    let tag = const { tag(P::STATES) };
    tag | (u32::try_from(place).unwrap_or(1) << PLACE.trailing_zeros())
}

/// Returns the place of a state that `number` made of the enum that has these states.
#[inline]
pub(crate) fn place(number: u32, tag: u32) -> Option<u8> {
    named(number).filter(|_| number & !(CLOSE | PLACE) == tag)
}

/// Returns the place of the state that an action's number names, if it names one.
#[inline]
pub(crate) fn named(number: u32) -> Option<u8> {
    let [place, ..] = ((number & PLACE) >> PLACE.trailing_zeros()).to_le_bytes();
    place.checked_sub(1)
}

//! The states of a protocol, as a running server knows them.

use std::time::Duration;

use crate::packet::Packet;

/// The most states that a protocol may have; the derive refuses more.
pub(crate) const STATES_MAX: usize = 255;

/// A state of a server's protocol, with the options that hold in it.
///
/// [`ProtocolState::STATES`](crate::ProtocolState::STATES) lists them; the derive makes the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListedState {
    /// The name of the variant.
    pub name: &'static str,
    /// The `recv_timeout` in this state; `None`: the server's.
    pub recv_timeout: Option<Duration>,
    /// The packet mode in this state; `None`: the server's.
    pub packet: Option<Packet>,
    /// True if it is meant to be the last one, so that nothing has to lead on from it.
    pub last: bool,
}

impl ListedState {
    /// Makes a state without options of its own.
    pub const fn new(name: &'static str) -> Self {
        ListedState {
            name,
            recv_timeout: None,
            packet: None,
            last: false,
        }
    }

    /// Sets the longest wait for the next whole frame in this state.
    #[must_use]
    pub const fn recv_timeout(mut self, timeout: Duration) -> Self {
        self.recv_timeout = Some(timeout);
        self
    }

    /// Sets the packet mode in this state.
    #[must_use]
    pub const fn packet(mut self, packet: Packet) -> Self {
        self.packet = Some(packet);
        self
    }

    /// Says that nothing has to lead on from this state.
    #[must_use]
    pub const fn last(mut self) -> Self {
        self.last = true;
        self
    }
}

/// The number of connections in a state, as listed in [`ServerInfo`](crate::ServerInfo).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StateInfo {
    /// The name of the state.
    pub name: &'static str,
    /// The number of current connections that are in it.
    pub connections: usize,
}

/// The bit of an action's number that says that the connection closes.
pub(crate) const CLOSE: u32 = 1;

/// The bits of a state's place, counted from 1; so none is 0.
pub(crate) const PLACE: u32 = 0x1fe;

/// Returns a number that tells the states of different enums apart, beside [`CLOSE`] and [`PLACE`].
pub(crate) const fn tag(states: &[ListedState]) -> u32 {
    // FNV-1a.
    let mut hash: u32 = 0x811c_9dc5;
    let mut at = 0;
    while at < states.len() {
        let name = states[at].name.as_bytes();
        let mut letter = 0;
        while letter < name.len() {
            hash = (hash ^ name[letter] as u32).wrapping_mul(0x0100_0193);
            letter += 1;
        }
        hash = (hash ^ 0xff).wrapping_mul(0x0100_0193);
        at += 1;
    }
    hash & !(CLOSE | PLACE)
}

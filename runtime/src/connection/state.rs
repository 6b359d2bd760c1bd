//! The states of a protocol on a connection. The link has the state; a session is told it before
//! each callback. All of it is gone from servers without states.

use super::Connection;
use crate::api::tcp_server::TcpServer;
use crate::connection::context::Context;
use crate::io::Io;
use crate::io::link::Link;

/// Returns whether a server has states.
#[inline]
pub(super) const fn has_states<S: TcpServer>() -> bool {
    !S::STATES.is_empty()
}

/// Tells a session its state, before a callback.
#[inline]
pub(super) fn tell<S: TcpServer>(session: &mut S::Session, link: &Link) {
    if has_states::<S>() {
        S::enter_state(session, link.state());
    }
}

/// Lets the options of the state hold that an action has named, after its callback and the release
/// of its frame.
pub(super) fn settle<S: TcpServer>(context: &Context<S>, io: &mut Io) {
    if has_states::<S>() && io.writer.halts.take_entered() {
        io.settle_state(S::STATES, context.options.packet.unwrap_or_default());
    }
}

/// Returns whether an action has named another state, whose options are to hold.
#[inline]
pub(super) fn has_entered<S: TcpServer>(io: &Io) -> bool {
    has_states::<S>() && io.writer.halts.has_entered()
}

impl<S: TcpServer> Connection<'_, S> {
    /// Takes the session, for `closed`.
    pub(super) fn take_session(&mut self) -> Option<S::Session> {
        let mut session = self.session.take()?;
        tell::<S>(&mut session, &self.permit.link);
        Some(session)
    }
}

//! `Peer`: a handle with which other tasks send messages to a connection or close it.

use std::convert::Infallible;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::io::link::{ConnectionId, Link, Signal};
use crate::io::mailbox::{Mailbox, SendError};
use crate::transport::addr::PeerAddr;

/// A handle on a connection for other tasks: sends it messages and closes it.
///
/// `M` is the message type of the server's `handle_info`. All clones are handles on the same
/// connection; dropping one does nothing. A handle may outlive its connection: a message to an
/// ended connection comes back as [`SendError::Gone`].
///
/// # Examples
///
/// ```
/// use kai_tcp_server::{Peer, SendError};
///
/// /// Sends a line to all members, and removes those whose connection has ended.
/// fn announce(line: &str, members: &mut Vec<Peer<String>>) {
///     members.retain(|member| match member.send(line.to_owned()) {
///         Ok(()) => true,
///         Err(SendError::Full(_)) => true, // too slow for this line: never holds up the others
///         Err(SendError::Gone(_)) => false,
///     });
/// }
/// ```
pub struct Peer<M = Infallible> {
    link: Arc<Link>,
    /// The mailbox; `None` if the server takes no messages.
    mailbox: Option<Arc<Mailbox<M>>>,
}

impl<M> Peer<M> {
    pub(crate) fn new(link: Arc<Link>, mailbox: Option<Arc<Mailbox<M>>>) -> Self {
        Peer { link, mailbox }
    }

    /// Returns the id of the connection.
    pub fn id(&self) -> ConnectionId {
        self.link.id
    }

    /// Returns the address of the connection's peer.
    pub fn addr(&self) -> PeerAddr {
        self.link.peer_addr()
    }

    /// Puts a message into the connection's mailbox, for its `handle_info`. Never waits.
    ///
    /// The mailbox is full if messages arrive faster than the connection handles them: its peer may
    /// not read, or many arrived at once. Messages that wait when the connection ends are dropped,
    /// also after a stop or a kick.
    ///
    /// # Errors
    ///
    /// Returns [`SendError::Full`] if `mailbox` messages are waiting already, or if the connection
    /// is just being handed over to another process, and [`SendError::Gone`] if the connection has
    /// ended or is served by that process. Both contain the message.
    pub fn send(&self, message: M) -> Result<(), SendError<M>> {
        match &self.mailbox {
            None => Err(SendError::Gone(message)),
            Some(mailbox) => mailbox.push(message).map(|()| self.link.wake()),
        }
    }

    /// Returns whether the mailbox takes nothing because the connection is being handed over.
    pub(crate) fn is_frozen(&self) -> bool {
        self.mailbox.as_ref().is_some_and(|mailbox| mailbox.is_frozen())
    }

    /// Closes the connection: drops the running call at its next `.await`, and ends a blocked write
    /// too.
    ///
    /// Earlier replies are still sent if the peer reads them within a second. Waiting messages are
    /// dropped.
    pub fn close(&self) {
        self.link.tell(Signal::Kick);
    }

    /// Returns whether the connection has ended.
    pub fn is_gone(&self) -> bool {
        self.link.is_over()
    }
}

impl<M> Clone for Peer<M> {
    fn clone(&self) -> Self {
        Peer {
            link: Arc::clone(&self.link),
            mailbox: self.mailbox.clone(),
        }
    }
}

impl<M> fmt::Debug for Peer<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Peer({} {})", self.id(), self.addr())
    }
}

/// Two peers are equal if they are handles on the same connection.
impl<M> PartialEq for Peer<M> {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl<M> Eq for Peer<M> {}

impl<M> Hash for Peer<M> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id().hash(state);
    }
}

//! The handle of a connection for everybody else.

use std::convert::Infallible;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::SocketAddr;
use std::sync::Arc;

use crate::io::link::{ConnectionId, Link, Signal};
use crate::io::mailbox::{Mailbox, SendError};

/// The handle of a connection for everybody else: sends it messages, closes it.
///
/// `M` is what the server's `handle_info` takes. A clone is the same peer; dropping it does nothing. A peer whose connection
/// has ended is harmless: what is sent to it comes back as [`SendError::Gone`].
///
/// # Examples
///
/// ```
/// use kai_tcp_server::{Peer, SendError};
///
/// /// Sends a line to all, and forgets those who left.
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
    /// None where the server takes no messages.
    mailbox: Option<Arc<Mailbox<M>>>,
}

impl<M> Peer<M> {
    pub(crate) fn new(link: Arc<Link>, mailbox: Option<Arc<Mailbox<M>>>) -> Self {
        Peer { link, mailbox }
    }

    /// The connection's number.
    pub fn id(&self) -> ConnectionId {
        self.link.id
    }

    /// The address of the connection's other end.
    pub fn addr(&self) -> SocketAddr {
        self.link.peer_addr
    }

    /// Puts a message into the connection's mailbox, for its `handle_info`. Never waits.
    ///
    /// A mailbox is full when messages come faster than the connection handles them: its peer may not read, or there were many
    /// at once. What is waiting when the connection ends is dropped, at a stop and a kick too.
    ///
    /// # Errors
    ///
    /// [`SendError::Full`] when `mailbox` messages wait already, [`SendError::Gone`] when the connection has ended; both give
    /// the message back.
    pub fn send(&self, message: M) -> Result<(), SendError<M>> {
        match &self.mailbox {
            None => Err(SendError::Gone(message)),
            Some(mailbox) => mailbox.push(message).map(|()| self.link.wake()),
        }
    }

    /// Closes the connection: drops the call that runs at its next `.await`, and ends a blocked write too.
    ///
    /// What was replied before is still sent if the peer takes it within a second. Messages that wait are dropped.
    pub fn close(&self) {
        self.link.tell(Signal::Kick);
    }

    /// Whether the connection has ended.
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

/// Equal peers are handles of the same connection.
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

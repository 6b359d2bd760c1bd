//! Groups of connections that get the same messages.

mod names;

use std::error::Error;
use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use self::names::Groups;
use self::names::Listed;
use crate::api::peer::Peer;
use crate::io::mailbox::SendError;

/// The most members of a group, unless [`Group::limited`] says otherwise.
const MEMBERS: usize = 1 << 20;

/// A set of connections that get the same messages, such as the members of a chat room or all who
/// watch a price.
///
/// All clones are the same group. Connections of several servers may be in one, and any task may
/// send to it. A connection is a member as long as its [`Membership`] lives, which its session
/// should own; a connection that has ended is no member any more, wherever its membership is.
///
/// All members get the messages of a group in the same order, except those whose mailbox was full.
///
/// # Examples
///
/// ```
/// use kai_tcp_server::{Action, Bytes, Group, JoinError, Membership, Peer, tcp_server};
///
/// #[derive(Default)]
/// struct Chat {
///     all: Group<Bytes>,
/// }
///
/// #[tcp_server(port = 10000, packet = line(crlf | lf), max_processes = 1000)]
/// impl Chat {
///     fn connected(&self, peer: Peer<Bytes>) -> Result<Membership<Bytes>, JoinError> {
///         self.all.join(&peer)
///     }
///
///     fn handle_call(&self, line: &[u8], me: &mut Membership<Bytes>) -> Action {
///         let told = self.all.broadcast_except(me.peer(), Bytes::copy_from_slice(line));
///         // Who doesn't read is cut off, and holds up nobody.
///         told.full.iter().for_each(Peer::close);
///         noreply
///     }
///
///     fn handle_info(&self, line: Bytes) -> Action {
///         reply(line)
///     }
/// }
/// ```
pub struct Group<M>(Arc<Shared<M>>);

struct Shared<M> {
    most: usize,
    members: Mutex<Members<M>>,
    listed: Option<Listed<M>>,
}

/// The members, each at a place of its own. Places of those who have left are taken again, so that
/// there are as many as there were members at one time.
struct Members<M> {
    places: Vec<Option<Peer<M>>>,
    free: Vec<usize>,
}

/// The result of a broadcast.
#[derive(Debug)]
#[non_exhaustive]
pub struct Broadcast<M> {
    /// The number of members into whose mailbox the message was put.
    pub sent: usize,
    /// The members whose mailbox was full, who didn't get the message. A member that is just being
    /// handed over to another process doesn't get it either, and isn't among them: it isn't slow.
    pub full: Vec<Peer<M>>,
}

/// The membership of a connection in a [`Group`]. Dropping it leaves the group.
#[must_use = "a connection leaves the group when its membership is dropped"]
pub struct Membership<M> {
    group: Group<M>,
    peer: Peer<M>,
    place: usize,
}

/// The reason for which a connection can't join a [`Group`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JoinError {
    /// The group has as many members as it may have.
    Full,
    /// There are as many groups as there may be.
    TooManyGroups,
    /// The connection has ended.
    Gone,
}

impl<M> Group<M> {
    /// Returns a group without members, which may have 1,048,576.
    pub fn new() -> Self {
        Group::limited(MEMBERS)
    }

    /// Returns a group without members, which may have this many.
    pub fn limited(most: usize) -> Self {
        Group::of(most, None)
    }

    fn of(most: usize, listed: Option<Listed<M>>) -> Self {
        let members = Mutex::new(Members {
            places: Vec::new(),
            free: Vec::new(),
        });
        Group(Arc::new(Shared { most, members, listed }))
    }

    /// Returns the name, if the group is one of [`Groups`].
    pub fn name(&self) -> Option<&str> {
        self.0.listed.as_ref().map(Listed::name)
    }

    /// Makes a connection a member, for as long as the returned value lives.
    ///
    /// A connection that joins twice is a member twice, and gets each message twice.
    ///
    /// # Errors
    ///
    /// Returns [`JoinError::Full`] if the group has as many members as it may have, and
    /// [`JoinError::Gone`] if the connection has ended.
    pub fn join(&self, peer: &Peer<M>) -> Result<Membership<M>, JoinError> {
        if peer.is_gone() {
            return Err(JoinError::Gone);
        }
        let place = self.members().add(peer, self.0.most).ok_or(JoinError::Full)?;
        Ok(Membership {
            group: self.clone(),
            peer: peer.clone(),
            place,
        })
    }

    /// Puts a message into the mailbox of each member, and says whose was full. Never waits for a
    /// member.
    ///
    /// The message is cloned for each member, so let it be cheap to clone: `Bytes` or an `Arc`.
    /// Then a member whose mailbox is empty costs no allocation. The group is locked meanwhile:
    /// `clone` and `drop` of the message don't use it.
    pub fn broadcast(&self, message: M) -> Broadcast<M>
    where
        M: Clone,
    {
        self.send(message, |_| true)
    }

    /// As [`broadcast`](Self::broadcast), to all members but one: whoever says something needn't
    /// hear it.
    pub fn broadcast_except(&self, except: &Peer<M>, message: M) -> Broadcast<M>
    where
        M: Clone,
    {
        self.send(message, |peer| peer != except)
    }

    fn send(&self, message: M, hears: impl Fn(&Peer<M>) -> bool) -> Broadcast<M>
    where
        M: Clone,
    {
        let (mut sent, mut full) = (0, Vec::new());
        for peer in self.members().iter().filter(|peer| hears(peer)) {
            match peer.send(message.clone()) {
                Ok(()) => sent += 1,
                Err(SendError::Full(_)) if peer.is_frozen() => {}
                Err(SendError::Full(_)) => full.push(peer.clone()),
                Err(SendError::Gone(_)) => {}
            }
        }
        Broadcast { sent, full }
    }

    /// Returns the members.
    pub fn peers(&self) -> Vec<Peer<M>> {
        self.members().present().cloned().collect()
    }

    /// Returns the number of members, each of whom is looked at.
    pub fn len(&self) -> usize {
        self.members().present().count()
    }

    /// Returns whether there is no member.
    pub fn is_empty(&self) -> bool {
        self.members().present().next().is_none()
    }

    /// Locks the members. After a panic of a message's `clone` they are as they were.
    fn members(&self) -> MutexGuard<'_, Members<M>> {
        self.0.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M> Members<M> {
    fn iter(&self) -> impl Iterator<Item = &Peer<M>> {
        self.places.iter().flatten()
    }

    /// Returns those whose connection hasn't ended.
    fn present(&self) -> impl Iterator<Item = &Peer<M>> {
        self.iter().filter(|peer| !peer.is_gone())
    }

    /// Returns the place of a new member; `None` if there are enough.
    fn add(&mut self, peer: &Peer<M>, most: usize) -> Option<usize> {
        if self.free.is_empty() && self.places.len() >= most {
            self.forget_the_gone();
        }
        if let Some(place) = self.free.pop() {
            self.places[place] = Some(peer.clone());
            return Some(place);
        }
        if self.places.len() >= most {
            return None;
        }
        self.places.push(Some(peer.clone()));
        Some(self.places.len() - 1)
    }

    /// Frees the places of connections that have ended, and whose membership somebody keeps.
    fn forget_the_gone(&mut self) {
        for (place, taken) in self.places.iter_mut().enumerate() {
            if taken.as_ref().is_some_and(Peer::is_gone) {
                *taken = None;
                self.free.push(place);
            }
        }
    }

    /// Frees the place of a member, unless another has it by now.
    fn remove(&mut self, place: usize, peer: &Peer<M>) {
        if let Some(taken) = self.places.get_mut(place)
            && taken.as_ref() == Some(peer)
        {
            *taken = None;
            self.free.push(place);
        }
        if self.free.len() == self.places.len() {
            // The memory that a crowd needed isn't kept.
            drop((mem::take(&mut self.places), mem::take(&mut self.free)));
        }
    }
}

impl<M> Membership<M> {
    /// Returns the group.
    pub fn group(&self) -> &Group<M> {
        &self.group
    }

    /// Returns the member.
    pub fn peer(&self) -> &Peer<M> {
        &self.peer
    }
}

impl<M> Drop for Membership<M> {
    fn drop(&mut self) {
        self.group.members().remove(self.place, &self.peer);
    }
}

impl<M> Clone for Group<M> {
    fn clone(&self) -> Self {
        Group(Arc::clone(&self.0))
    }
}

/// Two groups are equal if they are the same one; of two with the same members neither is.
impl<M> PartialEq for Group<M> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl<M> Eq for Group<M> {}

impl<M> Default for Group<M> {
    fn default() -> Self {
        Group::new()
    }
}

impl<M> fmt::Debug for Group<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut group = f.debug_struct("Group");
        if let Some(name) = self.name() {
            group.field("name", &name);
        }
        group.field("len", &self.len()).finish_non_exhaustive()
    }
}

impl<M> fmt::Debug for Membership<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut membership = f.debug_struct("Membership");
        if let Some(name) = self.group.name() {
            membership.field("group", &name);
        }
        membership.field("peer", &self.peer).finish_non_exhaustive()
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            JoinError::Full => "the group is full",
            JoinError::TooManyGroups => "there are too many groups",
            JoinError::Gone => "the connection has ended",
        })
    }
}

impl Error for JoinError {}

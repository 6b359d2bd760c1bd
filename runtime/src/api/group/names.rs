//! Groups by name.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::{Group, JoinError, MEMBERS, Shared};

/// The most groups, unless [`Groups::limited`] says otherwise.
const GROUPS: usize = 1 << 16;

/// Groups by name, such as the rooms of a chat.
///
/// All clones are the same set of groups. A group exists as long as it has a member, or as somebody
/// has it; then its name is free again.
///
/// # Examples
///
/// ```
/// use kai_tcp_server::{Action, Bytes, Groups, Membership, Peer, tcp_server};
///
/// #[derive(Default)]
/// struct Chat {
///     rooms: Groups<Bytes>,
/// }
///
/// struct Member {
///     peer: Peer<Bytes>,
///     room: Option<Membership<Bytes>>,
/// }
///
/// #[tcp_server(port = 10000, packet = line(crlf | lf), max_processes = 1000)]
/// impl Chat {
///     fn connected(&self, peer: Peer<Bytes>) -> Member {
///         Member { peer, room: None }
///     }
///
///     fn handle_call(&self, line: &str, me: &mut Member) -> Action {
///         match (line, &me.room) {
///             ("join {room}", _) => match self.rooms.group(room).and_then(|room| room.join(&me.peer)) {
///                 Ok(joined) => {
///                     me.room = Some(joined);
///                     reply("welcome")
///                 }
///                 Err(why) => reply(why.to_string()),
///             },
///             (line, Some(room)) => {
///                 room.group().broadcast(Bytes::copy_from_slice(line.as_bytes()));
///                 noreply
///             }
///             (_, None) => reply("join a room"),
///         }
///     }
///
///     fn handle_info(&self, line: Bytes) -> Action {
///         reply(line)
///     }
/// }
/// ```
pub struct Groups<M>(Arc<Names<M>>);

struct Names<M> {
    most: usize,
    most_members: usize,
    groups: Mutex<BTreeMap<Arc<str>, Weak<Shared<M>>>>,
}

/// The place of a group among others, which it gives up when it ends.
pub(super) struct Listed<M> {
    name: Arc<str>,
    names: Weak<Names<M>>,
}

impl<M> Groups<M> {
    /// Returns a set without groups, which may have 65,536, each of 1,048,576 members.
    pub fn new() -> Self {
        Groups::limited(GROUPS, MEMBERS)
    }

    /// Returns a set without groups, which may have this many, each of so many members.
    pub fn limited(most_groups: usize, most_members: usize) -> Self {
        Groups(Arc::new(Names {
            most: most_groups,
            most_members,
            groups: Mutex::default(),
        }))
    }

    /// Returns the group of a name. If there is none it begins.
    ///
    /// The name may come from a peer: it is the program that bounds its length.
    ///
    /// # Errors
    ///
    /// Returns [`JoinError::TooManyGroups`] if there are as many groups as there may be.
    pub fn group(&self, name: &str) -> Result<Group<M>, JoinError> {
        let mut groups = self.0.groups();
        if let Some(shared) = groups.get(name).and_then(Weak::upgrade) {
            return Ok(Group(shared));
        }
        // The name of a group that ends at this moment is taken over.
        if groups.len() >= self.0.most && !groups.contains_key(name) {
            return Err(JoinError::TooManyGroups);
        }
        let name: Arc<str> = Arc::from(name);
        let listed = Listed {
            name: Arc::clone(&name),
            names: Arc::downgrade(&self.0),
        };
        let group = Group::of(self.0.most_members, Some(listed));
        groups.insert(name, Arc::downgrade(&group.0));
        Ok(group)
    }

    /// Returns the group of a name, if there is one.
    pub fn find(&self, name: &str) -> Option<Group<M>> {
        self.0.groups().get(name).and_then(Weak::upgrade).map(Group)
    }

    /// Returns all groups, by name.
    pub fn all(&self) -> Vec<Group<M>> {
        self.0.groups().values().filter_map(Weak::upgrade).map(Group).collect()
    }
}

impl<M> Names<M> {
    fn groups(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, Weak<Shared<M>>>> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M> Listed<M> {
    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

impl<M> Drop for Listed<M> {
    fn drop(&mut self) {
        let Some(names) = self.names.upgrade() else { return };
        let mut groups = names.groups();
        // Another group may have the name by now.
        if groups.get(&self.name).is_some_and(|group| group.strong_count() == 0) {
            groups.remove(&self.name);
        }
    }
}

impl<M> Clone for Groups<M> {
    fn clone(&self) -> Self {
        Groups(Arc::clone(&self.0))
    }
}

impl<M> Default for Groups<M> {
    fn default() -> Self {
        Groups::new()
    }
}

impl<M> fmt::Debug for Groups<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.all()).finish()
    }
}

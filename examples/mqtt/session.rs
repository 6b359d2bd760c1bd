//! The session of a client. It ends with the connection.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use kai_tcp_server::{Membership, Peer};

use crate::flow::Pace;
use crate::hub::Event;
use crate::packet::{Id, Message, Qos};
use crate::watch::Watch;

/// The most messages to a client that it hasn't acknowledged.
const UNACKNOWLEDGED_MAX: usize = 16 * 1024;
/// The most messages of a client that are to be delivered exactly once and that it hasn't released.
const UNRELEASED_MAX: usize = 1024;
/// The most subscriptions of a client.
pub(crate) const SUBSCRIPTIONS_MAX: usize = 100;

pub(crate) struct Session {
    pub(crate) peer: Peer<Event>,
    /// The client's id; empty if it has none, as before its CONNECT.
    pub(crate) client: String,
    /// The message that is published if the connection ends without DISCONNECT.
    pub(crate) will: Option<Message>,
    /// The client's place in the group of each filter, and what was granted.
    pub(crate) subscriptions: HashMap<String, (Qos, Membership<Event>)>,
    pub(crate) wanted: Wanted,
    pub(crate) sent: Sent,
    pub(crate) received: Received,
    pub(crate) pace: Pace,
    /// The watch over a client that subscribes.
    pub(crate) watch: Option<Watch>,
}

impl Session {
    pub(crate) fn new(peer: Peer<Event>) -> Self {
        Session {
            pace: Pace::new(peer.clone()),
            peer,
            client: String::new(),
            will: None,
            subscriptions: HashMap::new(),
            wanted: Wanted::default(),
            sent: Sent::default(),
            received: Received::default(),
            watch: None,
        }
    }
}

/// The filters whose retained messages the client has yet to get. It gets one in each turn of its
/// own, so that none is held for it meanwhile, and no search takes long.
#[derive(Default)]
pub(crate) struct Wanted {
    filters: BTreeMap<String, Search>,
    has_turn: bool,
}

/// The search for the retained messages of a filter.
struct Search {
    granted: Qos,
    /// The topic of the last message that was found.
    behind: String,
}

impl Wanted {
    /// Begins at the first message.
    pub(crate) fn begin(&mut self, filter: String, granted: Qos) {
        let behind = String::new();
        self.filters.insert(filter, Search { granted, behind });
    }

    pub(crate) fn end(&mut self, filter: &str) {
        self.filters.remove(filter);
    }

    /// Takes the turn: searches for the next message of one filter, behind a topic. `None` if this
    /// filter has no more.
    pub(crate) fn next(
        &mut self,
        search: impl FnOnce(&str, &str) -> Option<Arc<Message>>,
    ) -> Option<(Arc<Message>, Qos)> {
        self.has_turn = false;
        let mut first = self.filters.first_entry()?;
        let found = search(first.key(), &first.get().behind);
        let Some(message) = found else {
            first.remove();
            return None;
        };
        let search = first.get_mut();
        search.behind.clone_from(&message.topic);
        Some((message, search.granted))
    }

    /// Asks for a turn, if there is something to get. While messages fill the mailbox there is
    /// none; each of them asks again.
    pub(crate) fn ask(&mut self, peer: &Peer<Event>) {
        if !self.filters.is_empty() && !self.has_turn {
            self.has_turn = peer.send(Event::Retained).is_ok();
        }
    }
}

/// The ids of the messages that the client has yet to acknowledge.
#[derive(Default)]
pub(crate) struct Sent {
    ids: BTreeMap<Id, Awaited>,
    last: Id,
}

/// The packet that is awaited for a message: PUBACK, PUBREC, or PUBCOMP.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Awaited {
    Ack,
    Rec,
    Comp,
}

impl Sent {
    /// Returns the id of the next message; 0 if it needs none, and `None` if the client leaves too
    /// many messages unacknowledged.
    pub(crate) fn next(&mut self, qos: Qos) -> Option<Id> {
        let awaited = match qos {
            Qos::Zero => return Some(0),
            Qos::One => Awaited::Ack,
            Qos::Two => Awaited::Rec,
        };
        if self.ids.len() >= UNACKNOWLEDGED_MAX {
            return None;
        }
        // Fewer ids are in use than there are.
        loop {
            self.last = self.last.checked_add(1).unwrap_or(1);
            if !self.ids.contains_key(&self.last) {
                self.ids.insert(self.last, awaited);
                return Some(self.last);
            }
        }
    }

    /// Takes an acknowledgement. What nobody waits for is ignored.
    pub(crate) fn done(&mut self, id: Id, by: Awaited) {
        if self.ids.get(&id) == Some(&by) {
            self.ids.remove(&id);
        }
    }

    /// Takes the receipt of a message that is delivered exactly once.
    pub(crate) fn received(&mut self, id: Id) {
        if let Some(awaited) = self.ids.get_mut(&id)
            && *awaited == Awaited::Rec
        {
            *awaited = Awaited::Comp;
        }
    }
}

/// The ids of received messages that are delivered exactly once, until the client releases them.
#[derive(Default)]
pub(crate) struct Received(BTreeSet<Id>);

impl Received {
    /// Returns whether a message is new, or is one that was sent again; `None` if the client
    /// releases too few.
    pub(crate) fn is_new(&mut self, id: Id) -> Option<bool> {
        if self.0.contains(&id) {
            return Some(false);
        }
        (self.0.len() < UNRELEASED_MAX).then(|| self.0.insert(id))
    }

    pub(crate) fn release(&mut self, id: Id) {
        self.0.remove(&id);
    }
}

//! The hub: who subscribes to what, the retained messages, and the clients by their ids. Each
//! message passes through it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use kai_tcp_server::{Group, Groups, JoinError, Membership, Peer};

use crate::flow::{Flow, Load, Way};
use crate::packet::{Message, Qos};
use crate::retained::Retained;
use crate::topic::{is_wild, matches};

/// The most different filters of a quality of service: those that are names of topics, and those
/// with wildcards, each of which is looked at for each message.
const NAMES_MAX: usize = 100_000;
const WILD_MAX: usize = 1000;
/// The most subscriptions to a filter.
const MEMBERS_MAX: usize = 10_000;

/// A message to a connection.
#[derive(Clone)]
pub(crate) enum Event {
    /// A message for a subscriber, and the quality of service of the subscription.
    Deliver {
        message: Arc<Message>,
        granted: Qos,
        way: Arc<Way>,
    },
    /// A subscriber may have its next retained message.
    Retained,
    /// A publisher that was held back may go on; or the watch looks whether messages are taken.
    GoOn,
}

/// Too many bytes are on their way to subscribers.
pub(crate) struct Overloaded;

pub(crate) struct Hub {
    subscriptions: [Subscriptions; 3],
    retained: Mutex<Retained>,
    /// The connections of clients that have an id.
    clients: Mutex<HashMap<String, Peer<Event>>>,
    load: Arc<Load>,
    /// The time after which a message comes too late.
    pub(crate) late: Duration,
}

/// The subscriptions of one quality of service: each filter is a group, and exists as long as it
/// has a member.
struct Subscriptions {
    granted: Qos,
    names: Groups<Event>,
    wild: Groups<Event>,
}

impl Subscriptions {
    fn new(granted: Qos) -> Self {
        Subscriptions {
            granted,
            names: Groups::limited(NAMES_MAX, MEMBERS_MAX),
            wild: Groups::limited(WILD_MAX, MEMBERS_MAX),
        }
    }

    /// Returns the groups of the filters that select a topic.
    fn to(&self, topic: &str) -> impl Iterator<Item = Group<Event>> {
        let selects = |group: &Group<Event>| group.name().is_some_and(|filter| matches(filter, topic));
        let wild = self.wild.all().into_iter().filter(selects);
        self.names.find(topic).into_iter().chain(wild)
    }
}

impl Hub {
    /// Returns a hub, whose own topic says what it is.
    pub(crate) fn new(late: Duration) -> Self {
        let hub = Hub {
            subscriptions: [Qos::Zero, Qos::One, Qos::Two].map(Subscriptions::new),
            retained: Mutex::default(),
            clients: Mutex::default(),
            load: Arc::default(),
            late,
        };
        hub.retained().keep(&Arc::new(Message {
            topic: "$SYS/broker/version".to_owned(),
            payload: Bytes::from_static(concat!("kai-tcp-server ", env!("CARGO_PKG_VERSION")).as_bytes()),
            qos: Qos::Zero,
            retain: true,
        }));
        hub
    }

    /// Locks the retained messages. No guard is held across an await, and no code leaves what is
    /// locked half changed, so poisoning is ignored; the same holds for the clients.
    fn retained(&self) -> MutexGuard<'_, Retained> {
        self.retained.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn clients(&self) -> MutexGuard<'_, HashMap<String, Peer<Event>>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a connection the one of a client. Closes an earlier one.
    pub(crate) fn enter(&self, client: &str, peer: &Peer<Event>) {
        let earlier = self.clients().insert(client.to_owned(), peer.clone());
        if let Some(earlier) = earlier {
            earlier.close();
        }
    }

    /// Forgets the connection of a client, unless another one has taken over.
    pub(crate) fn leave(&self, client: &str, peer: &Peer<Event>) {
        let mut clients = self.clients();
        if clients.get(client) == Some(peer) {
            clients.remove(client);
        }
    }

    pub(crate) fn subscribe(
        &self,
        filter: &str,
        granted: Qos,
        peer: &Peer<Event>,
    ) -> Result<Membership<Event>, JoinError> {
        let subscriptions = &self.subscriptions[granted as usize];
        let groups = if is_wild(filter) {
            &subscriptions.wild
        } else {
            &subscriptions.names
        };
        groups.group(filter)?.join(peer)
    }

    /// Returns the next retained message that a filter selects, behind a topic.
    pub(crate) fn next_retained(&self, filter: &str, behind: &str) -> Option<Arc<Message>> {
        self.retained().next(filter, behind).cloned()
    }

    /// Sends a message to all subscribers, and never waits for one.
    ///
    /// A subscriber whose mailbox is full doesn't get a message that is delivered at most once. If
    /// it must not miss the message it is cut off, so that it knows that it did.
    pub(crate) fn publish(&self, message: Message, flow: Option<&Arc<Flow>>) -> Result<(), Overloaded> {
        // Topics with `$` are the broker's.
        if message.topic.starts_with('$') {
            return Ok(());
        }
        let way = Way::begin(flow, &self.load, message.len()).ok_or(Overloaded)?;
        let message = Arc::new(message);
        // The lock is held until all have it, so that the last message that subscribers get of two
        // that come at the same time is the one that is kept.
        let _retained = message.retain.then(|| {
            let mut retained = self.retained();
            retained.keep(&message);
            retained
        });
        for subscriptions in &self.subscriptions {
            let granted = subscriptions.granted;
            for group in subscriptions.to(&message.topic) {
                let told = group.broadcast(Event::Deliver {
                    message: Arc::clone(&message),
                    granted,
                    way: Arc::clone(&way),
                });
                if granted.min(message.qos) > Qos::Zero {
                    told.full.iter().for_each(Peer::close);
                }
            }
        }
        Ok(())
    }
}

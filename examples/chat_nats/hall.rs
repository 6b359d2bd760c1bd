//! The hall: this node's rooms and members, and what other nodes have said of theirs. Members hear
//! each other directly; what other nodes shall hear too waits for the bus in a bounded queue.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use kai_tcp_server::{Broadcast, Group, Groups, Membership, Peer};

use crate::nodes::{News, Nodes};
use crate::outbox::{Outbox, Said};
use crate::text::{check_name, summed_up};

/// The room that each member enters first and returns to.
pub(crate) const LOBBY: &str = "lobby";
const MAX_ROOMS: usize = 100;
const MAX_MEMBERS: usize = 10_000;

const AWAY: &str = "* the other nodes are away";
const BACK: &str = "* the other nodes are back";

pub(crate) struct Hall {
    pub(crate) node: String,
    lobby: Group<Bytes>,
    rooms: Groups<Bytes>,
    /// Each member's place in a room, by name.
    members: Mutex<BTreeMap<String, Membership<Bytes>>>,
    nodes: Mutex<Nodes>,
    pub(crate) outbox: Outbox,
}

/// A member's name and room.
pub(crate) struct Seat {
    pub(crate) name: String,
    pub(crate) room: Group<Bytes>,
}

/// Locks what is never locked across an await. After a panic it is still valid, so poisoning is
/// ignored.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hall {
    pub(crate) fn new(node: String) -> Self {
        let rooms = Groups::limited(MAX_ROOMS, MAX_MEMBERS);
        Hall {
            nodes: Mutex::new(Nodes::new(node.clone())),
            node,
            lobby: rooms.group(LOBBY).unwrap_or_default(),
            rooms,
            members: Mutex::default(),
            outbox: Outbox::default(),
        }
    }

    /// Admits a member to the lobby.
    pub(crate) fn enter(&self, name: String, peer: &Peer<Bytes>) -> Result<Seat, &'static str> {
        check_name(&name)?;
        let mut members = lock(&self.members);
        if members.contains_key(&name) {
            return Err("that name is taken");
        }
        members.insert(name.clone(), self.lobby.join(peer).map_err(|_| "the room is full")?);
        if self.outbox.is_away() {
            // A mailbox that is full already shows at the next line.
            drop(peer.send(AWAY.into()));
        }
        drop(members);
        let room = self.lobby.clone();
        self.announce(&room, format!("* {name} is here"), peer);
        Ok(Seat { name, room })
    }

    pub(crate) fn go(&self, room: &str, seat: &mut Seat, peer: &Peer<Bytes>) -> Result<(), &'static str> {
        check_name(room)?;
        if Some(room) == seat.room.name() {
            return Err("you are there already");
        }
        let to = self.rooms.group(room).map_err(|_| "there are too many rooms")?;
        let joined = to.join(peer).map_err(|_| "the room is full")?;
        let mut members = lock(&self.members);
        let place = members.get_mut(&seat.name).filter(|member| member.peer() == peer);
        *place.ok_or("you were cut off")? = joined;
        drop(members);
        self.announce(&seat.room, format!("* {} went to {room}", seat.name), peer);
        self.announce(&to, format!("* {} is here", seat.name), peer);
        seat.room = to;
        Ok(())
    }

    /// Removes a member, unless it is gone already, as one that was cut off is.
    pub(crate) fn leave(&self, peer: &Peer<Bytes>, how: &str) {
        let gone = lock(&self.members)
            .extract_if(.., |_, member| member.peer() == peer)
            .next();
        if let Some((name, member)) = gone {
            self.announce(member.group(), format!("* {name} {how}"), peer);
        }
    }

    /// Tells the members of this node what one of them does; other nodes hear of it by the bus.
    fn announce(&self, room: &Group<Bytes>, line: String, by: &Peer<Bytes>) {
        self.cut_off(room, room.broadcast_except(by, line.into()));
        self.outbox.changed.notify_one();
    }

    /// Says a line to all other members of the room, on this node and on all others.
    pub(crate) fn say(&self, seat: &Seat, text: &str, by: &Peer<Bytes>) -> Result<(), &'static str> {
        let line = format!("<{}> {text}", seat.name);
        self.cut_off(&seat.room, seat.room.broadcast_except(by, line.into()));
        let (name, room, text) = (seat.name.clone(), seat.room.clone(), text.to_owned());
        self.outbox.put(Said { name, room, text })
    }

    /// Tells a room, if a member of this node is there, what other nodes say.
    pub(crate) fn tell(&self, room: &str, line: String) {
        if let Some(room) = self.rooms.find(room) {
            self.cut_off(&room, room.broadcast(line.into()));
        }
    }

    /// Tells each room what has changed on another node. Returns the number of lines.
    pub(crate) fn tell_news(&self, news: News) -> usize {
        let told = news.values().map(Vec::len).sum();
        for (room, lines) in news {
            for line in lines {
                self.tell(&room, line);
            }
        }
        told
    }

    /// Removes those whose mailbox is full, and tells the others.
    fn cut_off(&self, room: &Group<Bytes>, told: Broadcast<Bytes>) {
        let mut full = told.full;
        while !full.is_empty() {
            full.iter().for_each(Peer::close);
            let lost = |_: &String, member: &mut Membership<Bytes>| full.contains(member.peer());
            let gone: Vec<String> = lock(&self.members).extract_if(.., lost).map(|(name, _)| name).collect();
            let lines = gone.iter().map(|name| format!("* {name} was cut off: does not read"));
            let lines = summed_up(lines.collect(), "were cut off").into_iter();
            full = lines.flat_map(|line| room.broadcast(line.into()).full).collect();
            self.outbox.changed.notify_one();
        }
    }

    /// Returns the names of the rooms in which members of this node are.
    pub(crate) fn rooms_with_members(&self) -> Vec<String> {
        let rooms = self.rooms.all().into_iter().filter(|room| !room.is_empty());
        rooms.filter_map(|room| room.name().map(str::to_owned)).collect()
    }

    /// Returns the members of this node, each with its room.
    pub(crate) fn members(&self) -> Vec<(String, String)> {
        let members = lock(&self.members);
        let place = |(name, member): (&String, &Membership<Bytes>)| {
            (name.clone(), member.group().name().unwrap_or_default().to_owned())
        };
        members.iter().map(place).collect()
    }

    /// Returns the members of this node and, unless they are away, of the others.
    fn everybody(&self) -> Vec<(String, String)> {
        let mut everybody = self.members();
        if !self.outbox.is_away() {
            everybody.extend(self.nodes().members());
        }
        everybody
    }

    /// Returns the names of the members of a room.
    pub(crate) fn who(&self, room: &Group<Bytes>) -> Vec<String> {
        let mut here = self.everybody();
        here.retain(|(_, place)| Some(place.as_str()) == room.name());
        here.into_iter().map(|(name, _)| name).collect()
    }

    /// Returns the rooms and the number of members of each.
    pub(crate) fn rooms(&self) -> Vec<String> {
        let mut rooms = BTreeMap::<String, usize>::new();
        for (_, room) in self.everybody() {
            *rooms.entry(room).or_default() += 1;
        }
        rooms.iter().map(|(room, count)| format!("{room} ({count})")).collect()
    }

    pub(crate) fn nodes(&self) -> MutexGuard<'_, Nodes> {
        lock(&self.nodes)
    }

    /// Tells all members, under the lock of those who enter, that the other nodes are away or back.
    pub(crate) fn set_away(&self, away: bool) {
        let members = lock(&self.members);
        if self.outbox.set_away(away) != away {
            let line = Bytes::from_static(if away { AWAY } else { BACK }.as_bytes());
            members
                .values()
                .for_each(|member| drop(member.peer().send(line.clone())));
        }
    }
}

//! The hall: the rooms and their members. Both servers share it, and every message passes through
//! it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use kai_tcp_server::{Broadcast, Group, Groups, Membership, Peer, SendError};

use crate::text::{check_name, clean, summed_up};

/// The room that each member enters first and returns to.
pub(crate) const LOBBY: &str = "lobby";
const MAX_ROOMS: usize = 100;
const MAX_MEMBERS: usize = 1000;

/// A room exists as long as it has a member; the lobby always does.
pub(crate) struct Hall {
    lobby: Group<Bytes>,
    rooms: Groups<Bytes>,
    members: Mutex<Members>,
}

/// Each member's place in a room, by name.
type Members = BTreeMap<String, Membership<Bytes>>;

/// A member's name and room.
pub(crate) struct Seat {
    pub(crate) name: String,
    pub(crate) room: Group<Bytes>,
}

impl Default for Hall {
    fn default() -> Self {
        let rooms = Groups::limited(MAX_ROOMS, MAX_MEMBERS);
        let lobby = rooms.group(LOBBY).unwrap_or_default();
        Hall {
            lobby,
            rooms,
            members: Mutex::default(),
        }
    }
}

impl Hall {
    /// Locks the members. The guard is never held across an await. After a panic the map is still a
    /// valid list of members, so poisoning is ignored.
    fn lock(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the rooms and the number of members of each.
    pub(crate) fn rooms(&self) -> Vec<String> {
        let mut rooms = self.rooms.all();
        rooms.retain(|room| !room.is_empty());
        let shown = |room: &Group<Bytes>| format!("{} ({})", room.name().unwrap_or_default(), room.len());
        rooms.iter().map(shown).collect()
    }

    /// Returns the names of the members, of a room or of all.
    pub(crate) fn who(&self, room: Option<&Group<Bytes>>) -> Vec<String> {
        let is_here = |member: &Membership<Bytes>| room.is_none_or(|room| member.group() == room);
        let members = self.lock();
        let here = members.iter().filter(|(_, member)| is_here(member));
        here.map(|(name, _)| name.clone()).collect()
    }

    /// Admits a member to the lobby.
    pub(crate) fn enter(&self, name: String, peer: &Peer<Bytes>) -> Result<Seat, &'static str> {
        check_name(&name)?;
        let mut members = self.lock();
        if members.contains_key(&name) {
            return Err("that name is taken");
        }
        members.insert(name.clone(), self.lobby.join(peer).map_err(|_| "the room is full")?);
        drop(members);
        self.say(&self.lobby, format!("* {name} is here"), peer);
        let room = self.lobby.clone();
        Ok(Seat { name, room })
    }

    pub(crate) fn go(&self, room: &str, seat: &mut Seat, peer: &Peer<Bytes>) -> Result<(), &'static str> {
        check_name(room)?;
        if Some(room) == seat.room.name() {
            return Err("you are there already");
        }
        let to = self.rooms.group(room).map_err(|_| "there are too many rooms")?;
        let joined = to.join(peer).map_err(|_| "the room is full")?;
        let mut members = self.lock();
        let place = members.get_mut(&seat.name).filter(|member| member.peer() == peer);
        *place.ok_or("you were kicked")? = joined;
        drop(members);
        self.tell(&seat.room, format!("* {} went to {room}", seat.name));
        self.say(&to, format!("* {} is here", seat.name), peer);
        seat.room = to;
        Ok(())
    }

    /// Removes a member. Returns `false` if it is gone already, as a kicked one is when its
    /// connection ends.
    pub(crate) fn leave(&self, peer: &Peer<Bytes>, how: &str) -> bool {
        let gone = self.lock().extract_if(.., |_, member| member.peer() == peer).next();
        if let Some((name, member)) = &gone {
            self.say(member.group(), format!("* {name} {how}"), peer);
        }
        gone.is_some()
    }

    pub(crate) fn kick(&self, name: &str) -> bool {
        let peer = self.lock().get(name).map(|member| member.peer().clone());
        peer.is_some_and(|peer| {
            // First of all: the end of his connection would else remove him, and say otherwise.
            let was_here = self.leave(&peer, "was kicked");
            peer.close();
            was_here
        })
    }

    /// Sends a text to one member only.
    pub(crate) fn whisper(&self, from: &Seat, name: &str, text: &str) -> Result<(), &'static str> {
        let line = format!("<{} to you> {}", from.name, clean(text));
        let members = self.lock();
        let member = members.get(name).ok_or("nobody here has that name")?;
        member.peer().send(line.into()).map_err(|error| match error {
            SendError::Full(_) => "too much waits for him already",
            SendError::Gone(_) => "he is gone",
        })
    }

    /// Sends a line to all members.
    pub(crate) fn broadcast(&self, line: &str) {
        for room in self.rooms.all() {
            self.tell(&room, line.to_owned());
        }
    }

    /// Sends a line to all members of a room.
    pub(crate) fn tell(&self, room: &Group<Bytes>, line: String) {
        self.cut_off(room, room.broadcast(line.into()));
    }

    /// Sends a line to all members of a room but the one that says it.
    pub(crate) fn say(&self, room: &Group<Bytes>, line: String, by: &Peer<Bytes>) {
        self.cut_off(room, room.broadcast_except(by, line.into()));
    }

    /// Removes those whose mailbox is full, and tells the others.
    fn cut_off(&self, room: &Group<Bytes>, told: Broadcast<Bytes>) {
        let mut full = told.full;
        while !full.is_empty() {
            full.iter().for_each(Peer::close);
            let lost = |_: &String, member: &mut Membership<Bytes>| full.contains(member.peer());
            let gone: Vec<String> = self.lock().extract_if(.., lost).map(|(name, _)| name).collect();
            let lines = gone.iter().map(|name| format!("* {name} was cut off: does not read"));
            let lines = summed_up(lines.collect(), "were cut off").into_iter();
            full = lines.flat_map(|line| room.broadcast(line.into()).full).collect();
        }
    }
}

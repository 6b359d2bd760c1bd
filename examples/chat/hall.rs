//! The hall: the rooms and their members. Both servers share it, and every message passes through
//! it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use kai_tcp_server::{Peer, SendError};

/// The room that each member enters first and returns to.
pub(crate) const LOBBY: &str = "lobby";
const MAX_ROOMS: usize = 100;
const MAX_NAME: usize = 16;

#[derive(Default)]
pub(crate) struct Hall(Mutex<Rooms>);

/// A member's name and room.
pub(crate) struct Seat {
    pub(crate) name: String,
    pub(crate) room: String,
}

/// The rooms and their members. A room exists as long as it has a member.
#[derive(Default)]
pub(crate) struct Rooms(BTreeMap<String, Peers>);

/// The members of one room, by name.
type Peers = BTreeMap<String, Peer<Bytes>>;

impl Hall {
    /// Locks the rooms. The guard is never held across an await. After a panic the map is still a
    /// valid list of peers, so poisoning is ignored.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Rooms> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the rooms and the number of members of each.
    pub(crate) fn rooms(&self) -> Vec<String> {
        let rooms = self.lock();
        let room = |(room, peers): (&String, &Peers)| format!("{room} ({})", peers.len());
        rooms.0.iter().map(room).collect()
    }

    /// Returns the names of the members of a room.
    pub(crate) fn who(&self, room: &str) -> Vec<String> {
        let rooms = self.lock();
        rooms.0.get(room).into_iter().flat_map(Peers::keys).cloned().collect()
    }

    /// Returns the names of all members, room by room.
    pub(crate) fn everybody(&self) -> Vec<String> {
        let rooms = self.lock();
        rooms.0.values().flat_map(Peers::keys).cloned().collect()
    }

    /// Sends a text to one member only.
    pub(crate) fn whisper(&self, from: &Seat, name: &str, text: &str) -> Result<(), &'static str> {
        let line = format!("<{} to you> {}", from.name, clean(text));
        let rooms = self.lock();
        let peer = rooms.peer(name).ok_or("nobody here has that name")?;
        peer.send(line.into()).map_err(|error| match error {
            SendError::Full(_) => "too much waits for him already",
            SendError::Gone(_) => "he is gone",
        })
    }
}

impl Rooms {
    fn find(&self, name: &str) -> Option<Seat> {
        let (room, _) = self.0.iter().find(|(_, peers)| peers.contains_key(name))?;
        Some(Seat {
            name: name.to_owned(),
            room: room.clone(),
        })
    }

    fn peer(&self, name: &str) -> Option<&Peer<Bytes>> {
        self.0.values().find_map(|peers| peers.get(name))
    }

    pub(crate) fn enter(&mut self, seat: &Seat, peer: &Peer<Bytes>) -> Result<(), &'static str> {
        check_name(&seat.name)?;
        if self.peer(&seat.name).is_some() {
            return Err("that name is taken");
        }
        self.sit(seat, peer);
        Ok(())
    }

    pub(crate) fn go(&mut self, room: &str, seat: &mut Seat, peer: &Peer<Bytes>) -> Result<(), &'static str> {
        check_name(room)?;
        if room == seat.room {
            return Err("you are there already");
        }
        if room != LOBBY && !self.0.contains_key(room) && self.0.len() >= MAX_ROOMS {
            return Err("there are too many rooms");
        }
        if !self.leave(seat, peer, &format!("went to {room}")) {
            return Err("you were kicked");
        }
        room.clone_into(&mut seat.room);
        self.sit(seat, peer);
        Ok(())
    }

    fn sit(&mut self, Seat { name, room }: &Seat, peer: &Peer<Bytes>) {
        self.tell(room, format!("* {name} is here"), None);
        let peers = self.0.entry(room.clone()).or_default();
        peers.insert(name.clone(), peer.clone());
    }

    /// Removes a member. Returns `false` if the member is already gone, as a kicked member is when
    /// its connection ends; another member may have the name by then.
    pub(crate) fn leave(&mut self, Seat { name, room }: &Seat, peer: &Peer<Bytes>, how: &str) -> bool {
        let Some(peers) = self.0.get_mut(room) else {
            return false;
        };
        let was_here = peers.get(name) == Some(peer);
        if was_here {
            peers.remove(name);
            self.tell(room, format!("* {name} {how}"), None);
        }
        was_here
    }

    /// Sends a line to all members.
    pub(crate) fn broadcast(&mut self, line: &str) {
        let rooms: Vec<String> = self.0.keys().cloned().collect();
        for room in rooms {
            self.tell(&room, line.to_owned(), None);
        }
    }

    /// Sends a line to all members of a room but `except`. A member whose mailbox is full is cut
    /// off, and the others are told.
    pub(crate) fn tell(&mut self, room: &str, line: String, except: Option<&str>) {
        let Some(peers) = self.0.get_mut(room) else { return };
        let mut lines = vec![Bytes::from(line)];
        while let Some(line) = lines.pop() {
            peers.retain(|name, peer| {
                if except == Some(name) {
                    return true;
                }
                let full = matches!(peer.send(line.clone()), Err(SendError::Full(_)));
                if full {
                    peer.close();
                    lines.push(format!("* {name} was cut off: does not read").into());
                }
                !full
            });
        }
        if peers.is_empty() {
            self.0.remove(room);
        }
    }

    pub(crate) fn kick(&mut self, name: &str) -> bool {
        let Some((seat, peer)) = self.find(name).zip(self.peer(name).cloned()) else {
            return false;
        };
        peer.close();
        self.leave(&seat, &peer, "was kicked")
    }
}

/// Returns a member's text without characters that harm another member's terminal: control
/// characters, and those that change the direction of the text.
pub(crate) fn clean(text: &str) -> String {
    let harmful = |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if harmful(c) { '?' } else { c }).collect()
}

/// Returns whether a line is one of those that every HTTP request has. A web page can make a
/// browser send a request to any port, with lines of the page's choice in the body.
pub(crate) fn is_http(line: &str) -> bool {
    line.starts_with("Host:") || line.rsplit(' ').next().is_some_and(|word| word.starts_with("HTTP/"))
}

/// Checks that a name consists of plain characters, so that no two names look alike.
fn check_name(name: &str) -> Result<(), &'static str> {
    let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'-' | b'_');
    if (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(plain) {
        Ok(())
    } else {
        Err("a name is 1 to 16 of a-z, 0-9, - and _")
    }
}

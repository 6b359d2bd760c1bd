//! The hall: who is in which room. Both servers know it, and everything that is said goes through it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use kai_tcp_server::{Peer, SendError};

/// The room that everybody enters first, and comes back to.
pub(crate) const LOBBY: &str = "lobby";
const MAX_ROOMS: usize = 100;
const MAX_NAME: usize = 16;

#[derive(Default)]
pub(crate) struct Hall(Mutex<Rooms>);

/// Where a member is, and who he is there.
pub(crate) struct Seat {
    pub(crate) name: String,
    pub(crate) room: String,
}

/// Who is where. A room is there as long as somebody is in it.
#[derive(Default)]
pub(crate) struct Rooms(BTreeMap<String, Peers>);

/// Who is in one room, by name.
type Peers = BTreeMap<String, Peer<Bytes>>;

impl Hall {
    /// Never held across an await; and what a panic may have left in it is still a list of peers.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Rooms> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rooms, and how many are in each.
    pub(crate) fn rooms(&self) -> Vec<String> {
        let rooms = self.lock();
        let room = |(room, peers): (&String, &Peers)| format!("{room} ({})", peers.len());
        rooms.0.iter().map(room).collect()
    }

    /// The names of those in a room.
    pub(crate) fn who(&self, room: &str) -> Vec<String> {
        let rooms = self.lock();
        rooms.0.get(room).into_iter().flat_map(Peers::keys).cloned().collect()
    }

    /// The names of all, room by room.
    pub(crate) fn everybody(&self) -> Vec<String> {
        let rooms = self.lock();
        rooms.0.values().flat_map(Peers::keys).cloned().collect()
    }

    /// Says something to one member alone.
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

    /// False if he has left already, as one who was kicked has when his connection ends; his name may be another's by then.
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

    /// Tells everybody.
    pub(crate) fn broadcast(&mut self, line: &str) {
        let rooms: Vec<String> = self.0.keys().cloned().collect();
        for room in rooms {
            self.tell(&room, line.to_owned(), None);
        }
    }

    /// Tells everybody in a room, but for one who knows. Who has no space for it is cut off, which the others are told as well.
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

/// A text of one member as another's terminal may see it: without control characters, and without those that turn the
/// direction of what follows.
pub(crate) fn clean(text: &str) -> String {
    let harmful = |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if harmful(c) { '?' } else { c }).collect()
}

/// Whether a line is one that each HTTP request begins with. A web page can have a browser send one to any port, with lines of its
/// own in the body.
pub(crate) fn is_http(line: &str) -> bool {
    line.starts_with("Host:") || line.rsplit(' ').next().is_some_and(|word| word.starts_with("HTTP/"))
}

/// A name that is plain wherever it is shown, so that none looks like another.
fn check_name(name: &str) -> Result<(), &'static str> {
    let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'-' | b'_');
    if (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(plain) {
        Ok(())
    } else {
        Err("a name is 1 to 16 of a-z, 0-9, - and _")
    }
}

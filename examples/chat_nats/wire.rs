//! The messages on NATS. All that comes from there is checked: it may be anybody's.
//!
//! A beat says who is where on a node: `NODE NUMBER NAME/ROOM NAME/ROOM …`. A line is what a member
//! says in a room: `NODE NUMBER NAME TEXT`. The numbers of a node rise, also after a restart.

use std::collections::BTreeMap;

use crate::text::{check_name, clean};

/// The subject of all nodes' beats; that of the lines in a room has its name behind this.
pub(crate) const BEATS: &str = "chat.nodes";
pub(crate) const ROOM: &str = "chat.room.";

/// The most members of a node that others know of. What the rest says is heard all the same.
const MAX_MEMBERS: usize = 4096;
/// The longest messages: a beat of so many members, and a line of `packet_size` bytes with what
/// stands before it.
const MAX_BEAT: usize = MAX_MEMBERS * 34 + 64;
const MAX_LINE: usize = 640;

pub(crate) struct Beat<'a> {
    pub(crate) node: &'a str,
    pub(crate) number: u64,
    /// The room of each member, by name.
    pub(crate) members: BTreeMap<String, String>,
}

pub(crate) struct Line<'a> {
    pub(crate) node: &'a str,
    pub(crate) number: u64,
    /// The line as members see it.
    pub(crate) shown: String,
}

pub(crate) fn write_beat(node: &str, number: u64, members: &[(String, String)]) -> String {
    let mut beat = format!("{node} {number}");
    for (name, room) in members.iter().take(MAX_MEMBERS) {
        beat.extend([" ", name, "/", room]);
    }
    beat
}

pub(crate) fn write_line(node: &str, number: u64, name: &str, text: &str) -> String {
    format!("{node} {number} {name} {text}")
}

/// Returns the node, the number and the rest of a message; `None` if it is malformed.
fn read(message: &[u8], most: usize) -> Option<(&str, u64, &str)> {
    let message = Some(message).filter(|message| message.len() <= most)?;
    let (node, rest) = str::from_utf8(message).ok()?.split_once(' ')?;
    let (number, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    check_name(node).ok()?;
    Some((node, number.parse().ok()?, rest))
}

pub(crate) fn read_beat(message: &[u8]) -> Option<Beat<'_>> {
    let (node, number, list) = read(message, MAX_BEAT)?;
    let places = list.split_terminator(' ').map(|place| {
        let (name, room) = place.split_once('/')?;
        check_name(name).and(check_name(room)).ok()?;
        Some((name.to_owned(), room.to_owned()))
    });
    let members = places.collect::<Option<BTreeMap<_, _>>>()?;
    (members.len() <= MAX_MEMBERS).then_some(Beat { node, number, members })
}

pub(crate) fn read_line(message: &[u8]) -> Option<Line<'_>> {
    let (node, number, rest) = read(message, MAX_LINE)?;
    let (name, text) = rest.split_once(' ')?;
    check_name(name).ok()?;
    let shown = format!("<{name}@{node}> {}", clean(text));
    Some(Line { node, number, shown })
}

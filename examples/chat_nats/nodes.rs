//! The other nodes, and who is where on them, as each of them says once a second. All that comes
//! from there is checked, and what is remembered of it is bounded.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::mem;
use std::time::Duration;

use tokio::time::Instant;

use crate::text::{check_name, clean};

/// The time after which an unheard node is forgotten.
const UNHEARD: Duration = Duration::from_secs(5);
const MAX_NODES: usize = 100;
/// The most members of a node that others know of. What the rest says is heard all the same.
const MAX_MEMBERS: usize = 4096;
/// The longest messages: a beat of so many members, and a line of `packet_size` bytes with what
/// stands before it.
const MAX_BEAT: usize = MAX_MEMBERS * 34 + 64;
const MAX_LINE: usize = 640;
/// The most rooms of a node in which the number of its latest line is remembered.
const MAX_ROOMS: usize = 100;
/// The most changes of one beat that a room is told one by one: a crowd that comes at once must not
/// fill mailboxes.
const MAX_NEWS: usize = 16;

/// Lines for the members of each room.
pub(crate) type News = BTreeMap<String, Vec<String>>;

pub(crate) struct Nodes {
    this: String,
    others: BTreeMap<String, Node>,
}

struct Node {
    heard: Instant,
    /// The number of its latest beat, and of its latest line in each room.
    beat: u64,
    lines: HashMap<String, u64>,
    /// The room of each member, by name.
    members: BTreeMap<String, String>,
}

/// The result of a beat.
pub(crate) enum Heard {
    /// It was malformed, old or of one node too many.
    Nothing,
    /// It has this node's own name.
    Myself,
    /// It was a known node's, or that of a new one.
    Known(News),
    New(News),
}

/// Returns what a node says of itself: `NODE NUMBER NAME/ROOM NAME/ROOM …`. Its messages are
/// numbered in rising order, also after a restart.
pub(crate) fn beat(node: &str, number: u64, members: &[(String, String)]) -> String {
    let mut beat = format!("{node} {number}");
    for (name, room) in members.iter().take(MAX_MEMBERS) {
        beat.extend([" ", name, "/", room]);
    }
    beat
}

/// Returns what a member of a node says in a room: `NODE NUMBER NAME TEXT`.
pub(crate) fn line(node: &str, number: u64, name: &str, text: &str) -> String {
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

/// Returns the room of each member that a beat lists; `None` if it is malformed.
fn read_members(list: &str) -> Option<BTreeMap<String, String>> {
    let places = list.split_terminator(' ').map(|place| {
        let (name, room) = place.split_once('/')?;
        check_name(name).and(check_name(room)).ok()?;
        Some((name.to_owned(), room.to_owned()))
    });
    places.collect::<Option<_>>()
}

impl Nodes {
    pub(crate) fn new(this: String) -> Self {
        let others = BTreeMap::new();
        Nodes { this, others }
    }

    /// Returns the members of the other nodes as they are shown, each with its room.
    pub(crate) fn members(&self) -> impl Iterator<Item = (String, String)> {
        self.others.iter().flat_map(|(node, Node { members, .. })| {
            let shown = move |(name, room): (&String, &String)| (format!("{name}@{node}"), room.clone());
            members.iter().map(shown)
        })
    }

    /// Takes a beat, and returns what has changed since the last one.
    pub(crate) fn hear_beat(&mut self, message: &[u8], now: Instant) -> Heard {
        let Some((name, number, list)) = read(message, MAX_BEAT) else {
            return Heard::Nothing;
        };
        if name == self.this {
            return Heard::Myself;
        }
        let Some(members) = read_members(list).filter(|members| members.len() <= MAX_MEMBERS) else {
            return Heard::Nothing;
        };
        let there_are_enough = self.others.len() >= MAX_NODES;
        match self.others.entry(name.to_owned()) {
            Entry::Vacant(_) if there_are_enough => Heard::Nothing,
            Entry::Vacant(new) => Heard::New(new.insert(Node::new(now)).beat(name, number, members, now)),
            Entry::Occupied(known) if number <= known.get().beat => Heard::Nothing,
            Entry::Occupied(known) => Heard::Known(known.into_mut().beat(name, number, members, now)),
        }
    }

    /// Takes a line that was said in a room; `None` if it is malformed, or if a later one of that
    /// node was heard there.
    pub(crate) fn hear_line(&mut self, room: &str, message: &[u8]) -> Option<String> {
        let (name, number, rest) = read(message, MAX_LINE)?;
        let (member, text) = rest.split_once(' ')?;
        check_name(member).ok()?;
        let known = self.others.get_mut(name);
        let is_news = name != self.this && known.is_none_or(|node| node.is_later(room, number));
        is_news.then(|| format!("<{member}@{name}> {}", clean(text)))
    }

    /// Gives all nodes time anew, after a time in which none could be heard.
    pub(crate) fn renew(&mut self, now: Instant) {
        self.others.values_mut().for_each(|node| node.heard = now);
    }

    /// Forgets the nodes that are unheard, and returns who has left with them.
    pub(crate) fn forget_the_unheard(&mut self, now: Instant) -> Vec<News> {
        let unheard = |_: &String, node: &mut Node| now.duration_since(node.heard) >= UNHEARD;
        let gone = self.others.extract_if(.., unheard);
        gone.map(|(name, node)| {
            let mut news = News::new();
            for (member, room) in node.members {
                let line = format!("* {member}@{name} left: its node is away");
                news.entry(room).or_default().push(line);
            }
            shortened(news, &format!("left: {name} is away"))
        })
        .collect()
    }
}

impl Node {
    fn new(heard: Instant) -> Self {
        Node {
            heard,
            beat: 0,
            lines: HashMap::new(),
            members: BTreeMap::new(),
        }
    }

    fn beat(&mut self, name: &str, number: u64, members: BTreeMap<String, String>, now: Instant) -> News {
        (self.heard, self.beat) = (now, number);
        let before = mem::replace(&mut self.members, members);
        let mut news = News::new();
        let mut tell = |room: &String, line| news.entry(room.clone()).or_default().push(line);
        for (member, room) in &before {
            match self.members.get(member) {
                Some(now) if now == room => {}
                Some(now) => tell(room, format!("* {member}@{name} went to {now}")),
                None => tell(room, format!("* {member}@{name} left")),
            }
        }
        for (member, room) in self
            .members
            .iter()
            .filter(|(member, room)| before.get(*member) != Some(*room))
        {
            tell(room, format!("* {member}@{name} is here"));
        }
        shortened(news, &format!("of {name} came or left"))
    }

    fn is_later(&mut self, room: &str, number: u64) -> bool {
        if self.lines.len() >= MAX_ROOMS && !self.lines.contains_key(room) {
            self.lines.clear();
        }
        let latest = self.lines.entry(room.to_owned()).or_default();
        let later = number > *latest;
        *latest = number.max(*latest);
        later
    }
}

/// Sums up what would be too many lines for a room.
fn shortened(mut news: News, what: &str) -> News {
    for lines in news.values_mut().filter(|lines| lines.len() > MAX_NEWS) {
        *lines = vec![format!("* {} members {what}: /who lists who is here", lines.len())];
    }
    news
}

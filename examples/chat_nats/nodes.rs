//! The other nodes, and who is where on them, as each of them says at least once a second. What is
//! remembered of them is bounded.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::mem;
use std::time::Duration;

use tokio::time::Instant;

use crate::text::summed_up;
use crate::wire::{Beat, Line};

/// The time after which an unheard node is forgotten.
const UNHEARD: Duration = Duration::from_secs(5);
const MAX_NODES: usize = 100;
/// The most rooms of a node in which the number of its latest line is remembered.
const MAX_ROOMS: usize = 100;

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
    /// It was old, or of one node too many.
    Nothing,
    /// It has this node's own name.
    Myself,
    /// It was a known node's, or that of a new one.
    Known(News),
    New(News),
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
    pub(crate) fn hear_beat(&mut self, beat: Beat<'_>, now: Instant) -> Heard {
        let there_are_enough = self.others.len() >= MAX_NODES;
        match self.others.entry(beat.node.to_owned()) {
            _ if beat.node == self.this => Heard::Myself,
            Entry::Vacant(_) if there_are_enough => Heard::Nothing,
            Entry::Vacant(new) => Heard::New(new.insert(Node::new(now)).beat(beat, now)),
            Entry::Occupied(known) if beat.number <= known.get().beat => Heard::Nothing,
            Entry::Occupied(known) => Heard::Known(known.into_mut().beat(beat, now)),
        }
    }

    /// Returns whether a line in a room is news: of another node, and no later one of that node was
    /// heard there.
    pub(crate) fn is_news(&mut self, room: &str, line: &Line<'_>) -> bool {
        let known = self.others.get_mut(line.node);
        line.node != self.this && known.is_none_or(|node| node.is_later(room, line.number))
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
            summed(news, &format!("left: {name} is away"))
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

    fn beat(&mut self, beat: Beat<'_>, now: Instant) -> News {
        (self.heard, self.beat) = (now, beat.number);
        let before = mem::replace(&mut self.members, beat.members);
        let name = beat.node;
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
        summed(news, &format!("of {name} came or left"))
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

fn summed(news: News, what: &str) -> News {
    news.into_iter()
        .map(|(room, lines)| (room, summed_up(lines, what)))
        .collect()
}

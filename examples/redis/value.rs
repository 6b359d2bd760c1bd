//! The value of a key: a text, or a collection of words. Each collection knows the bytes it takes,
//! and frees space that it no longer needs.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::{BuildHasher as _, RandomState};

use bytes::Bytes;

/// The memory of a word in a collection besides the word: its places and its allocations.
const OVERHEAD: usize = 192;

pub enum Value {
    Text(Bytes),
    List(List),
    Set(Set),
    Hash(Hash),
    Sorted(Sorted),
}

impl Value {
    /// Returns Redis' name for this kind of value.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Text(_) => "string",
            Value::List(_) => "list",
            Value::Set(_) => "set",
            Value::Hash(_) => "hash",
            Value::Sorted(_) => "zset",
        }
    }

    /// Returns the number of words.
    pub fn len(&self) -> usize {
        match self {
            Value::Text(_) => 1,
            Value::List(list) => list.words.len(),
            Value::Set(Set(members)) | Value::Sorted(Sorted(members)) => members.ranks.len(),
            Value::Hash(hash) => hash.fields.len(),
        }
    }

    /// Returns the number of bytes that the value takes.
    pub fn size(&self) -> usize {
        let bytes = match self {
            Value::Text(text) => return text.len(),
            Value::List(list) => list.bytes,
            Value::Set(Set(members)) | Value::Sorted(Sorted(members)) => members.bytes,
            Value::Hash(hash) => hash.bytes,
        };
        bytes + self.len() * OVERHEAD
    }
}

/// A collection. A key without a value has an empty collection of each kind.
pub trait Collection: Default + Into<Value> {
    /// Returns the collection, or `None` if the value is of another kind.
    fn of(value: &mut Value) -> Option<&mut Self>;
}

macro_rules! collections {
    ($($kind:ident)*) => {
        $(
            impl From<$kind> for Value {
                fn from(collection: $kind) -> Self {
                    Value::$kind(collection)
                }
            }

            impl Collection for $kind {
                fn of(value: &mut Value) -> Option<&mut Self> {
                    match value {
                        Value::$kind(collection) => Some(collection),
                        _ => None,
                    }
                }
            }
        )*
    };
}

collections!(List Set Hash Sorted);

/// The ends of a list.
#[derive(Clone, Copy)]
pub enum End {
    Left,
    Right,
}

#[derive(Default)]
pub struct List {
    words: VecDeque<Bytes>,
    bytes: usize,
}

impl List {
    /// Adds words, and returns the list's new length.
    pub fn push(&mut self, end: End, words: &[Bytes]) -> usize {
        for word in words {
            self.bytes += word.len();
            let word = Bytes::copy_from_slice(word);
            match end {
                End::Left => self.words.push_front(word),
                End::Right => self.words.push_back(word),
            }
        }
        self.words.len()
    }

    pub fn pop(&mut self, end: End) -> Option<Bytes> {
        let word = match end {
            End::Left => self.words.pop_front(),
            End::Right => self.words.pop_back(),
        }?;
        self.bytes -= word.len();
        if self.words.len() < self.words.capacity() / 4 {
            self.words.shrink_to(self.words.len() * 2);
        }
        Some(word)
    }

    /// Returns the words from `first` to `last`, both included. A negative index counts from the
    /// end; -1 is the last word.
    pub fn range(&self, first: i64, last: i64) -> impl Iterator<Item = &Bytes> {
        let len = i64::try_from(self.words.len()).unwrap_or(i64::MAX);
        let from_the_left = |place: i64| if place < 0 { place.saturating_add(len) } else { place };
        let first = usize::try_from(from_the_left(first)).unwrap_or(0);
        let behind = usize::try_from(from_the_left(last).saturating_add(1)).unwrap_or(0);
        let behind = behind.min(self.words.len());
        self.words.range(first.min(behind)..behind)
    }
}

#[derive(Default)]
pub struct Hash {
    fields: BTreeMap<Bytes, Bytes>,
    bytes: usize,
}

impl Hash {
    /// Sets a field. Returns `true` if the field is new.
    pub fn set(&mut self, field: &[u8], value: &[u8]) -> bool {
        let value = Bytes::copy_from_slice(value);
        self.bytes += value.len();
        if let Some(old) = self.fields.get_mut(field) {
            self.bytes -= old.len();
            *old = value;
            return false;
        }
        self.bytes += field.len();
        self.fields.insert(Bytes::copy_from_slice(field), value);
        true
    }

    pub fn get(&self, field: &[u8]) -> Option<&Bytes> {
        self.fields.get(field)
    }
}

/// A set. Its members have random ranks, so that the first member is a random one.
#[derive(Default)]
pub struct Set(Members);

impl Set {
    /// Adds a member. Returns `false` if it is already in the set.
    pub fn add(&mut self, member: &[u8]) -> bool {
        // A random number from 1 to 2: the exponent of 1, and a random fraction.
        let random = RandomState::new().hash_one(()) >> 12;
        !self.has(member) && self.0.rank(member, f64::from_bits(1.0_f64.to_bits() | random))
    }

    pub fn has(&self, member: &[u8]) -> bool {
        self.0.ranks.contains_key(member)
    }

    pub fn take_any(&mut self) -> Option<Bytes> {
        self.0.take_first().map(|(member, _)| member)
    }
}

/// A sorted set. The rank of a member is its score.
#[derive(Default)]
pub struct Sorted(Members);

impl Sorted {
    /// Sets a member's score, which isn't NaN. Returns `true` if the member is new.
    pub fn set(&mut self, member: &[u8], score: f64) -> bool {
        self.0.rank(member, score)
    }

    pub fn score(&self, member: &[u8]) -> Option<f64> {
        self.0.ranks.get(member).map(|rank| rank.0)
    }

    pub fn take_lowest(&mut self) -> Option<(Bytes, f64)> {
        self.0.take_first()
    }
}

/// Members without duplicates, each with its rank.
#[derive(Default)]
struct Members {
    ranks: BTreeMap<Bytes, Rank>,
    order: BTreeSet<(Rank, Bytes)>,
    bytes: usize,
}

impl Members {
    /// Sets a member's rank. Returns `true` if the member is new.
    fn rank(&mut self, member: &[u8], rank: f64) -> bool {
        // Turns -0 into 0.
        let rank = Rank(rank + 0.0);
        if let Some((member, old)) = self.ranks.get_key_value(member) {
            let member = member.clone();
            self.order.remove(&(*old, member.clone()));
            self.order.insert((rank, member.clone()));
            self.ranks.insert(member, rank);
            return false;
        }
        let member = Bytes::copy_from_slice(member);
        self.bytes += member.len();
        self.order.insert((rank, member.clone()));
        self.ranks.insert(member, rank);
        true
    }

    fn take_first(&mut self) -> Option<(Bytes, f64)> {
        let (rank, member) = self.order.pop_first()?;
        self.ranks.remove(&member);
        self.bytes -= member.len();
        Some((member, rank.0))
    }
}

/// A number that isn't NaN, so that numbers have a total order.
#[derive(Clone, Copy)]
struct Rank(f64);

impl Ord for Rank {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Rank {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Rank {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Rank {}

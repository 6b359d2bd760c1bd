//! The values: found by key, bounded in memory, the least recently used evicted first (`allkeys-lru`, as Redis calls it).

use std::time::{Duration, Instant};

use bytes::Bytes;
use lru::LruCache;

use crate::resp::integer;
use crate::value::{Collection, Value};

/// What is wrong where a key has something else than the command is for, in the words of Redis.
pub const WRONG_TYPE: &str = "WRONGTYPE Operation against a key holding the wrong kind of value";

/// What a value takes besides its key and itself: its entry, its place in the hash table, its allocations.
const OVERHEAD: usize = 192;

/// On which condition a value is set.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum When {
    Always,
    /// If there is none.
    New,
    /// If there is one.
    There,
}

/// What becomes of the time that a value has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    Never,
    After(Duration),
    Kept,
}

/// How long a value still is there.
pub enum Left {
    Missing,
    Forever,
    Time(Duration),
}

struct Entry {
    value: Value,
    expires: Option<Instant>,
}

/// What was asked of the store.
#[derive(Clone, Copy, Default)]
pub struct Counters {
    pub hits: u64,
    pub misses: u64,
    pub expired: u64,
    pub evicted: u64,
}

pub struct Store {
    // Without a bound of its own, as it would count values and not bytes. Its hashes are seeded: keys come from anybody.
    entries: LruCache<Box<[u8]>, Entry>,
    /// How many bytes the values take, and may take.
    bytes: usize,
    limit: usize,
    counters: Counters,
}

impl Store {
    /// An empty store, whose values may take `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Store {
            entries: LruCache::unbounded(),
            bytes: 0,
            limit,
            counters: Counters::default(),
        }
    }

    /// The text that a key has. `Err`, here as elsewhere, says what is wrong, in the words of Redis.
    pub fn get(&mut self, key: &[u8]) -> Result<Option<Bytes>, &'static str> {
        let text = match self.find(key).map(|entry| &entry.value) {
            None => None,
            Some(Value::Text(text)) => Some(text.clone()),
            Some(_) => return Err(WRONG_TYPE),
        };
        match text {
            Some(_) => self.counters.hits += 1,
            None => self.counters.misses += 1,
        }
        Ok(text)
    }

    /// Stores a copy of `value`: it is a slice of the connection's read buffer, and would keep all of that in memory.
    /// False: the condition doesn't hold.
    pub fn set(&mut self, key: &[u8], value: &[u8], when: When, expiry: Expiry) -> bool {
        let there = self.find(key);
        match (when, &there) {
            (When::New, Some(_)) | (When::There, None) => return false,
            _ => {}
        }
        let expires = match expiry {
            Expiry::Never => None,
            Expiry::After(time) => Instant::now().checked_add(time),
            Expiry::Kept => there.and_then(|entry| entry.expires),
        };
        self.insert(key, Value::Text(Bytes::copy_from_slice(value)), expires);
        true
    }

    /// The number that there is now, counting from 0.
    pub fn add(&mut self, key: &[u8], by: i64) -> Result<i64, &'static str> {
        let (number, expires) = match self.find(key) {
            None => (0, None),
            Some(Entry {
                value: Value::Text(text),
                expires,
            }) => {
                let number = integer(text).ok_or("ERR value is not an integer or out of range")?;
                (number, *expires)
            }
            Some(_) => return Err(WRONG_TYPE),
        };
        let number = number
            .checked_add(by)
            .ok_or("ERR increment or decrement would overflow")?;
        self.insert(key, Value::Text(number.to_string().into()), expires);
        Ok(number)
    }

    /// Looks at the collection that a key has.
    pub fn look<C: Collection, T>(&mut self, key: &[u8], look: impl FnOnce(&C) -> T) -> Result<T, &'static str> {
        match self.find(key) {
            None => Ok(look(&C::default())),
            Some(entry) => C::of(&mut entry.value).map(|found| look(found)).ok_or(WRONG_TYPE),
        }
    }

    /// Changes the collection that a key has: it comes with its first word, and goes with its last.
    pub fn change<C: Collection, T>(
        &mut self,
        key: &[u8],
        change: impl FnOnce(&mut C) -> T,
    ) -> Result<T, &'static str> {
        let Some(entry) = self.find(key) else {
            let mut new = C::default();
            let changed = change(&mut new);
            let new = new.into();
            if new.len() > 0 {
                self.insert(key, new, None);
            }
            return Ok(changed);
        };
        let before = entry.value.size();
        let changed = change(C::of(&mut entry.value).ok_or(WRONG_TYPE)?);
        let (after, len) = (entry.value.size(), entry.value.len());
        self.bytes = self.bytes - before + after;
        if len == 0 {
            self.remove(key);
        }
        self.make_room();
        Ok(changed)
    }

    /// How many words a collection of this kind has.
    pub fn count(&mut self, key: &[u8], kind: &str) -> Result<usize, &'static str> {
        match self.find(key) {
            None => Ok(0),
            Some(entry) if entry.value.kind() == kind => Ok(entry.value.len()),
            Some(_) => Err(WRONG_TYPE),
        }
    }

    /// What Redis calls that which a key has.
    pub fn kind(&mut self, key: &[u8]) -> &'static str {
        self.find(key).map_or("none", |entry| entry.value.kind())
    }

    pub fn exists(&mut self, key: &[u8]) -> bool {
        self.find(key).is_some()
    }

    /// False: there is none.
    pub fn delete(&mut self, key: &[u8]) -> bool {
        self.find(key).is_some() && self.remove(key)
    }

    /// Gives a value another time, in milliseconds; one that is over ends it. False: there is none.
    pub fn expire(&mut self, key: &[u8], after: i64) -> bool {
        let Some(entry) = self.find(key) else { return false };
        match u64::try_from(after) {
            Ok(time) if time > 0 => entry.expires = Instant::now().checked_add(Duration::from_millis(time)),
            _ => return self.remove(key),
        }
        true
    }

    pub fn left(&mut self, key: &[u8]) -> Left {
        match self.find(key).map(|entry| entry.expires) {
            None => Left::Missing,
            Some(None) => Left::Forever,
            Some(Some(at)) => Left::Time(at.saturating_duration_since(Instant::now())),
        }
    }

    /// Takes a value's time away. False: there is none, or it had none.
    pub fn persist(&mut self, key: &[u8]) -> bool {
        self.find(key).is_some_and(|entry| entry.expires.take().is_some())
    }

    pub fn clear(&mut self) {
        self.entries.clear();
        self.bytes = 0;
    }

    /// How many values there are, those included whose time is over and that nobody asked for since.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many bytes they take, and may take.
    pub fn memory(&self) -> (usize, usize) {
        (self.bytes, self.limit)
    }

    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// The value, if its time isn't over: the most recently used one from now on.
    fn find(&mut self, key: &[u8]) -> Option<&mut Entry> {
        let expires = self.entries.peek(key)?.expires;
        if expires.is_some_and(|at| at <= Instant::now()) {
            self.remove(key);
            self.counters.expired += 1;
            return None;
        }
        self.entries.get_mut(key)
    }

    fn insert(&mut self, key: &[u8], value: Value, expires: Option<Instant>) {
        self.bytes += size(key, &value);
        if let Some(old) = self.entries.put(key.into(), Entry { value, expires }) {
            self.bytes -= size(key, &old.value);
        }
        self.make_room();
    }

    /// The least recently used values make room for the others.
    fn make_room(&mut self) {
        while self.bytes > self.limit
            && let Some((key, entry)) = self.entries.pop_lru()
        {
            self.bytes -= size(&key, &entry.value);
            self.counters.evicted += 1;
        }
    }

    fn remove(&mut self, key: &[u8]) -> bool {
        let Some(entry) = self.entries.pop(key) else {
            return false;
        };
        self.bytes -= size(key, &entry.value);
        true
    }
}

/// The memory that a value takes.
fn size(key: &[u8], value: &Value) -> usize {
    key.len() + value.size() + OVERHEAD
}

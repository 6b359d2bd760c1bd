//! The values: found by key, bounded in memory, the least recently used evicted first (Redis calls
//! this `allkeys-lru`).

use std::time::{Duration, Instant};

use bytes::Bytes;
use lru::LruCache;

use crate::resp::integer;
use crate::value::{Collection, Value};

/// Redis' error for a command on a value of another type.
pub const WRONG_TYPE: &str = "WRONGTYPE Operation against a key holding the wrong kind of value";

/// The memory of a value besides its key and itself: its entry, its place in the hash table, its
/// allocations.
const OVERHEAD: usize = 192;

/// The condition on which a value is set.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum When {
    Always,
    /// If the key has no value.
    New,
    /// If the key has a value.
    There,
}

/// The change of a value's time to live.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    Never,
    After(Duration),
    Kept,
}

/// The rest of a value's time to live.
pub enum Left {
    Missing,
    Forever,
    Time(Duration),
}

struct Entry {
    value: Value,
    expires: Option<Instant>,
}

/// The counts of requests to the store.
#[derive(Clone, Copy, Default)]
pub struct Counters {
    pub hits: u64,
    pub misses: u64,
    pub expired: u64,
    pub evicted: u64,
}

pub struct Store {
    // The cache has no bound of its own, as it would count values and not bytes. Its hashes are
    // seeded, because any client can choose keys.
    entries: LruCache<Box<[u8]>, Entry>,
    /// The bytes that the values take, and their limit.
    bytes: usize,
    limit: usize,
    counters: Counters,
}

impl Store {
    /// Creates an empty store, whose values may take `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Store {
            entries: LruCache::unbounded(),
            bytes: 0,
            limit,
            counters: Counters::default(),
        }
    }

    /// Returns the text of a key. In this module `Err` is an error in the words of Redis.
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

    /// Stores a copy of `value`: it is a slice of the connection's read buffer, and keeping it
    /// would keep the whole buffer. Returns `false` if the condition doesn't hold.
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

    /// Adds to a number, and returns the sum. A missing number counts as 0.
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

    /// Reads the collection of a key.
    pub fn look<C: Collection, T>(&mut self, key: &[u8], look: impl FnOnce(&C) -> T) -> Result<T, &'static str> {
        match self.find(key) {
            None => Ok(look(&C::default())),
            Some(entry) => C::of(&mut entry.value).map(|found| look(found)).ok_or(WRONG_TYPE),
        }
    }

    /// Changes the collection of a key. The first word creates the collection, and removing the
    /// last word removes it.
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

    /// Returns the number of words of a collection of this kind.
    pub fn count(&mut self, key: &[u8], kind: &str) -> Result<usize, &'static str> {
        match self.find(key) {
            None => Ok(0),
            Some(entry) if entry.value.kind() == kind => Ok(entry.value.len()),
            Some(_) => Err(WRONG_TYPE),
        }
    }

    /// Returns Redis' name for the kind of a key's value.
    pub fn kind(&mut self, key: &[u8]) -> &'static str {
        self.find(key).map_or("none", |entry| entry.value.kind())
    }

    pub fn exists(&mut self, key: &[u8]) -> bool {
        self.find(key).is_some()
    }

    /// Deletes a value. Returns `false` if there is none.
    pub fn delete(&mut self, key: &[u8]) -> bool {
        self.find(key).is_some() && self.remove(key)
    }

    /// Sets a value's time to live, in milliseconds; one that isn't positive removes the value.
    /// Returns `false` if there is no value.
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

    /// Removes a value's time to live. Returns `false` if there is no value, or it has no time to
    /// live.
    pub fn persist(&mut self, key: &[u8]) -> bool {
        self.find(key).is_some_and(|entry| entry.expires.take().is_some())
    }

    pub fn clear(&mut self) {
        self.entries.clear();
        self.bytes = 0;
    }

    /// Returns the number of values. It includes expired ones that no command has looked at since.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns the bytes that the values take, and their limit.
    pub fn memory(&self) -> (usize, usize) {
        (self.bytes, self.limit)
    }

    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Returns the value if it hasn't expired, and makes it the most recently used one.
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

    /// Evicts the least recently used values until the others fit.
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

/// Returns the memory that a value takes.
fn size(key: &[u8], value: &Value) -> usize {
    key.len() + value.size() + OVERHEAD
}

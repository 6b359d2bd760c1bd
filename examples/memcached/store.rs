//! The items: found by key, bounded in memory, the least recently used evicted first.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use lru::LruCache;

use crate::VALUE_MAX;
use crate::words::number;

/// The memory of an item besides its key and value: its entry, its place in the hash table, its
/// allocations.
const OVERHEAD: usize = 224;

/// The largest expiry time that counts from now. A larger one counts from 1970.
const RELATIVE_MAX: i64 = 30 * 24 * 60 * 60;

/// The maximum number of items that `stats cachedump` lists.
const DUMPED_MAX: usize = 1000;

/// A stored value. A clone shares it.
#[derive(Clone)]
pub struct Item {
    pub value: Bytes,
    pub flags: u32,
    /// A number that changes with each change of the value, for `cas`.
    pub unique: u64,
    expires: Option<Instant>,
}

impl Item {
    fn has_expired(&self, now: Instant) -> bool {
        self.expires.is_some_and(|at| at <= now)
    }
}

/// A summary of all items.
pub struct Items {
    pub count: usize,
    pub bytes: usize,
    pub evictions: u64,
}

/// The commands that store a value, which differ in their conditions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Set,
    Add,
    Replace,
    Append,
    Prepend,
    /// Stores if the item's `unique` is still this one.
    Cas(u64),
}

/// The result of a command that stores a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Stored,
    NotStored,
    Exists,
    NotFound,
    TooLarge,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Up,
    Down,
}

/// The error of counting a value that isn't a decimal number of 64 bits.
pub struct NotANumber;

pub struct Store {
    // The cache has no bound of its own, as it would count items and not bytes. Its hashes are
    // seeded, because any client can choose keys.
    items: LruCache<Box<[u8]>, Item>,
    /// The bytes that the items take, their present limit, and the highest limit that a client may
    /// set.
    bytes: usize,
    limit: usize,
    limit_max: usize,
    last_unique: u64,
    /// The time at which all present items are removed.
    flush_at: Option<Instant>,
    counters: Counters,
}

#[derive(Default)]
struct Counters {
    get: u64,
    get_hits: u64,
    set: u64,
    touch: u64,
    touch_hits: u64,
    flush: u64,
    total_items: u64,
    evictions: u64,
}

impl Store {
    /// Creates an empty store, whose items may take `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Store {
            items: LruCache::unbounded(),
            bytes: 0,
            limit,
            limit_max: limit,
            last_unique: 0,
            flush_at: None,
            counters: Counters::default(),
        }
    }

    /// Returns an item, and sets its expiry time if `touch` has one.
    pub fn get(&mut self, key: &[u8], touch: Option<i64>) -> Option<Item> {
        if let Some(exptime) = touch {
            self.touch(key, exptime);
        }
        let found = self.find(key).cloned();
        self.counters.get += 1;
        self.counters.get_hits += u64::from(found.is_some());
        found
    }

    /// Sets an item's expiry time. Returns `false` if the item doesn't exist.
    pub fn touch(&mut self, key: &[u8], exptime: i64) -> bool {
        let touched = match self.find(key) {
            Some(item) => {
                item.expires = deadline(exptime);
                true
            }
            None => false,
        };
        self.counters.touch += 1;
        self.counters.touch_hits += u64::from(touched);
        touched
    }

    /// Stores a copy of `value`. `value` is a slice of the connection's read buffer; keeping it
    /// would keep the whole buffer.
    pub fn put(&mut self, verb: Verb, key: &[u8], flags: u32, exptime: i64, value: &[u8]) -> Outcome {
        self.counters.set += 1;
        let there = self.find(key);
        let new = || (flags, deadline(exptime), Bytes::copy_from_slice(value));
        let (flags, expires, value) = match (verb, there) {
            (Verb::Set, _) | (Verb::Add, None) | (Verb::Replace, Some(_)) => new(),
            (Verb::Cas(unique), Some(item)) if unique == item.unique => new(),
            // Flags and expiry time don't change.
            (Verb::Append, Some(item)) => (item.flags, item.expires, [&item.value, value].concat().into()),
            (Verb::Prepend, Some(item)) => (item.flags, item.expires, [value, &item.value].concat().into()),
            (Verb::Add, Some(_)) | (Verb::Replace | Verb::Append | Verb::Prepend, None) => return Outcome::NotStored,
            (Verb::Cas(_), Some(_)) => return Outcome::Exists,
            (Verb::Cas(_), None) => return Outcome::NotFound,
        };
        if value.len() > VALUE_MAX || size(key, &value) > self.limit {
            return Outcome::TooLarge;
        }
        self.counters.total_items += 1;
        self.insert(key, value, flags, expires);
        Outcome::Stored
    }

    /// Counts up, wrapping from the greatest number to 0, or down, stopping at 0. Returns `None` if
    /// the item doesn't exist.
    pub fn count(&mut self, step: Step, key: &[u8], delta: u64) -> Result<Option<u64>, NotANumber> {
        let Some(item) = self.find(key) else {
            return Ok(None);
        };
        // memcached leaves blanks where a number became shorter, so clients may have stored some.
        let before: u64 = number(item.value.trim_ascii()).ok_or(NotANumber)?;
        let after = match step {
            Step::Up => before.wrapping_add(delta),
            Step::Down => before.saturating_sub(delta),
        };
        let (flags, expires) = (item.flags, item.expires);
        self.insert(key, after.to_string().into(), flags, expires);
        Ok(Some(after))
    }

    /// Deletes an item. Returns `false` if it doesn't exist.
    pub fn delete(&mut self, key: &[u8]) -> bool {
        self.find(key).is_some() && self.remove(key)
    }

    /// Removes all items after `delay`, which is written as an expiry time; 0 removes them at once.
    pub fn flush(&mut self, delay: i64) {
        self.counters.flush += 1;
        let now = Instant::now();
        self.flush_at = Some(deadline(delay).unwrap_or(now));
        self.flush_if_due(now);
    }

    /// Returns the part of `stats` about items, with memcached's names.
    pub fn stats(&mut self) -> [(&'static str, u64); 13] {
        self.flush_if_due(Instant::now());
        let Counters {
            get,
            get_hits,
            set,
            touch,
            touch_hits,
            flush,
            total_items,
            evictions,
        } = self.counters;
        [
            ("cmd_get", get),
            ("cmd_set", set),
            ("cmd_flush", flush),
            ("cmd_touch", touch),
            ("get_hits", get_hits),
            ("get_misses", get - get_hits),
            ("touch_hits", touch_hits),
            ("touch_misses", touch - touch_hits),
            ("bytes", self.bytes as u64),
            ("limit_maxbytes", self.limit as u64),
            ("curr_items", self.items.len() as u64),
            ("total_items", total_items),
            ("evictions", evictions),
        ]
    }

    /// Returns the part of `stats items` and `stats slabs` that this store knows.
    pub fn items(&mut self) -> Items {
        self.flush_if_due(Instant::now());
        Items {
            count: self.items.len(),
            bytes: self.bytes,
            evictions: self.counters.evictions,
        }
    }

    /// Returns a line for each item, the most recently used first: at most `limit` lines, or the
    /// maximum if `limit` is 0.
    pub fn dump(&mut self, limit: usize) -> Vec<u8> {
        let now = Instant::now();
        self.flush_if_due(now);
        let limit = if limit == 0 { DUMPED_MAX } else { limit.min(DUMPED_MAX) };
        let mut lines = Vec::new();
        for (key, item) in self.items.iter().filter(|(_, item)| !item.has_expired(now)).take(limit) {
            let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let expires = item.expires.map_or(0, |at| (since_1970 + (at - now)).as_secs());
            lines.extend_from_slice(b"ITEM ");
            lines.extend_from_slice(key);
            lines.extend_from_slice(format!(" [{} b; {expires} s]\r\n", item.value.len()).as_bytes());
        }
        lines
    }

    /// Returns the bytes that the items may take.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Sets the bytes that the items may take. Returns `false` if this is more than the initial
    /// limit.
    pub fn set_limit(&mut self, limit: usize) -> bool {
        if limit > self.limit_max {
            return false;
        }
        self.limit = limit;
        self.make_room();
        true
    }

    /// Returns the item if it exists and hasn't expired, and makes it the most recently used one.
    fn find(&mut self, key: &[u8]) -> Option<&mut Item> {
        let now = Instant::now();
        self.flush_if_due(now);
        if self.items.peek(key).is_some_and(|item| item.has_expired(now)) {
            self.remove(key);
        }
        self.items.get_mut(key)
    }

    fn insert(&mut self, key: &[u8], value: Bytes, flags: u32, expires: Option<Instant>) {
        self.last_unique += 1;
        let item = Item {
            value,
            flags,
            unique: self.last_unique,
            expires,
        };
        self.bytes += size(key, &item.value);
        if let Some(old) = self.items.put(key.into(), item) {
            self.bytes -= size(key, &old.value);
        }
        self.make_room();
    }

    /// Evicts the least recently used items until the others fit.
    fn make_room(&mut self) {
        while self.bytes > self.limit
            && let Some((key, item)) = self.items.pop_lru()
        {
            self.bytes -= size(&key, &item.value);
            self.counters.evictions += 1;
        }
    }

    fn remove(&mut self, key: &[u8]) -> bool {
        let Some(item) = self.items.pop(key) else {
            return false;
        };
        self.bytes -= size(key, &item.value);
        true
    }

    fn flush_if_due(&mut self, now: Instant) {
        if self.flush_at.is_some_and(|at| at <= now) {
            self.flush_at = None;
            self.items.clear();
            self.bytes = 0;
        }
    }
}

/// Returns the memory that an item takes.
fn size(key: &[u8], value: &[u8]) -> usize {
    key.len() + value.len() + OVERHEAD
}

/// Returns the time at which an item expires, or `None` if it never does.
fn deadline(exptime: i64) -> Option<Instant> {
    let now = Instant::now();
    let left = match u64::try_from(exptime) {
        Ok(0) => return None,
        // A negative time is in the past.
        Err(_) => Duration::ZERO,
        Ok(seconds) if exptime <= RELATIVE_MAX => Duration::from_secs(seconds),
        Ok(seconds) => {
            let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            Duration::from_secs(seconds).saturating_sub(since_1970)
        }
    };
    now.checked_add(left)
}

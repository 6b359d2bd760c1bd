//! A cache for memcached's clients. It speaks memcached's text protocol, gives its errors, and
//! evicts the least recently used items first.
//!
//! Run it with `cargo run --example memcached -- 21211 64`: the arguments are the port (default
//! 11211; 0 takes a free one) and the memory for items in MiB (default 64). The environment changes
//! its options (`KAI_MEMCACHED_IP=0.0.0.0`). Connect with any client of memcached, or by hand:
//!
//! ```text
//! $ nc -C 127.0.0.1 21211
//! set greeting 0 60 5
//! hello
//! STORED
//! get greeting
//! VALUE greeting 0 5
//! hello
//! END
//! ```
//!
//! The protocol is memcached's doc/protocol.txt. Each command is a template in the table of
//! `handle_call`. If the length of a data block is wrong or its command is refused, memcached may
//! read the block as commands; this server closes the connection or skips the block.

mod stats;
mod store;
mod words;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use kai_tcp_server::{Action, Data, Failure, INFINITY, Reply, Result, Socket, run, tcp_server, with};

use crate::store::{Item, Outcome, Step, Store, Verb};
use crate::words::one_blank_between;

/// The longest key, and the longest value that memcached takes by default.
const KEY_MAX: usize = 250;
const VALUE_MAX: usize = 1024 * 1024;

/// The longest data block that is skipped.
const LENGTH_MAX: usize = i32::MAX as usize;

/// The version that clients see. Clients conclude from it that the server knows `gat` and no meta
/// commands.
const VERSION: &str = "1.5.22";

const ERROR: &str = "ERROR";
const BAD_FORMAT: &str = "CLIENT_ERROR bad command line format";
const BAD_DELETE: &str = "CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]";
const BAD_EXPTIME: &str = "CLIENT_ERROR invalid exptime argument";
const BAD_DELTA: &str = "CLIENT_ERROR invalid numeric delta argument";
const BAD_CHUNK: &str = "CLIENT_ERROR bad data chunk";
const NOT_A_NUMBER: &str = "CLIENT_ERROR cannot increment or decrement non-numeric value";
const TOO_LONG: &str = "CLIENT_ERROR line too long";
const TOO_LARGE: &str = "SERVER_ERROR object too large for cache";
const BAD_DUMP: &str = "CLIENT_ERROR bad command line";
const LIMIT_TOO_SMALL: &str = "MEMLIMIT_TOO_SMALL cannot set maxbytes to less than 8m";
const LIMIT_TOO_LARGE: &str = "MEMLIMIT_ADJUST_FAILED out of bounds or unable to adjust";

struct Cache {
    store: Mutex<Store>,
    started: Instant,
}

/// ```transcript
/// C: set greeting 5 60 5
/// C: hello
/// S: STORED
/// C: gets greeting
/// S: VALUE greeting 5 5 {unique: u64}
/// S: hello
/// S: END
/// C: cas greeting 0 0 2 {unique}
/// C. \r\n\r\n
/// S: STORED
/// C: cas greeting 0 0 2 {unique}
/// C: ho
/// S: EXISTS
/// # The value is a line end, so `C.` and `S.` say its bytes.
/// C: get greeting
/// S. VALUE greeting 0 2\r\n\r\n\r\nEND\r\n
/// C: delete greeting noreply
/// S! nothing
/// C: get greeting
/// S: END
/// C: quit
/// S! closed
/// ```
///
/// Items live as long as the client said, and a number doesn't wrap:
///
/// ```transcript
/// C: set n 0 0 20
/// C: 18446744073709551615
/// S: STORED
/// C: incr n 2
/// S: 1
/// C: set n 0 4294967296 1 1
/// S: ERROR
/// ```
// The longest line is a `get` of many keys. Connection pools keep idle connections as long as they
// like, and TCP's keepalive finds those whose client is gone. So the time limits apply to a client
// that hasn't sent a command yet, and to a command that has begun.
#[tcp_server(
    port = 11211,
    max_processes = 1024,
    packet = line(crlf | lf),
    packet_size = 256 * 1024,
    recv_limit = VALUE_MAX + 2,
    recv_timeout = "1m",
    frame_timeout = "1m",
    call_timeout = "5m",
    env = "KAI_MEMCACHED",
    example = Cache::new(64 * 1024 * 1024),
)]
impl Cache {
    async fn handle_call(&self, data: &[u8], socket: &mut Socket) -> Result<Action> {
        let data = &one_blank_between(data)[..];
        let answer = match data {
            // Any number of keys. A key may be called noreply.
            "get {keys..: bytes}" => self.get(keys, Form::Plain, None, socket).await?,
            "gets {keys..: bytes}" => self.get(keys, Form::Unique, None, socket).await?,
            "gat {exptime: i64} {keys..: bytes}" => self.get(keys, Form::Plain, Some(exptime), socket).await?,
            "gats {exptime: i64} {keys..: bytes}" => self.get(keys, Form::Unique, Some(exptime), socket).await?,
            "gat {_: bytes} {_..: bytes}" | "gats {_: bytes} {_..: bytes}" => reply(BAD_EXPTIME),

            "set {key: bytes} {flags: u32} {exptime: i64} {length: usize}{quiet? noreply}" => {
                self.put(Verb::Set, key, flags, exptime, length, quiet, socket).await?
            }
            "add {key: bytes} {flags: u32} {exptime: i64} {length: usize}{quiet? noreply}" => {
                self.put(Verb::Add, key, flags, exptime, length, quiet, socket).await?
            }
            "replace {key: bytes} {flags: u32} {exptime: i64} {length: usize}{quiet? noreply}" => {
                self.put(Verb::Replace, key, flags, exptime, length, quiet, socket)
                    .await?
            }
            "append {key: bytes} {flags: u32} {exptime: i64} {length: usize}{quiet? noreply}" => {
                self.put(Verb::Append, key, flags, exptime, length, quiet, socket)
                    .await?
            }
            "prepend {key: bytes} {flags: u32} {exptime: i64} {length: usize}{quiet? noreply}" => {
                self.put(Verb::Prepend, key, flags, exptime, length, quiet, socket)
                    .await?
            }
            "cas {key: bytes} {flags: u32} {exptime: i64} {length: usize} {unique: u64}{quiet? noreply}" => {
                self.put(Verb::Cas(unique), key, flags, exptime, length, quiet, socket)
                    .await?
            }
            // A word of the command is wrong, but its data block follows.
            "{command} {_: bytes} {_: bytes} {_: bytes} {length: usize}{_? noreply}" if stores(command) => {
                refuse(length, socket).await?
            }
            "cas {_: bytes} {_: bytes} {_: bytes} {length: usize} {_: bytes}{_? noreply}" => {
                refuse(length, socket).await?
            }
            // Without the length, the start of the next command is unknown.
            "{command} {_: bytes} {_: bytes} {_: bytes} {_: bytes}{_? noreply}" if stores(command) => close(BAD_FORMAT),
            "cas {_: bytes} {_: bytes} {_: bytes} {_: bytes} {_: bytes}{_? noreply}" => close(BAD_FORMAT),

            "incr {key: bytes} {delta: u64}{quiet? noreply}" => self.count(Step::Up, key, delta, quiet),
            "decr {key: bytes} {delta: u64}{quiet? noreply}" => self.count(Step::Down, key, delta, quiet),
            "incr {_: bytes} {_: bytes}{_? noreply}" | "decr {_: bytes} {_: bytes}{_? noreply}" => reply(BAD_DELTA),
            "touch {key: bytes} {exptime: i64}{quiet? noreply}" => self.touch(key, exptime, quiet),
            "touch {_: bytes} {_: bytes}{_? noreply}" => reply(BAD_EXPTIME),
            // Old clients send a time, which must be 0.
            "delete {key: bytes}{quiet? noreply}" | "delete {key: bytes} 0{quiet? noreply}" => self.delete(key, quiet),
            "delete {_..: bytes}" => reply(BAD_DELETE),

            "flush_all{quiet? noreply}" => self.flush(0, quiet),
            "flush_all {delay: i64}{quiet? noreply}" => self.flush(delay, quiet),
            "flush_all {_: bytes}{_? noreply}" => reply(BAD_EXPTIME),
            "stats" => self.stats(socket),
            "stats items" => self.stats_of_items(),
            "stats slabs" => self.stats_of_slabs(),
            "stats settings" => self.settings(socket),
            "stats cachedump {class: u32} {limit: usize}" => self.dump(class, limit),
            "stats cachedump {_: bytes} {_: bytes}" => reply(BAD_FORMAT),
            "stats cachedump" | "stats cachedump {_: bytes}" => reply(BAD_DUMP),
            "cache_memlimit {mebibytes: usize}{quiet? noreply}" => self.memlimit(mebibytes, quiet),
            "version" => reply(("VERSION ", VERSION)),
            // Clients can't change the log. memcached, too, accepts noreply as the only word.
            "verbosity noreply" => noreply,
            "verbosity {_: bytes}{quiet? noreply}" => answer(quiet, "OK"),
            "quit" => close,
            // A key has no tab and no CR. The line after a command with such a key may be its
            // value, not a command.
            line if line.iter().any(|byte| b"\t\r".contains(byte)) => close(BAD_FORMAT),
            // A web page can make a browser send this; the request's body could contain commands.
            "{_..: bytes} HTTP/{_: bytes}" => close,
            _ => return Ok(reply(ERROR)),
        };
        // A client that has sent a command may be idle without limit.
        socket.set_recv_timeout(INFINITY);
        Ok(answer)
    }

    /// Returns an empty cache, which has so many bytes for items.
    fn new(limit: usize) -> Self {
        Cache {
            store: Mutex::new(Store::new(limit)),
            started: Instant::now(),
        }
    }

    /// Replies with the protocol's error before the connection closes.
    fn failed(&self, failure: &Failure) -> Action {
        match failure {
            Failure::TooLong => close(TOO_LONG),
            _ => close,
        }
    }

    /// Sends each item separately: `send` waits while the client reads slower than the server
    /// writes. So a client that requests a large item a thousand times costs the memory of one.
    async fn get(&self, keys: &[u8], form: Form, exptime: Option<i64>, socket: &mut Socket) -> Result<Action> {
        let keys = keys.split(|&byte| byte == b' ');
        if keys.clone().any(|key| key.len() > KEY_MAX) {
            return Ok(reply(BAD_FORMAT));
        }
        for key in keys {
            // A separate statement, so that the lock is released before the await.
            let found = self.store().get(key, exptime);
            if let Some(item) = found {
                socket.send(Value { key, item, form }).await?;
            }
        }
        Ok(reply("END"))
    }

    /// Runs each command that has a data block.
    #[expect(clippy::too_many_arguments, reason = "they are the words of the command")]
    async fn put(
        &self,
        verb: Verb,
        key: &[u8],
        flags: u32,
        exptime: i64,
        length: usize,
        quiet: bool,
        socket: &mut Socket,
    ) -> Result<Action> {
        if key.len() > KEY_MAX || length > LENGTH_MAX {
            return refuse(length, socket).await;
        }
        let outcome = if length > VALUE_MAX {
            skip_block(length, socket).await?;
            Outcome::TooLarge
        } else {
            let block = socket.recv_exact(length + 2).await?;
            let Some(value) = block.strip_suffix(b"\r\n") else {
                return Ok(close(BAD_CHUNK));
            };
            self.store().put(verb, key, flags, exptime, value)
        };
        if outcome == Outcome::TooLarge && verb == Verb::Set {
            // The old value is out of date.
            self.store().delete(key);
        }
        let text = match outcome {
            Outcome::Stored => "STORED",
            Outcome::NotStored => "NOT_STORED",
            Outcome::Exists => "EXISTS",
            Outcome::NotFound => "NOT_FOUND",
            Outcome::TooLarge => TOO_LARGE,
        };
        Ok(answer(quiet, text))
    }

    fn count(&self, step: Step, key: &[u8], delta: u64, quiet: bool) -> Action {
        if key.len() > KEY_MAX {
            return reply(BAD_FORMAT);
        }
        match self.store().count(step, key, delta) {
            Ok(Some(_)) if quiet => noreply,
            Ok(Some(number)) => reply(format_args!("{number}")),
            Ok(None) => answer(quiet, "NOT_FOUND"),
            Err(_) => answer(quiet, NOT_A_NUMBER),
        }
    }

    fn touch(&self, key: &[u8], exptime: i64, quiet: bool) -> Action {
        if key.len() > KEY_MAX {
            return reply(BAD_FORMAT);
        }
        let touched = self.store().touch(key, exptime);
        answer(quiet, if touched { "TOUCHED" } else { "NOT_FOUND" })
    }

    fn delete(&self, key: &[u8], quiet: bool) -> Action {
        if key.len() > KEY_MAX {
            return reply(BAD_FORMAT);
        }
        let deleted = self.store().delete(key);
        answer(quiet, if deleted { "DELETED" } else { "NOT_FOUND" })
    }

    fn flush(&self, delay: i64, quiet: bool) -> Action {
        self.store().flush(delay);
        answer(quiet, "OK")
    }

    /// Lowers the memory limit, or raises it again up to the server's initial limit.
    fn memlimit(&self, mebibytes: usize, quiet: bool) -> Action {
        let limit = mebibytes.saturating_mul(1024 * 1024);
        if mebibytes < 8 {
            answer(quiet, LIMIT_TOO_SMALL)
        } else if self.store().set_limit(limit) {
            answer(quiet, "OK")
        } else {
            answer(quiet, LIMIT_TOO_LARGE)
        }
    }

    /// Locks the store. The guard is never held across an await, and no code leaves the store half
    /// changed, so poisoning is ignored.
    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether an item is sent with its number for `cas`.
#[derive(Clone, Copy)]
enum Form {
    Plain,
    Unique,
}

/// An item as it is sent, in parts, so that the value isn't copied.
struct Value<'a> {
    key: &'a [u8],
    item: Item,
    form: Form,
}

impl<'a> Reply<'a> for Value<'a> {
    fn write_into(self, data: &mut Data<'a>) {
        let Item {
            value, flags, unique, ..
        } = self.item;
        let length = value.len();
        match self.form {
            Form::Plain => ("VALUE ", self.key, format_args!(" {flags} {length}\r\n"), value).write_into(data),
            Form::Unique => (
                "VALUE ",
                self.key,
                format_args!(" {flags} {length} {unique}\r\n"),
                value,
            )
                .write_into(data),
        }
    }
}

/// Returns the answer, or no reply if the client said noreply.
fn answer<'a>(quiet: bool, text: &'static str) -> Action<'a> {
    if quiet { Action::noreply() } else { Action::reply(text) }
}

/// Returns whether a command has a data block and no number after the block's length.
fn stores(command: &str) -> bool {
    ["set", "add", "replace", "append", "prepend"].contains(&command)
}

/// Refuses a command that has a data block.
async fn refuse(length: usize, socket: &mut Socket) -> Result<Action<'static>> {
    if length > LENGTH_MAX {
        return Ok(Action::close_with(BAD_FORMAT));
    }
    skip_block(length, socket).await?;
    Ok(Action::reply(BAD_FORMAT))
}

/// Reads a refused data block in pieces, and discards it.
async fn skip_block(length: usize, socket: &mut Socket) -> Result {
    let mut left = length + 2;
    while left > 0 {
        left -= socket.recv_exact(left.min(64 * 1024)).await?.len();
    }
    Ok(())
}

fn main() -> Result {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let usage = |why: &str| format!("{why}; usage: memcached [port] [MiB of memory]");
    if arguments.len() > 2 {
        return Err(usage("too many arguments").into());
    }
    let mut options = Cache::OPTIONS;
    if let Some(port) = arguments.first() {
        let port = port.parse().map_err(|_| usage(&format!("{port:?} is no port")))?;
        options = options.port(port);
    }
    let mebibytes: usize = match arguments.get(1) {
        None => 64,
        Some(size) => size
            .parse()
            .map_err(|_| usage(&format!("{size:?} is no number of MiB")))?,
    };
    run(with(Cache::new(mebibytes.saturating_mul(1024 * 1024)), options))
}

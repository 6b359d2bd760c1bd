//! A cache that memcached's clients can use: its text protocol, its errors, the least recently used items evicted first.
//!
//! Run it by `cargo run --example memcached -- 21211 64`: the port (11211 if there is none, 0 takes a free one) and how many MiB
//! the items may take (64). Talk to it by any client of memcached, or by hand:
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
//! The protocol is memcached's doc/protocol.txt. Where memcached goes on to read a data block as commands, as the block's
//! length is wrong or the command was refused, this server closes the connection or skips the block.

mod store;
mod words;

use std::process;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use kai_tcp_server::{Action, Data, Failure, Reply, Result, Socket, run, tcp_server, with};

use crate::store::{Item, Outcome, Step, Store, Verb};
use crate::words::{command, number, words};

/// The longest key, and the longest value that memcached takes unless told otherwise.
const KEY_MAX: usize = 250;
const VALUE_MAX: usize = 1024 * 1024;

/// The longest data block that is skipped.
const LENGTH_MAX: usize = i32::MAX as usize;

/// Clients see in it what they can ask for: a memcached that knows `gat` and no meta commands yet.
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

struct Cache {
    store: Mutex<Store>,
    started: Instant,
}

// The longest line is a `get` of many keys. Pools of clients keep idle connections for as long as they like, so there is no time
// limit; TCP's keepalive finds those whose client is gone.
#[tcp_server(
    port = 11211,
    max_processes = 1024,
    packet = line(crlf | lf),
    packet_size = 256 * 1024,
    recv_limit = VALUE_MAX + 2,
    recv_timeout = infinity,
)]
impl Cache {
    async fn handle_call(&self, data: &[u8], socket: &mut Socket) -> Result<Action> {
        let (command, quiet) = command(data);
        Ok(match (&command[..], quiet) {
            // What follows these is keys, however many, and one may be called noreply.
            ([b"get", ..], _) => self.get(words(data).skip(1), Form::Plain, None, socket).await?,
            ([b"gets", ..], _) => self.get(words(data).skip(1), Form::Unique, None, socket).await?,
            ([b"gat", exptime, ..], _) => {
                self.get(words(data).skip(2), Form::Plain, Some(exptime), socket)
                    .await?
            }
            ([b"gats", exptime, ..], _) => {
                self.get(words(data).skip(2), Form::Unique, Some(exptime), socket)
                    .await?
            }

            ([b"set", head @ ..], _) => self.put(Some(Verb::Set), head, quiet, socket).await?,
            ([b"add", head @ ..], _) => self.put(Some(Verb::Add), head, quiet, socket).await?,
            ([b"replace", head @ ..], _) => self.put(Some(Verb::Replace), head, quiet, socket).await?,
            ([b"append", head @ ..], _) => self.put(Some(Verb::Append), head, quiet, socket).await?,
            ([b"prepend", head @ ..], _) => self.put(Some(Verb::Prepend), head, quiet, socket).await?,
            ([b"cas", head @ .., unique], _) => self.put(number(unique).map(Verb::Cas), head, quiet, socket).await?,

            ([b"incr", key, delta], _) => self.count(Step::Up, key, delta, quiet),
            ([b"decr", key, delta], _) => self.count(Step::Down, key, delta, quiet),
            ([b"touch", key, exptime], _) => self.touch(key, exptime, quiet),
            // Old clients send a time, which has to be 0.
            ([b"delete", key] | [b"delete", key, b"0"], _) => self.delete(key, quiet),
            ([b"delete", _, ..], _) => reply(BAD_DELETE),

            ([b"flush_all"], _) => self.flush(b"0", quiet),
            ([b"flush_all", delay], _) => self.flush(delay, quiet),
            ([b"stats"], false) => self.stats(socket),
            ([b"version"], false) => reply(("VERSION ", VERSION)),
            // The log is not for clients to change. memcached takes the noreply alone too.
            ([b"verbosity", _], _) | ([b"verbosity"], true) => answer(quiet, "OK"),
            ([b"quit"], false) => close,
            _ => reply(ERROR),
        })
    }

    /// What a client still reads when its connection closes for an error.
    fn failed(&self, failure: &Failure) -> Action {
        match failure {
            Failure::TooLong => close(TOO_LONG),
            _ => close,
        }
    }

    /// Sends each item by itself: `send` waits while the client reads slower than this writes, so that a client that asks for
    /// a large item a thousand times costs the memory of one.
    async fn get<'a>(
        &self,
        keys: impl Iterator<Item = &'a [u8]> + Clone,
        form: Form,
        exptime: Option<&[u8]>,
        socket: &mut Socket,
    ) -> Result<Action> {
        if keys.clone().next().is_none() {
            return Ok(reply(ERROR));
        }
        if keys.clone().any(|key| key.len() > KEY_MAX) {
            return Ok(reply(BAD_FORMAT));
        }
        let touch = exptime.map(number::<i64>);
        if touch == Some(None) {
            return Ok(reply(BAD_EXPTIME));
        }
        for key in keys {
            // A statement of its own, so that the lock is released before the await.
            let found = self.store().get(key, touch.flatten());
            if let Some(item) = found {
                socket.send(Value { key, item, form }).await?;
            }
        }
        Ok(reply("END"))
    }

    /// Every command that has a data block. No verb: its word was wrong.
    async fn put(&self, verb: Option<Verb>, head: &[&[u8]], quiet: bool, socket: &mut Socket) -> Result<Action> {
        let &[key, flags, exptime, length] = head else {
            return Ok(reply(ERROR));
        };
        // The block is on its way. Without its length there is no telling where the next command begins.
        let Some(length) = number(length).filter(|&length| length <= LENGTH_MAX) else {
            return Ok(close(BAD_FORMAT));
        };
        let (Some(verb), Some(flags), Some(exptime), ..=KEY_MAX) = (verb, number(flags), number(exptime), key.len())
        else {
            skip_block(length, socket).await?;
            return Ok(reply(BAD_FORMAT));
        };
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
            // The value that it was to replace is out of date.
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

    fn count(&self, step: Step, key: &[u8], delta: &[u8], quiet: bool) -> Action {
        if key.len() > KEY_MAX {
            return reply(BAD_FORMAT);
        }
        let Some(delta) = number(delta) else {
            return reply(BAD_DELTA);
        };
        match self.store().count(step, key, delta) {
            Ok(Some(_)) if quiet => noreply,
            Ok(Some(number)) => reply(format_args!("{number}")),
            Ok(None) => answer(quiet, "NOT_FOUND"),
            Err(_) => answer(quiet, NOT_A_NUMBER),
        }
    }

    fn touch(&self, key: &[u8], exptime: &[u8], quiet: bool) -> Action {
        if key.len() > KEY_MAX {
            return reply(BAD_FORMAT);
        }
        let Some(exptime) = number(exptime) else {
            return reply(BAD_EXPTIME);
        };
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

    fn flush(&self, delay: &[u8], quiet: bool) -> Action {
        let Some(delay) = number(delay) else {
            return reply(BAD_EXPTIME);
        };
        self.store().flush(delay);
        answer(quiet, "OK")
    }

    fn stats(&self, socket: &Socket) -> Action {
        let info = socket.server().info();
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let of_items = self.store().stats();
        let of_server = [
            ("pid", u64::from(process::id())),
            ("uptime", self.started.elapsed().as_secs()),
            ("time", time.as_secs()),
            ("pointer_size", u64::from(usize::BITS)),
            ("max_connections", info.max_processes as u64),
            ("curr_connections", info.curr_connections as u64),
            ("total_connections", info.accepted),
            ("bytes_read", info.bytes_in),
            ("bytes_written", info.bytes_out),
        ];
        let mut lines = vec![format!("STAT version {VERSION}\r\n")];
        let stats = of_server.into_iter().chain(of_items);
        lines.extend(stats.map(|(name, value)| format!("STAT {name} {value}\r\n")));
        reply((lines, "END"))
    }

    /// Nothing that holds it awaits, and nothing leaves the store half changed, so a panic elsewhere is no reason to give it up.
    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether an item is sent with the number that `cas` asks for.
#[derive(Clone, Copy)]
enum Form {
    Plain,
    Unique,
}

/// An item as it is sent, in parts: the value is never copied into a text.
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

/// The answer, unless the client said noreply.
fn answer<'a>(quiet: bool, text: &'static str) -> Action<'a> {
    if quiet { Action::noreply() } else { Action::reply(text) }
}

/// Reads a data block that nobody wants, in pieces.
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
    let cache = Cache {
        store: Mutex::new(Store::new(mebibytes.saturating_mul(1024 * 1024))),
        started: Instant::now(),
    };
    run(with(cache, options))
}

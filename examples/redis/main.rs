//! A cache for Redis' clients. A codec speaks RESP2. Values are strings, lists, sets, hashes and
//! sorted sets, with a time to live; the least recently used are evicted first.
//!
//! Run it with `cargo run --example redis -- 6380 64`: the arguments are the port (default 6379; 0
//! takes a free one) and the memory for values in MiB (default 64). The environment changes its
//! options (`KAI_REDIS_IP=0.0.0.0`). Connect with any client of Redis, or by hand:
//!
//! ```text
//! $ redis-cli -p 6380
//! 127.0.0.1:6380> set greeting hello ex 60
//! OK
//! 127.0.0.1:6380> ttl greeting
//! (integer) 60
//! ```
//!
//! The codec decodes bytes to commands (`resp.rs`, `command.rs`), the table of `handle_call` turns
//! commands into replies, and the codec encodes replies to bytes. The texts of errors are those of
//! Redis. If a client breaks the protocol, the server replies with an error and closes the
//! connection, as Redis does. `redis-benchmark` runs unchanged.

mod collection;
mod command;
mod resp;
mod store;
mod value;

use std::fmt::Write as _;
use std::process;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use kai_tcp_server::{Action, Failure, INFINITY, Result, Server, Socket, run, tcp_server, with};

use crate::command::{COMMANDS, Command, Set, Unit};
use crate::resp::{LINE_MAX, Reply, Request, Resp, WORD_MAX};
use crate::store::{Counters, Expiry, Left, Store, When};

/// The version that clients see. Clients conclude from it which commands exist.
const VERSION: &str = "7.0.0";

struct Redis {
    store: Mutex<Store>,
    started: Instant,
    last_id: AtomicI64,
}

/// The state of a connection.
struct Client {
    id: i64,
    name: Bytes,
}

/// Commands may be written as lines, too, and most replies are one.
///
/// ```transcript
/// (packet line(crlf))
/// C: SET greeting hello
/// S: +OK
/// C. *2\r\n$3\r\nGET\r\n$8\r\ngreeting\r\n
/// S. $5\r\nhello\r\n
/// C: INCR greeting
/// S: -ERR value is not an integer or out of range
/// C: QUIT
/// S: +OK
/// S! closed
/// ```
// The codec waits for a whole word or line of a command at most. Connection pools keep idle
// connections as long as they like, and TCP's keepalive finds those whose client is gone. So
// the time limits apply to a client that hasn't sent a command yet, and to a command that has
// begun.
#[tcp_server(
    port = 6379,
    max_processes = 10_000,
    packet = Resp,
    packet_size = WORD_MAX + LINE_MAX,
    recv_timeout = "1m",
    frame_timeout = "1m",
    env = "KAI_REDIS",
    example = Redis::new(64 * 1024 * 1024),
)]
impl Redis {
    /// Returns an empty cache, which has so many bytes for values.
    fn new(limit: usize) -> Self {
        Redis {
            store: Mutex::new(Store::new(limit)),
            started: Instant::now(),
            last_id: AtomicI64::new(0),
        }
    }

    fn connected(&self) -> Client {
        Client {
            id: self.last_id.fetch_add(1, Relaxed) + 1,
            name: Bytes::new(),
        }
    }

    fn handle_call(&self, request: Request, socket: &mut Socket, client: &mut Client) -> Action {
        let command = match request {
            Request::Command(command) => command,
            Request::Broken(why) => return close(Reply::Error(format!("ERR Protocol error: {why}"))),
        };
        let answer = match command {
            Command::Get(key) => told(self.store().get(&key).map(Reply::word)),
            Command::Set(set) => told(self.set(&set)),
            Command::Del(keys) => count(&keys, |key| self.store().delete(key)),
            Command::Exists(keys) => count(&keys, |key| self.store().exists(key)),
            Command::Add { key, by } => told(self.store().add(&key, by).map(Reply::Integer)),
            Command::GetAll(keys) => {
                let mut store = self.store();
                Reply::words(keys.iter().map(|key| store.get(key).unwrap_or(None)))
            }
            Command::SetAll(pairs) => {
                let mut store = self.store();
                for (key, value) in pairs {
                    store.set(&key, &value, When::Always, Expiry::Never);
                }
                Reply::OK
            }
            Command::Kind(key) => Reply::Simple(self.store().kind(&key)),
            Command::Expire { key, after } => flag(self.store().expire(&key, after)),
            Command::Ttl { key, unit } => self.ttl(&key, unit),
            Command::Persist(key) => flag(self.store().persist(&key)),
            Command::Collection { name, key, words } => {
                let done = collection::call(&mut self.store(), name, &key, &words);
                done.unwrap_or_else(Reply::Error)
            }
            Command::DbSize => Reply::integer(self.store().len()),
            Command::FlushAll => {
                self.store().clear();
                Reply::OK
            }

            Command::Ping(None) => Reply::Simple("PONG"),
            Command::Ping(Some(text)) | Command::Echo(text) => Reply::Bulk(text),
            Command::Select(0) | Command::ClientInfo => Reply::OK,
            Command::Select(_) => Reply::Error("ERR DB index is out of range".to_owned()),
            Command::Hello(version) => hello(version.as_deref(), client),
            Command::ClientId => Reply::Integer(client.id),
            Command::ClientName => Reply::Bulk(client.name.clone()),
            Command::SetClientName(name) => set_name(&name, client),
            Command::Config(patterns) => self.config(&patterns),
            Command::Info => self.info(socket.server()),
            Command::List => Reply::Array(COMMANDS.into_iter().map(described).collect()),
            Command::Count => Reply::integer(COMMANDS.len()),
            // The documentation of the commands is Redis' own.
            Command::Docs => Reply::Array(Vec::new()),
            Command::Refused(why) => return reply(Reply::Error(why)),
            Command::Quit => return close(Reply::OK),
            // A web page can make a browser send a request here, with commands in its body.
            Command::Http => return close,
        };
        // A client that has sent a command may be idle without limit.
        socket.set_recv_timeout(INFINITY);
        reply(answer)
    }

    fn failed(&self, failure: &Failure) -> Action {
        close(Reply::Error(format!("ERR {failure}")))
    }

    fn set(&self, set: &Set) -> Result<Reply, &'static str> {
        let mut store = self.store();
        let old = if set.get { store.get(&set.key)? } else { None };
        let stored = store.set(&set.key, &set.value, set.when, set.expiry);
        Ok(match old {
            Some(old) => Reply::Bulk(old),
            None if stored && !set.get => Reply::OK,
            None => Reply::Nil,
        })
    }

    fn ttl(&self, key: &[u8], unit: Unit) -> Reply {
        let milliseconds = match self.store().left(key) {
            Left::Missing => return Reply::Integer(-2),
            Left::Forever => return Reply::Integer(-1),
            Left::Time(left) => i64::try_from(left.as_millis()).unwrap_or(i64::MAX),
        };
        Reply::Integer(match unit {
            Unit::Milliseconds => milliseconds,
            Unit::Seconds => milliseconds.saturating_add(500) / 1000,
        })
    }

    /// Returns the settings whose names match a pattern; a pattern is a name or `*`.
    fn config(&self, patterns: &[Bytes]) -> Reply {
        let (_, limit) = self.store().memory();
        let settings = [
            ("appendonly", "no".to_owned()),
            ("databases", "1".to_owned()),
            ("maxmemory", limit.to_string()),
            ("maxmemory-policy", "allkeys-lru".to_owned()),
            ("proto-max-bulk-len", WORD_MAX.to_string()),
            ("save", String::new()),
        ];
        let asked_for = |name: &str| {
            let is = |pattern: &Bytes| pattern == "*" || pattern.eq_ignore_ascii_case(name.as_bytes());
            patterns.iter().any(is)
        };
        let asked_for = settings.into_iter().filter(|(name, _)| asked_for(name));
        Reply::Array(
            asked_for
                .flat_map(|(name, value)| [Reply::bulk(name), Reply::bulk(value)])
                .collect(),
        )
    }

    fn info(&self, server: &Server) -> Reply {
        let info = server.info();
        let (counters, keys, (used, limit)) = {
            let store = self.store();
            (store.counters(), store.len(), store.memory())
        };
        let Counters {
            hits,
            misses,
            expired,
            evicted,
        } = counters;
        let (id, port, uptime) = (
            process::id(),
            info.local_addr.port().unwrap_or_default(),
            self.started.elapsed().as_secs(),
        );
        let mut text = format!(
            "# Server\r\nredis_version:{VERSION}\r\nredis_mode:standalone\r\nprocess_id:{id}\r\ntcp_port:{port}\r\n\
             uptime_in_seconds:{uptime}\r\n\r\n\
             # Clients\r\nconnected_clients:{}\r\nmaxclients:{}\r\n\r\n\
             # Memory\r\nused_memory:{used}\r\nmaxmemory:{limit}\r\nmaxmemory_policy:allkeys-lru\r\n\r\n\
             # Stats\r\ntotal_connections_received:{}\r\ntotal_commands_processed:{}\r\ntotal_net_input_bytes:{}\r\n\
             total_net_output_bytes:{}\r\nexpired_keys:{expired}\r\nevicted_keys:{evicted}\r\nkeyspace_hits:{hits}\r\n\
             keyspace_misses:{misses}\r\n\r\n\
             # Keyspace\r\n",
            info.curr_connections, info.max_processes, info.accepted, info.calls, info.bytes_in, info.bytes_out,
        );
        if keys > 0 {
            // Writing to memory doesn't fail.
            let _ = write!(text, "db0:keys={keys}\r\n");
        }
        Reply::bulk(text)
    }

    /// Locks the store. The guard is never held across an await, and no code leaves the store half
    /// changed, so poisoning is ignored.
    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Answers HELLO. The server speaks version 2 of the protocol, and refuses other versions.
fn hello(version: Option<&[u8]>, client: &Client) -> Reply {
    match version {
        None | Some(b"2") => {}
        Some(_) => return Reply::Error("NOPROTO unsupported protocol version".to_owned()),
    }
    let text = |text: &str| Reply::bulk(text);
    Reply::Array(vec![
        text("server"),
        text("redis"),
        text("version"),
        text(VERSION),
        text("proto"),
        Reply::Integer(2),
        text("id"),
        Reply::Integer(client.id),
        text("mode"),
        text("standalone"),
        text("role"),
        text("master"),
        text("modules"),
        Reply::Array(Vec::new()),
    ])
}

fn set_name(name: &[u8], client: &mut Client) -> Reply {
    if !name.iter().all(u8::is_ascii_graphic) {
        let why = "ERR Client names cannot contain spaces, newlines or special characters.";
        return Reply::Error(why.to_owned());
    }
    client.name = Bytes::copy_from_slice(name);
    Reply::OK
}

/// Describes a command as COMMAND lists it: its name and its number of words, but not which of them
/// are keys.
fn described((name, arity): (&str, i64)) -> Reply {
    let number = Reply::Integer;
    Reply::Array(vec![
        Reply::bulk(name),
        number(arity),
        Reply::Array(Vec::new()),
        number(0),
        number(0),
        number(0),
    ])
}

/// Returns the reply, or the error as a reply.
fn told(reply: Result<Reply, &'static str>) -> Reply {
    reply.unwrap_or_else(|why| Reply::Error(why.to_owned()))
}

fn count(keys: &[Bytes], is: impl Fn(&[u8]) -> bool) -> Reply {
    Reply::integer(keys.iter().filter(|key| is(key)).count())
}

fn flag(flag: bool) -> Reply {
    Reply::Integer(flag.into())
}

fn main() -> Result {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let usage = |why: &str| format!("{why}; usage: redis [port] [MiB of memory]");
    if arguments.len() > 2 {
        return Err(usage("too many arguments").into());
    }
    let mut options = Redis::OPTIONS;
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
    run(with(Redis::new(mebibytes.saturating_mul(1024 * 1024)), options))
}

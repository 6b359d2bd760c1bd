//! Commands, parsed from their words. Errors are in the words of Redis.

use std::time::Duration;

use bytes::Bytes;

use crate::resp::integer;
use crate::store::{Expiry, When};

/// A parsed command.
pub enum Command {
    Ping(Option<Bytes>),
    Echo(Bytes),
    Get(Bytes),
    Set(Set),
    Del(Vec<Bytes>),
    Exists(Vec<Bytes>),
    /// INCR, DECR, INCRBY, DECRBY.
    Add {
        key: Bytes,
        by: i64,
    },
    /// EXPIRE, PEXPIRE.
    Expire {
        key: Bytes,
        after: i64,
    },
    /// TTL, PTTL.
    Ttl {
        key: Bytes,
        unit: Unit,
    },
    Persist(Bytes),
    /// TYPE.
    Kind(Bytes),
    /// MGET.
    GetAll(Vec<Bytes>),
    /// MSET.
    SetAll(Vec<(Bytes, Bytes)>),
    /// A command on a list, a set, a hash or a sorted set (`collection.rs`).
    Collection {
        name: &'static str,
        key: Bytes,
        words: Vec<Bytes>,
    },
    DbSize,
    FlushAll,
    Select(i64),
    Hello(Option<Bytes>),
    ClientId,
    ClientName,
    SetClientName(Bytes),
    ClientInfo,
    Config(Vec<Bytes>),
    Info,
    /// COMMAND, COMMAND COUNT, COMMAND DOCS.
    List,
    Count,
    Docs,
    Quit,
    /// POST and `Host:`, which belong to HTTP.
    Http,
    /// An unknown command, or a command with wrong words.
    Refused(String),
}

pub struct Set {
    pub key: Bytes,
    pub value: Bytes,
    pub when: When,
    pub expiry: Expiry,
    /// Whether the reply is the old value.
    pub get: bool,
}

/// The unit of a time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Seconds,
    Milliseconds,
}

/// All commands, each with its number of words as Redis counts them: the name counts, and a
/// negative number is a minimum.
pub const COMMANDS: [(&str, i64); 46] = [
    ("client", -2),
    ("command", -1),
    ("config", -2),
    ("dbsize", 1),
    ("decr", 2),
    ("decrby", 3),
    ("del", -2),
    ("echo", 2),
    ("exists", -2),
    ("expire", 3),
    ("flushall", -1),
    ("flushdb", -1),
    ("get", 2),
    ("hello", -1),
    ("hget", 3),
    ("hlen", 2),
    ("hset", -4),
    ("incr", 2),
    ("incrby", 3),
    ("info", -1),
    ("llen", 2),
    ("lpop", 2),
    ("lpush", -3),
    ("lrange", 4),
    ("mget", -2),
    ("mset", -3),
    ("persist", 2),
    ("pexpire", 3),
    ("ping", -1),
    ("pttl", 2),
    ("quit", -1),
    ("rpop", 2),
    ("rpush", -3),
    ("sadd", -3),
    ("scard", 2),
    ("select", 2),
    ("set", -3),
    ("sismember", 3),
    ("spop", 2),
    ("ttl", 2),
    ("type", 2),
    ("unlink", -2),
    ("zadd", -4),
    ("zcard", 2),
    ("zpopmin", 2),
    ("zscore", 3),
];

pub const SYNTAX: &str = "ERR syntax error";
const NOT_AN_INTEGER: &str = "ERR value is not an integer or out of range";

impl Command {
    /// Parses a command from its words. There must be at least one.
    pub fn of(words: &[Bytes]) -> Self {
        read(words).unwrap_or_else(Command::Refused)
    }
}

fn read(words: &[Bytes]) -> Result<Command, String> {
    let Some((name, arguments)) = words.split_first() else {
        return Err(SYNTAX.to_owned());
    };
    let lower = name.to_ascii_lowercase();
    if matches!(&lower[..], b"post" | b"host:") {
        return Ok(Command::Http);
    }
    let known = COMMANDS.iter().find(|(known, _)| known.as_bytes() == lower);
    let &(name, arity) = known.ok_or_else(|| unknown(name, arguments))?;
    let count = i64::try_from(words.len()).unwrap_or(i64::MAX);
    if (arity > 0 && count != arity) || count < -arity {
        return Err(wrong_number(name));
    }
    let key = || arguments[0].clone();
    Ok(match (name, arguments) {
        ("ping", []) => Command::Ping(None),
        ("ping", [text]) => Command::Ping(Some(text.clone())),
        ("echo", _) => Command::Echo(key()),
        ("get", _) => Command::Get(key()),
        ("set", [key, value, options @ ..]) => Command::Set(set(key, value, options)?),
        ("del" | "unlink", keys) => Command::Del(keys.to_vec()),
        ("exists", keys) => Command::Exists(keys.to_vec()),
        ("incr", _) => Command::Add { key: key(), by: 1 },
        ("decr", _) => Command::Add { key: key(), by: -1 },
        ("incrby", [_, by]) => Command::Add {
            key: key(),
            by: number(by)?,
        },
        ("decrby", [_, by]) => {
            let by = number(by)?.checked_neg().ok_or("ERR decrement would overflow")?;
            Command::Add { key: key(), by }
        }
        ("expire" | "pexpire", [_, time]) => {
            let unit = if name == "expire" {
                Unit::Seconds
            } else {
                Unit::Milliseconds
            };
            let after = milliseconds(number(time)?, unit).ok_or_else(|| invalid_time(name))?;
            Command::Expire { key: key(), after }
        }
        ("ttl", _) => Command::Ttl {
            key: key(),
            unit: Unit::Seconds,
        },
        ("pttl", _) => Command::Ttl {
            key: key(),
            unit: Unit::Milliseconds,
        },
        ("persist", _) => Command::Persist(key()),
        ("type", _) => Command::Kind(key()),
        ("mget", keys) => Command::GetAll(keys.to_vec()),
        ("mset", pairs) => Command::SetAll(in_pairs(pairs).ok_or_else(|| wrong_number(name))?),
        (
            "lpush" | "rpush" | "lpop" | "rpop" | "lrange" | "llen" | "sadd" | "spop" | "sismember" | "scard" | "hset"
            | "hget" | "hlen" | "zadd" | "zpopmin" | "zscore" | "zcard",
            [key, words @ ..],
        ) => Command::Collection {
            name,
            key: key.clone(),
            words: words.to_vec(),
        },
        ("dbsize", _) => Command::DbSize,
        ("flushall" | "flushdb", [] | [_]) => Command::FlushAll,
        ("flushall" | "flushdb", _) => return Err(SYNTAX.to_owned()),
        ("select", [index]) => Command::Select(number(index)?),
        ("hello", []) => Command::Hello(None),
        ("hello", [version, ..]) => Command::Hello(Some(version.clone())),
        ("client", [what, arguments @ ..]) => client(what, arguments)?,
        ("config", [what, patterns @ ..]) if is(what, "get") && !patterns.is_empty() => {
            Command::Config(patterns.to_vec())
        }
        ("config", [what, ..]) => return Err(unknown_subcommand(what, "CONFIG")),
        ("info", _) => Command::Info,
        ("command", []) => Command::List,
        ("command", [what]) if is(what, "count") => Command::Count,
        ("command", [what, ..]) if is(what, "docs") => Command::Docs,
        ("command", [what, ..]) => return Err(unknown_subcommand(what, "COMMAND")),
        ("quit", _) => Command::Quit,
        _ => return Err(wrong_number(name)),
    })
}

fn client(what: &Bytes, arguments: &[Bytes]) -> Result<Command, String> {
    Ok(match arguments {
        [] if is(what, "id") => Command::ClientId,
        [] if is(what, "getname") => Command::ClientName,
        [name] if is(what, "setname") => Command::SetClientName(name.clone()),
        // The name of the client's library, for an operator's log.
        [_, _] if is(what, "setinfo") => Command::ClientInfo,
        _ => return Err(unknown_subcommand(what, "CLIENT")),
    })
}

fn set(key: &Bytes, value: &Bytes, mut options: &[Bytes]) -> Result<Set, String> {
    let mut set = Set {
        key: key.clone(),
        value: value.clone(),
        when: When::Always,
        expiry: Expiry::Never,
        get: false,
    };
    while let [option, behind @ ..] = options {
        options = behind;
        match (&*option.to_ascii_lowercase(), behind) {
            (b"nx", _) if set.when != When::There => set.when = When::New,
            (b"xx", _) if set.when != When::New => set.when = When::There,
            (b"get", _) => set.get = true,
            (b"keepttl", _) if set.expiry == Expiry::Never => set.expiry = Expiry::Kept,
            (b"ex" | b"px", [time, behind @ ..]) if set.expiry == Expiry::Never => {
                let unit = if is(option, "ex") {
                    Unit::Seconds
                } else {
                    Unit::Milliseconds
                };
                let time = milliseconds(number(time)?, unit).and_then(|time| u64::try_from(time).ok());
                let time = time.filter(|&time| time > 0).ok_or_else(|| invalid_time("set"))?;
                set.expiry = Expiry::After(Duration::from_millis(time));
                options = behind;
            }
            _ => return Err(SYNTAX.to_owned()),
        }
    }
    Ok(set)
}

/// Groups words in pairs. Returns `None` if the last word is alone.
pub fn in_pairs(words: &[Bytes]) -> Option<Vec<(Bytes, Bytes)>> {
    let (pairs, rest) = words.as_chunks();
    let pair = |[first, second]: &[Bytes; 2]| (first.clone(), second.clone());
    rest.is_empty().then(|| pairs.iter().map(pair).collect())
}

fn is(word: &[u8], name: &str) -> bool {
    word.eq_ignore_ascii_case(name.as_bytes())
}

pub fn number(word: &[u8]) -> Result<i64, String> {
    integer(word).ok_or_else(|| NOT_AN_INTEGER.to_owned())
}

/// Converts a time to milliseconds. Returns `None` on overflow.
fn milliseconds(time: i64, unit: Unit) -> Option<i64> {
    match unit {
        Unit::Seconds => time.checked_mul(1000),
        Unit::Milliseconds => Some(time),
    }
}

pub fn wrong_number(name: &str) -> String {
    format!("ERR wrong number of arguments for '{name}' command")
}

fn invalid_time(name: &str) -> String {
    format!("ERR invalid expire time in '{name}' command")
}

fn unknown(name: &[u8], arguments: &[Bytes]) -> String {
    let mut message = format!("ERR unknown command '{}', with args beginning with: ", short(name));
    let begins = message.len();
    for argument in arguments {
        if message.len() - begins >= QUOTED {
            break;
        }
        message.extend(["'", &short(argument), "' "]);
    }
    message
}

fn unknown_subcommand(what: &[u8], of: &str) -> String {
    format!("ERR unknown subcommand '{}'. Try {of} HELP.", short(what))
}

/// The number of bytes of a client's words that an error quotes.
const QUOTED: usize = 128;

fn short(word: &[u8]) -> String {
    String::from_utf8_lossy(&word[..word.len().min(QUOTED)]).into_owned()
}

//! A hundred literal commands, most of them from Redis.

use kai_tcp_server::{Action, tcp_server};

use crate::{Bound, Function, Group, decided};

const LOUD: &[(&str, Function)] = &[("table", loud_table), ("match", loud_match)];

const WAYS: &[(&str, Function)] = &[("table", by_table), ("match", by_match), ("phf", by_phf)];

pub(crate) const GROUPS: &[Group] = &[
    Group {
        name: "100 literals, the first:",
        frames: &[b"append"],
        ways: WAYS,
    },
    Group {
        name: "100 literals, the 50th:",
        frames: &[b"hlen"],
        ways: WAYS,
    },
    Group {
        name: "100 literals, the last:",
        frames: &[b"unlink"],
        ways: WAYS,
    },
    Group {
        name: "100 literals, each once:",
        frames: FRAMES,
        ways: WAYS,
    },
    Group {
        name: "100 literals in any case, the first:",
        frames: &[b"APPEND"],
        ways: LOUD,
    },
    Group {
        name: "100 literals in any case, the last:",
        frames: &[b"UNLINK"],
        ways: LOUD,
    },
    Group {
        name: "100 literals in any case, each once:",
        frames: FRAMES,
        ways: LOUD,
    },
];

pub(crate) const BOUNDS: &[Bound] = &[
    Bound {
        of: "100 literals, the last: table",
        than: &["100 literals, the first: table"],
        ratio: 1.5,
    },
    Bound {
        of: "100 literals, each once: table",
        than: &["100 literals, each once: match", "100 literals, each once: phf"],
        ratio: 1.1,
    },
    Bound {
        of: "100 literals in any case, the last: table",
        than: &["100 literals in any case, the first: table"],
        ratio: 1.5,
    },
    Bound {
        of: "100 literals in any case, each once: table",
        than: &["100 literals in any case, each once: match"],
        ratio: 1.1,
    },
];

macro_rules! commands {
    ($($template:tt $literal:tt $number:tt,)*) => {
        const FRAMES: &[&[u8]] = &[$($literal),*];

        struct Commands;

        #[tcp_server(port = 0, packet = line(crlf))]
        impl Commands {
            fn handle_call(&self, data: &[u8], told: &mut u64) -> Action {
                *told = match data {
                    $($template => $number,)*
                    _ => 0,
                };
                noreply
            }
        }

        struct Loud;

        #[tcp_server(port = 0, packet = line(crlf), ignore_case)]
        impl Loud {
            fn handle_call(&self, data: &[u8], told: &mut u64) -> Action {
                *told = match data {
                    $($template => $number,)*
                    _ => 0,
                };
                noreply
            }
        }

        fn by_match(line: &[u8]) -> u64 {
            match line {
                $($literal => $number,)*
                _ => 0,
            }
        }

        static MAP: phf::Map<&'static [u8], u64> = phf::phf_map! { $($literal => $number),* };
    };
}

fn by_table(line: &[u8]) -> u64 {
    let mut told = 0;
    decided(Commands.handle_call(line, &mut told));
    told
}

fn loud_table(line: &[u8]) -> u64 {
    let mut told = 0;
    decided(Loud.handle_call(line, &mut told));
    told
}

/// Compares in lower case, for lines no longer than the longest command.
fn loud_match(line: &[u8]) -> u64 {
    let mut lower = [0; 12];
    let Some(lower) = lower.get_mut(..line.len()) else {
        return 0;
    };
    lower.copy_from_slice(line);
    lower.make_ascii_lowercase();
    by_match(lower)
}

fn by_phf(line: &[u8]) -> u64 {
    MAP.get(line).copied().unwrap_or_default()
}

commands! {
    "append" b"append" 1,
    "auth" b"auth" 2,
    "bgrewriteaof" b"bgrewriteaof" 3,
    "bgsave" b"bgsave" 4,
    "bitcount" b"bitcount" 5,
    "bitfield" b"bitfield" 6,
    "bitop" b"bitop" 7,
    "bitpos" b"bitpos" 8,
    "blmove" b"blmove" 9,
    "blpop" b"blpop" 10,
    "brpop" b"brpop" 11,
    "bzpopmax" b"bzpopmax" 12,
    "bzpopmin" b"bzpopmin" 13,
    "client" b"client" 14,
    "command" b"command" 15,
    "config" b"config" 16,
    "copy" b"copy" 17,
    "dbsize" b"dbsize" 18,
    "decr" b"decr" 19,
    "decrby" b"decrby" 20,
    "del" b"del" 21,
    "discard" b"discard" 22,
    "dump" b"dump" 23,
    "echo" b"echo" 24,
    "eval" b"eval" 25,
    "evalsha" b"evalsha" 26,
    "exec" b"exec" 27,
    "exists" b"exists" 28,
    "expire" b"expire" 29,
    "expireat" b"expireat" 30,
    "flushall" b"flushall" 31,
    "flushdb" b"flushdb" 32,
    "geoadd" b"geoadd" 33,
    "geodist" b"geodist" 34,
    "geohash" b"geohash" 35,
    "geopos" b"geopos" 36,
    "get" b"get" 37,
    "getbit" b"getbit" 38,
    "getdel" b"getdel" 39,
    "getex" b"getex" 40,
    "getrange" b"getrange" 41,
    "getset" b"getset" 42,
    "hdel" b"hdel" 43,
    "hello" b"hello" 44,
    "hexists" b"hexists" 45,
    "hget" b"hget" 46,
    "hgetall" b"hgetall" 47,
    "hincrby" b"hincrby" 48,
    "hkeys" b"hkeys" 49,
    "hlen" b"hlen" 50,
    "hmget" b"hmget" 51,
    "hmset" b"hmset" 52,
    "hscan" b"hscan" 53,
    "hset" b"hset" 54,
    "hsetnx" b"hsetnx" 55,
    "hvals" b"hvals" 56,
    "incr" b"incr" 57,
    "incrby" b"incrby" 58,
    "info" b"info" 59,
    "keys" b"keys" 60,
    "lastsave" b"lastsave" 61,
    "lindex" b"lindex" 62,
    "linsert" b"linsert" 63,
    "llen" b"llen" 64,
    "lmove" b"lmove" 65,
    "lpop" b"lpop" 66,
    "lpos" b"lpos" 67,
    "lpush" b"lpush" 68,
    "lrange" b"lrange" 69,
    "lrem" b"lrem" 70,
    "lset" b"lset" 71,
    "ltrim" b"ltrim" 72,
    "mget" b"mget" 73,
    "monitor" b"monitor" 74,
    "move" b"move" 75,
    "mset" b"mset" 76,
    "msetnx" b"msetnx" 77,
    "multi" b"multi" 78,
    "object" b"object" 79,
    "persist" b"persist" 80,
    "pexpire" b"pexpire" 81,
    "pfadd" b"pfadd" 82,
    "pfcount" b"pfcount" 83,
    "ping" b"ping" 84,
    "psetex" b"psetex" 85,
    "psync" b"psync" 86,
    "pttl" b"pttl" 87,
    "publish" b"publish" 88,
    "quit" b"quit" 89,
    "randomkey" b"randomkey" 90,
    "rename" b"rename" 91,
    "renamenx" b"renamenx" 92,
    "role" b"role" 93,
    "rpop" b"rpop" 94,
    "rpush" b"rpush" 95,
    "sadd" b"sadd" 96,
    "save" b"save" 97,
    "scan" b"scan" 98,
    "select" b"select" 99,
    "unlink" b"unlink" 100,
}

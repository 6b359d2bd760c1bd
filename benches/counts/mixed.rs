//! Fifty literal commands and fifty templates.

use kai_tcp_server::{Action, tcp_server};
use memchr::memchr;

use crate::{Bound, Function, Group, decided};

const WAYS: &[(&str, Function)] = &[
    ("table", by_table),
    ("by hand", by_hand),
    ("table of states", by_states),
    ("arms in order", in_order),
];

pub(crate) const GROUPS: &[Group] = &[
    Group {
        name: "50 templates, the first:",
        frames: &[b"auth user:1042"],
        ways: WAYS,
    },
    Group {
        name: "50 templates, the last:",
        frames: &[b"unlink user:1042"],
        ways: WAYS,
    },
    Group {
        name: "50 literals and 50 templates, each once:",
        frames: FRAMES,
        ways: WAYS,
    },
];

pub(crate) const BOUNDS: &[Bound] = &[
    Bound {
        of: "50 templates, the last: table",
        than: &["50 templates, the first: table"],
        ratio: 1.5,
    },
    Bound {
        of: "50 templates, the last: table of states",
        than: &["50 templates, the first: table of states"],
        ratio: 1.5,
    },
    Bound {
        of: "50 literals and 50 templates, each once: table",
        than: &["50 literals and 50 templates, each once: by hand"],
        ratio: 1.1,
    },
];

macro_rules! commands {
    (
        $key:ident // the captures' name, with the hygiene of the place that writes the templates
        { $($template:tt $literal:tt $number:tt,)* }
        { $($keyed:tt $head:tt $word:tt $frame:tt $keyed_number:tt,)* }
    ) => {
        const FRAMES: &[&[u8]] = &[$($literal,)* $($frame,)*];

        struct Commands;

        #[tcp_server(port = 0, packet = line(crlf))]
        impl Commands {
            fn handle_call(&self, data: &[u8], told: &mut u64) -> Action {
                *told = match data {
                    $($template => $number,)*
                    $($keyed => tell($keyed_number, $key),)*
                    _ => 0,
                };
                noreply
            }
        }

        struct States;

        #[tcp_server(port = 0, packet = line(crlf))]
        impl States {
            fn handle_call(&self, data: &[u8], told: &mut u64) -> Action {
                *told = match (&*told, data) {
                    $((0, $template) => $number,)*
                    $((0, $keyed) => tell($keyed_number, $key),)*
                    _ => 0,
                };
                noreply
            }
        }

        /// Matches as hand-written code does: one `match` on the word before the first space, then
        /// the key.
        fn by_hand(line: &[u8]) -> u64 {
            let Some(at) = memchr(b' ', line) else {
                return match line {
                    $($literal => $number,)*
                    _ => 0,
                };
            };
            let (word, key) = (&line[..at], &line[at + 1..]);
            if key.is_empty() || memchr(b' ', key).is_some() {
                return 0;
            }
            let Ok(key) = str::from_utf8(key) else {
                return 0;
            };
            match word {
                $($word => tell($keyed_number, key),)*
                _ => 0,
            }
        }

        /// Matches by the table's definition: one arm after the other.
        fn in_order(line: &[u8]) -> u64 {
            match line {
                $($literal => $number,)*
                $(_ if let Some(key) = line.strip_prefix($head).and_then(word) => tell($keyed_number, key),)*
                _ => 0,
            }
        }
    };
}

fn by_table(line: &[u8]) -> u64 {
    let mut told = 0;
    decided(Commands.handle_call(line, &mut told));
    told
}

fn by_states(line: &[u8]) -> u64 {
    let mut told = 0;
    decided(States.handle_call(line, &mut told));
    told
}

fn word(bytes: &[u8]) -> Option<&str> {
    let is_word = !bytes.is_empty() && !bytes.iter().any(u8::is_ascii_whitespace);
    str::from_utf8(bytes).ok().filter(|_| is_word)
}

#[inline]
fn tell(number: u64, key: &str) -> u64 {
    number + key.len() as u64
}

commands! {
    key
    {
    "append" b"append" 1,
    "bgrewriteaof" b"bgrewriteaof" 2,
    "bitcount" b"bitcount" 3,
    "bitop" b"bitop" 4,
    "blmove" b"blmove" 5,
    "brpop" b"brpop" 6,
    "bzpopmin" b"bzpopmin" 7,
    "command" b"command" 8,
    "copy" b"copy" 9,
    "decr" b"decr" 10,
    "del" b"del" 11,
    "dump" b"dump" 12,
    "eval" b"eval" 13,
    "exec" b"exec" 14,
    "expire" b"expire" 15,
    "flushall" b"flushall" 16,
    "geoadd" b"geoadd" 17,
    "geohash" b"geohash" 18,
    "get" b"get" 19,
    "getdel" b"getdel" 20,
    "getrange" b"getrange" 21,
    "hdel" b"hdel" 22,
    "hexists" b"hexists" 23,
    "hgetall" b"hgetall" 24,
    "hkeys" b"hkeys" 25,
    "hmget" b"hmget" 26,
    "hscan" b"hscan" 27,
    "hsetnx" b"hsetnx" 28,
    "incr" b"incr" 29,
    "info" b"info" 30,
    "lastsave" b"lastsave" 31,
    "linsert" b"linsert" 32,
    "lmove" b"lmove" 33,
    "lpos" b"lpos" 34,
    "lrange" b"lrange" 35,
    "lset" b"lset" 36,
    "mget" b"mget" 37,
    "move" b"move" 38,
    "msetnx" b"msetnx" 39,
    "object" b"object" 40,
    "pexpire" b"pexpire" 41,
    "pfcount" b"pfcount" 42,
    "psetex" b"psetex" 43,
    "pttl" b"pttl" 44,
    "quit" b"quit" 45,
    "rename" b"rename" 46,
    "role" b"role" 47,
    "rpush" b"rpush" 48,
    "save" b"save" 49,
    "select" b"select" 50,
    }
    {
    "auth {key}" b"auth " b"auth" b"auth user:1042" 51,
    "bgsave {key}" b"bgsave " b"bgsave" b"bgsave user:1042" 52,
    "bitfield {key}" b"bitfield " b"bitfield" b"bitfield user:1042" 53,
    "bitpos {key}" b"bitpos " b"bitpos" b"bitpos user:1042" 54,
    "blpop {key}" b"blpop " b"blpop" b"blpop user:1042" 55,
    "bzpopmax {key}" b"bzpopmax " b"bzpopmax" b"bzpopmax user:1042" 56,
    "client {key}" b"client " b"client" b"client user:1042" 57,
    "config {key}" b"config " b"config" b"config user:1042" 58,
    "dbsize {key}" b"dbsize " b"dbsize" b"dbsize user:1042" 59,
    "decrby {key}" b"decrby " b"decrby" b"decrby user:1042" 60,
    "discard {key}" b"discard " b"discard" b"discard user:1042" 61,
    "echo {key}" b"echo " b"echo" b"echo user:1042" 62,
    "evalsha {key}" b"evalsha " b"evalsha" b"evalsha user:1042" 63,
    "exists {key}" b"exists " b"exists" b"exists user:1042" 64,
    "expireat {key}" b"expireat " b"expireat" b"expireat user:1042" 65,
    "flushdb {key}" b"flushdb " b"flushdb" b"flushdb user:1042" 66,
    "geodist {key}" b"geodist " b"geodist" b"geodist user:1042" 67,
    "geopos {key}" b"geopos " b"geopos" b"geopos user:1042" 68,
    "getbit {key}" b"getbit " b"getbit" b"getbit user:1042" 69,
    "getex {key}" b"getex " b"getex" b"getex user:1042" 70,
    "getset {key}" b"getset " b"getset" b"getset user:1042" 71,
    "hello {key}" b"hello " b"hello" b"hello user:1042" 72,
    "hget {key}" b"hget " b"hget" b"hget user:1042" 73,
    "hincrby {key}" b"hincrby " b"hincrby" b"hincrby user:1042" 74,
    "hlen {key}" b"hlen " b"hlen" b"hlen user:1042" 75,
    "hmset {key}" b"hmset " b"hmset" b"hmset user:1042" 76,
    "hset {key}" b"hset " b"hset" b"hset user:1042" 77,
    "hvals {key}" b"hvals " b"hvals" b"hvals user:1042" 78,
    "incrby {key}" b"incrby " b"incrby" b"incrby user:1042" 79,
    "keys {key}" b"keys " b"keys" b"keys user:1042" 80,
    "lindex {key}" b"lindex " b"lindex" b"lindex user:1042" 81,
    "llen {key}" b"llen " b"llen" b"llen user:1042" 82,
    "lpop {key}" b"lpop " b"lpop" b"lpop user:1042" 83,
    "lpush {key}" b"lpush " b"lpush" b"lpush user:1042" 84,
    "lrem {key}" b"lrem " b"lrem" b"lrem user:1042" 85,
    "ltrim {key}" b"ltrim " b"ltrim" b"ltrim user:1042" 86,
    "monitor {key}" b"monitor " b"monitor" b"monitor user:1042" 87,
    "mset {key}" b"mset " b"mset" b"mset user:1042" 88,
    "multi {key}" b"multi " b"multi" b"multi user:1042" 89,
    "persist {key}" b"persist " b"persist" b"persist user:1042" 90,
    "pfadd {key}" b"pfadd " b"pfadd" b"pfadd user:1042" 91,
    "ping {key}" b"ping " b"ping" b"ping user:1042" 92,
    "psync {key}" b"psync " b"psync" b"psync user:1042" 93,
    "publish {key}" b"publish " b"publish" b"publish user:1042" 94,
    "randomkey {key}" b"randomkey " b"randomkey" b"randomkey user:1042" 95,
    "renamenx {key}" b"renamenx " b"renamenx" b"renamenx user:1042" 96,
    "rpop {key}" b"rpop " b"rpop" b"rpop user:1042" 97,
    "sadd {key}" b"sadd " b"sadd" b"sadd user:1042" 98,
    "scan {key}" b"scan " b"scan" b"scan user:1042" 99,
    "unlink {key}" b"unlink " b"unlink" b"unlink user:1042" 100,
    }
}

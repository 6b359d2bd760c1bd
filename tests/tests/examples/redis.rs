//! The redis example, with Redis' clients, and with parts of the protocol that they don't use.
//!
//! Longer than other files, as it drives every command of one example.

use std::net::SocketAddr;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use kai_tcp_server_tests::{Client, Example, available};

const WORD_MAX: usize = 1024 * 1024;

/// Starts the example on a free port. It ends when the test drops it.
fn start() -> (Example, SocketAddr) {
    start_with("64")
}

/// Starts the example with this many MiB for its values.
fn start_with(mebibytes: &str) -> (Example, SocketAddr) {
    let example = Example::start("redis", &["0", mebibytes]);
    let addr = example.addr();
    (example, addr)
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

/// Encodes a command as clients do.
fn command(words: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let mut command = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        let word = word.as_ref();
        command.extend(format!("${}\r\n", word.len()).bytes());
        command.extend([word, b"\r\n"].concat());
    }
    command
}

// ---- foreign clients

fn redis_tools() -> bool {
    available("redis-cli", &["--version"], "apt-get install redis-tools")
        && available("redis-benchmark", &["--version"], "apt-get install redis-tools")
}

/// Returns redis-cli's output for a person who types these words.
fn redis_cli(addr: SocketAddr, words: &[&str]) -> String {
    let port = addr.port().to_string();
    let mut command = Command::new("redis-cli");
    let command = command.args(["-h", "127.0.0.1", "-p", &port, "--no-raw"]).args(words);
    text(&command.output().expect("redis-cli runs")).trim_end().to_owned()
}

#[test]
fn redis_cli_gets_what_redis_would_say() {
    if !redis_tools() {
        return;
    }
    let (_example, addr) = start();
    for (words, answer) in [
        (&["ping"][..], "PONG"),
        (&["ping", "are you there"], "\"are you there\""),
        (&["ECHO", "one\r\ntwo"], "\"one\\r\\ntwo\""),
        (&["get", "a"], "(nil)"),
        (&["set", "a", "1"], "OK"),
        (&["get", "a"], "\"1\""),
        (&["set", "a", "2", "nx"], "(nil)"),
        (&["set", "a", "2", "XX", "get"], "\"1\""),
        (&["set", "b", "1", "get"], "(nil)"),
        (&["incr", "a"], "(integer) 3"),
        (&["incrby", "a", "-10"], "(integer) -7"),
        (&["decr", "counter"], "(integer) -1"),
        (&["decrby", "counter", "9"], "(integer) -10"),
        (&["ttl", "a"], "(integer) -1"),
        (&["ttl", "none"], "(integer) -2"),
        (&["expire", "a", "100"], "(integer) 1"),
        (&["ttl", "a"], "(integer) 100"),
        (&["set", "a", "x", "keepttl"], "OK"),
        (&["ttl", "a"], "(integer) 100"),
        (&["persist", "a"], "(integer) 1"),
        (&["persist", "a"], "(integer) 0"),
        (&["set", "a", "x", "px", "100000"], "OK"),
        (&["set", "a", "y"], "OK"),
        (&["pttl", "a"], "(integer) -1"),
        (&["pexpire", "none", "1000"], "(integer) 0"),
        (&["expire", "a", "-1"], "(integer) 1"),
        (&["exists", "a", "b", "b", "counter"], "(integer) 3"),
        (&["dbsize"], "(integer) 2"),
        (&["del", "a", "b", "none"], "(integer) 1"),
        (&["flushall"], "OK"),
        (&["dbsize"], "(integer) 0"),
        (&["select", "0"], "OK"),
        (&["select", "1"], "(error) ERR DB index is out of range"),
        (&["config", "get", "maxmemory"], "1) \"maxmemory\"\n2) \"67108864\""),
        (&["config", "get", "nothing"], "(empty array)"),
        (&["command", "count"], "(integer) 46"),
        (&["client", "setname", "me"], "OK"),
        (&["hello", "3"], "(error) NOPROTO unsupported protocol version"),
        (&["quit"], "OK"),
    ] {
        assert_eq!(redis_cli(addr, words), answer, "{words:?}");
    }
    let info = redis_cli(addr, &["info"]);
    assert!(
        info.contains("redis_version:7.0.0") && info.contains("maxmemory_policy:allkeys-lru"),
        "{info}"
    );
}

#[test]
fn collections_are_those_of_redis() {
    if !redis_tools() {
        return;
    }
    let (_example, addr) = start();
    for (words, answer) in [
        (&["rpush", "l", "c", "d"][..], "(integer) 2"),
        (&["lpush", "l", "b", "a"], "(integer) 4"),
        (&["lrange", "l", "0", "-1"], "1) \"a\"\n2) \"b\"\n3) \"c\"\n4) \"d\""),
        (&["lrange", "l", "-3", "2"], "1) \"b\"\n2) \"c\""),
        (
            &["lrange", "l", "-100", "100"],
            "1) \"a\"\n2) \"b\"\n3) \"c\"\n4) \"d\"",
        ),
        (&["lrange", "l", "2", "1"], "(empty array)"),
        (&["lrange", "l", "4", "9"], "(empty array)"),
        (&["lrange", "l", "0", "-5"], "(empty array)"),
        (&["lrange", "none", "0", "-1"], "(empty array)"),
        (
            &["lrange", "l", "-9223372036854775808", "-9223372036854775808"],
            "(empty array)",
        ),
        (&["lpop", "l"], "\"a\""),
        (&["rpop", "l"], "\"d\""),
        (&["llen", "l"], "(integer) 2"),
        (&["type", "l"], "list"),
        (&["sadd", "s", "a", "b", "a"], "(integer) 2"),
        (&["sadd", "s", "b"], "(integer) 0"),
        (&["sismember", "s", "b"], "(integer) 1"),
        (&["sismember", "s", "c"], "(integer) 0"),
        (&["scard", "s"], "(integer) 2"),
        (&["type", "s"], "set"),
        (&["hset", "h", "f", "1", "g", "2"], "(integer) 2"),
        (&["hset", "h", "f", "3"], "(integer) 0"),
        (&["hget", "h", "f"], "\"3\""),
        (&["hget", "h", "none"], "(nil)"),
        (&["hlen", "h"], "(integer) 2"),
        (&["type", "h"], "hash"),
        (&["zadd", "z", "2", "b", "-inf", "a", "1.5", "c"], "(integer) 3"),
        (&["zadd", "z", "1e3", "b"], "(integer) 0"),
        (&["zscore", "z", "b"], "\"1000\""),
        (&["zscore", "z", "none"], "(nil)"),
        (&["zcard", "z"], "(integer) 3"),
        (&["type", "z"], "zset"),
        (&["zpopmin", "z"], "1) \"a\"\n2) \"-inf\""),
        (&["zpopmin", "z"], "1) \"c\"\n2) \"1.5\""),
        (&["zpopmin", "none"], "(empty array)"),
        (&["mset", "t", "1", "u", "2", "t", "3"], "OK"),
        (
            &["mget", "t", "none", "l", "u"],
            "1) \"3\"\n2) (nil)\n3) (nil)\n4) \"2\"",
        ),
        (&["type", "t"], "string"),
        (&["type", "none"], "none"),
        // A time to live belongs to the key, whatever its value; a text replaces any value.
        (&["expire", "l", "100"], "(integer) 1"),
        (&["rpush", "l", "x"], "(integer) 3"),
        (&["ttl", "l"], "(integer) 100"),
        (&["set", "z", "text"], "OK"),
        (&["type", "z"], "string"),
        // Removing the last word removes the collection.
        (&["spop", "s"], "\"a\""),
        (&["spop", "s"], "\"b\""),
        (&["spop", "s"], "(nil)"),
        (&["lpop", "none"], "(nil)"),
        (&["exists", "s", "none", "l"], "(integer) 1"),
        (&["del", "l", "h"], "(integer) 2"),
    ] {
        let said = redis_cli(addr, words);
        // Any member of a set may come first.
        let said = if words[0] == "spop" && said != "(nil)" {
            answer.to_owned()
        } else {
            said
        };
        assert_eq!(said, answer, "{words:?}");
    }
}

#[test]
fn a_command_for_another_kind_of_value_is_refused_in_the_words_of_redis() {
    if !redis_tools() {
        return;
    }
    let (_example, addr) = start();
    redis_cli(addr, &["set", "text", "1"]);
    redis_cli(addr, &["rpush", "list", "1"]);
    let wrong = "(error) WRONGTYPE Operation against a key holding the wrong kind of value";
    for words in [
        &["get", "list"][..],
        &["incr", "list"],
        &["set", "list", "x", "get"],
        &["lpush", "text", "x"],
        &["rpop", "text"],
        &["lrange", "text", "0", "1"],
        &["llen", "text"],
        &["sadd", "list", "x"],
        &["sismember", "list", "x"],
        &["spop", "list"],
        &["hset", "list", "f", "x"],
        &["hget", "text", "f"],
        &["zadd", "list", "1", "x"],
        &["zpopmin", "text"],
        &["zscore", "list", "x"],
        &["zcard", "list"],
    ] {
        assert_eq!(redis_cli(addr, words), wrong, "{words:?}");
    }
    for (words, why) in [
        (
            &["hset", "h", "f"][..],
            "ERR wrong number of arguments for 'hset' command",
        ),
        (
            &["hset", "h", "f", "1", "g"],
            "ERR wrong number of arguments for 'hset' command",
        ),
        (
            &["mset", "a", "1", "b"],
            "ERR wrong number of arguments for 'mset' command",
        ),
        (&["zadd", "z", "1", "a", "2"], "ERR syntax error"),
        (&["zadd", "z", "nan", "a"], "ERR value is not a valid float"),
        (
            &["lrange", "list", "0", "x"],
            "ERR value is not an integer or out of range",
        ),
    ] {
        assert_eq!(redis_cli(addr, words), format!("(error) {why}"), "{words:?}");
    }
    assert_eq!(redis_cli(addr, &["get", "text"]), "\"1\"");
    assert_eq!(redis_cli(addr, &["dbsize"]), "(integer) 2");
}

#[test]
fn errors_are_those_of_redis() {
    if !redis_tools() {
        return;
    }
    let (_example, addr) = start();
    redis_cli(addr, &["set", "text", "x"]);
    redis_cli(addr, &["set", "last", "9223372036854775807"]);
    for (words, answer) in [
        (&["get"][..], "wrong number of arguments for 'get' command"),
        (&["GET", "a", "b"], "wrong number of arguments for 'get' command"),
        (&["set", "a"], "wrong number of arguments for 'set' command"),
        (&["ping", "a", "b"], "wrong number of arguments for 'ping' command"),
        (&["incr", "text"], "value is not an integer or out of range"),
        (&["incrby", "n", "1.5"], "value is not an integer or out of range"),
        (&["incrby", "n", "+1"], "value is not an integer or out of range"),
        (&["incr", "last"], "increment or decrement would overflow"),
        (&["decrby", "n", "-9223372036854775808"], "decrement would overflow"),
        (&["set", "a", "b", "ex", "0"], "invalid expire time in 'set' command"),
        (
            &["set", "a", "b", "ex", "9223372036854775807"],
            "invalid expire time in 'set' command",
        ),
        (
            &["set", "a", "b", "ex", "ten"],
            "value is not an integer or out of range",
        ),
        (&["set", "a", "b", "ex"], "syntax error"),
        (&["set", "a", "b", "nx", "xx"], "syntax error"),
        (&["set", "a", "b", "ex", "1", "px", "1"], "syntax error"),
        (
            &["expire", "a", "9223372036854775807"],
            "invalid expire time in 'expire' command",
        ),
        (
            &["config", "set", "a", "b"],
            "unknown subcommand 'set'. Try CONFIG HELP.",
        ),
        (
            &["client", "setname", "a b"],
            "Client names cannot contain spaces, newlines or special characters.",
        ),
        (
            &["foo", "bar", "b\r\nz"],
            "unknown command 'foo', with args beginning with: 'bar' 'b  z'",
        ),
    ] {
        assert_eq!(redis_cli(addr, words), format!("(error) ERR {answer}"), "{words:?}");
    }
}

#[test]
fn redis_benchmark_runs_unchanged() {
    if !redis_tools() {
        return;
    }
    let (_example, addr) = start();
    let port = addr.port().to_string();
    let output = Command::new("redis-benchmark")
        .args([
            "-p",
            &port,
            "-t",
            "ping,set,get,incr",
            "-P",
            "16",
            "-n",
            "20000",
            "--csv",
        ])
        .output()
        .expect("redis-benchmark runs");
    let said = text(&output);
    println!("{said}");
    assert!(
        output.status.success() && !said.to_lowercase().contains("error"),
        "{said}"
    );
    assert!(!said.contains("WARNING"), "{said}");
    for test in ["PING_INLINE", "PING_MBULK", "SET", "GET", "INCR"] {
        assert!(said.contains(&format!("\"{test}\",")), "{said}");
    }
    assert_eq!(redis_cli(addr, &["get", "counter:__rand_int__"]), "\"20000\"");
}

#[test]
fn every_test_that_redis_benchmark_has_by_default_goes_through() {
    if !redis_tools() {
        return;
    }
    let (_example, addr) = start();
    let output = Command::new("redis-benchmark")
        .args(["-p", &addr.port().to_string(), "-n", "2000", "--csv"])
        .output()
        .expect("redis-benchmark runs");
    let said = text(&output);
    println!("{said}");
    assert!(
        output.status.success() && !said.to_lowercase().contains("error") && !said.contains("WARNING"),
        "{said}"
    );
    for test in [
        "PING_INLINE",
        "PING_MBULK",
        "SET",
        "GET",
        "INCR",
        "LPUSH",
        "RPUSH",
        "LPOP",
        "RPOP",
        "SADD",
        "HSET",
        "SPOP",
        "ZADD",
        "ZPOPMIN",
        "LRANGE_100",
        "LRANGE_300",
        "LRANGE_500",
        "LRANGE_600",
        "MSET",
    ] {
        let is = |line: &str| {
            line.strip_prefix('"')
                .and_then(|line| line.strip_prefix(test))
                .is_some_and(|rest| rest.starts_with(['"', ' ']))
        };
        assert!(said.lines().any(is), "{test}: {said}");
    }
    // 2,000 from the left, 2,000 from the right, as many taken, and 2,000 for LRANGE.
    assert_eq!(redis_cli(addr, &["llen", "mylist"]), "(integer) 2000");
}

// ---- how bytes arrive

const SCRIPT: &str = "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$5\r\n*1\r\n$\r\n\r\nPING\r\n*1\r\n$4\r\nping\r\nget a\n*-1\r\n*0\r\n   \r\nset \"a b\" '\\'c'\r\nGET \"a\\x20b\"\r\n";
const ANSWERS: &str = "+OK\r\n+PONG\r\n+PONG\r\n$5\r\n*1\r\n$\r\n+OK\r\n$2\r\n'c\r\n";

#[tokio::test]
async fn commands_and_lines_may_come_together_or_byte_by_byte() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    client.call(SCRIPT, ANSWERS).await;
    client.stream().set_nodelay(true).expect("the option is known");
    for byte in SCRIPT.bytes() {
        client.send([byte]).await;
    }
    client.expect(ANSWERS).await;
}

#[tokio::test]
async fn a_pipeline_is_answered_in_order() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    client.send(command(&["INCR", "n"]).repeat(5000)).await;
    for n in 1..=5000 {
        client.expect(format!(":{n}\r\n")).await;
    }
}

#[tokio::test]
async fn the_longest_value_is_kept_whole() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    let value = vec![b'\r'; WORD_MAX];
    client.call(command(&[b"set", &b"a"[..], &value]), "+OK\r\n").await;
    let answer = [format!("${WORD_MAX}\r\n").as_bytes(), &value, b"\r\n"].concat();
    client.call("get a\r\n", answer).await;
}

// ---- values

#[tokio::test]
async fn a_value_ends_with_its_time() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    client
        .call(
            "set a 1 px 100\r\nset b 1 ex 1000\r\nset c 1\r\npexpire c 100\r\n",
            "+OK\r\n+OK\r\n+OK\r\n:1\r\n",
        )
        .await;
    let patience = Instant::now() + Duration::from_secs(20);
    loop {
        client.send("exists a b c\r\n").await;
        if client.line().await == ":1\r\n" {
            break;
        }
        assert!(Instant::now() < patience, "they don't expire");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    client.call("get b\r\nincr a\r\n", "$1\r\n1\r\n:1\r\n").await;
}

#[tokio::test]
async fn the_least_recently_used_values_go_when_there_is_no_room() {
    let (_example, addr) = start_with("1");
    let mut client = Client::connect(addr).await;
    let value = "x".repeat(100_000);
    for n in 0..30 {
        client
            .call(command(&["SET", &format!("k{n}"), &value]), "+OK\r\n")
            .await;
        client.send("get k0\r\n").await;
        client.expect(format!("$100000\r\n{value}\r\n")).await;
    }
    client.call("exists k0 k29\r\nexists k1\r\n", ":2\r\n:0\r\n").await;
}

// ---- what a peer does to hurt others

#[tokio::test]
async fn a_broken_protocol_is_told_in_the_words_of_redis_and_ends_its_connection() {
    let (_example, addr) = start();
    let line = "x".repeat(64 * 1024 + 1);
    for (request, why) in [
        ("*99999999999999999999\r\n".to_owned(), "invalid multibulk length"),
        ("*65537\r\n".to_owned(), "invalid multibulk length"),
        ("*one\r\n".to_owned(), "invalid multibulk length"),
        ("*1\r\n$-1\r\n".to_owned(), "invalid bulk length"),
        ("*1\r\n$1048577\r\n".to_owned(), "invalid bulk length"),
        ("*1\r\n$99999999999999999999\r\n".to_owned(), "invalid bulk length"),
        ("*1\r\n*1\r\n$4\r\nPING\r\n".to_owned(), "expected '$', got '*'"),
        ("*2\r\n$3\r\nGET\r\n:1\r\n".to_owned(), "expected '$', got ':'"),
        ("get \"a\r\n".to_owned(), "unbalanced quotes in request"),
        (line.clone(), "too big inline request"),
        (format!("*{line}"), "too big mbulk count string"),
        (format!("*1\r\n${line}"), "too big bulk count string"),
    ] {
        let mut client = Client::connect(addr).await;
        client.send("ping\r\n").await;
        client.send(&request).await;
        client.expect(format!("+PONG\r\n-ERR Protocol error: {why}\r\n")).await;
        client.expect_eof().await;
    }
    let mut honest = Client::connect(addr).await;
    honest.call("ping\r\n", "+PONG\r\n").await;
}

#[tokio::test]
async fn an_http_request_runs_no_command() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    client.call("set a 1\r\n", "+OK\r\n").await;
    for (request, answer) in [
        ("POST / HTTP/1.1\r\nContent-Length: 8\r\n\r\nflushall\r\n", ""),
        ("post x\r\nflushall\r\n", ""),
        ("*1\r\n$4\r\nPOST\r\n*1\r\n$8\r\nflushall\r\n", ""),
        (
            "GET / HTTP/1.1\r\nhOST: here\r\n\r\nflushall\r\n",
            "-ERR wrong number of arguments for 'get' command\r\n",
        ),
    ] {
        let mut browser = Client::connect(addr).await;
        browser.call(request, answer).await;
        browser.expect_eof().await;
    }
    client.call("get a\r\n", "$1\r\n1\r\n").await;
}

/// Starts the example with these options in its environment.
fn start_under(options: &[(&str, &str)]) -> (Example, SocketAddr) {
    let example = Example::start_under("redis", &["0"], options);
    let addr = example.addr();
    (example, addr)
}

#[tokio::test]
async fn who_speaks_no_redis_has_a_time_limit_and_who_is_idle_has_none() {
    let (_example, addr) = start_under(&[("KAI_REDIS_RECV_TIMEOUT", "2s")]);
    let mut idle = Client::connect(addr).await;
    idle.call("set a 1\r\n", "+OK\r\n").await;
    let mut strangers = Vec::new();
    for begin in [
        "",
        "\r\n",
        "no command\r\n",
        "\x16\x03\x01 tls\n",
        "*2\r\n$3\r\nget\r\n",
    ] {
        let mut stranger = Client::connect(addr).await;
        stranger.send(begin).await;
        strangers.push(stranger);
    }
    for mut stranger in strangers {
        stranger.rest().await;
    }
    idle.call("get a\r\n", "$1\r\n1\r\n").await;
}

#[tokio::test]
async fn a_command_that_has_begun_has_a_time_limit() {
    let (_example, addr) = start_under(&[("KAI_REDIS_FRAME_TIMEOUT", "200ms")]);
    let mut clients = Vec::new();
    for begin in ["pin", "*2\r\n", "*2\r\n$3\r\nget\r\n", "*1\r\n$10\r\nhalf"] {
        let mut client = Client::connect(addr).await;
        client.call("ping\r\n", "+PONG\r\n").await;
        client.send(begin).await;
        clients.push(client);
    }
    for mut client in clients {
        client.expect("-ERR no whole frame came in time\r\n").await;
        client.expect_eof().await;
    }
}

#[tokio::test]
async fn a_reply_is_no_longer_than_a_command() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    let word = "x".repeat(600_000);
    for n in 1..=4 {
        client.call(command(&["RPUSH", "l", &word]), format!(":{n}\r\n")).await;
    }
    client.call(command(&["SET", "t", &word]), "+OK\r\n").await;
    let too_large = "-ERR the reply would be too large\r\n";
    client.call("lrange l 0 -1\r\n", too_large).await;
    client.call("mget t t t t\r\n", too_large).await;
    let answer = format!("$600000\r\n{word}\r\n").repeat(3);
    client.call("lrange l 1 -1\r\n", format!("*3\r\n{answer}")).await;
    client.call("mget t t t\r\n", format!("*3\r\n{answer}")).await;
}

#[tokio::test]
async fn collections_take_no_more_memory_than_there_is_and_give_it_back() {
    let (example, addr) = start_with("4");
    let mut client = Client::connect(addr).await;
    let words: Vec<String> = (0..1000).map(|n| format!("word:{n}")).collect();
    let scores: Vec<String> = words.iter().flat_map(|word| ["1.5".into(), word.clone()]).collect();
    for n in 0..100 {
        for (name, words) in [("RPUSH", &words), ("SADD", &words), ("HSET", &words), ("ZADD", &scores)] {
            let key = format!("{name}:{n}");
            let add = [&[name.into(), key], &words[..]].concat();
            client.send(command(&add)).await;
            assert!(client.line().await.starts_with(':'), "{name}");
        }
    }
    let used = used_memory(&mut client).await;
    assert!((2 << 20..=4 << 20).contains(&used), "{used} of 4 MiB");
    // The keys that were filled first were evicted first.
    client.call("exists RPUSH:0 ZADD:0 ZADD:99\r\n", ":1\r\n").await;

    // A collection that has shrunk takes no more than its rest.
    client.call("flushall\r\n", "+OK\r\n").await;
    assert_eq!(used_memory(&mut client).await, 0);
    let before = rss(&example);
    let push = command(&[&["RPUSH".to_owned(), "KEY".to_owned()], &words[..]].concat());
    let push = String::from_utf8(push).expect("plain words");
    for n in 100..300 {
        let key = format!("l{n}");
        let push = push.replace("$3\r\nKEY", &format!("$4\r\n{key}"));
        client.send(push.repeat(3)).await;
        client.expect(":1000\r\n:2000\r\n:3000\r\n").await;
        client.send(format!("lpop {key}\r\n").repeat(2999)).await;
        for n in 0..2999 {
            let word = format!("word:{}", n % 1000);
            client.expect(format!("${}\r\n{word}\r\n", word.len())).await;
        }
    }
    client.call("dbsize\r\n", ":200\r\n").await;
    // 200 lists that once had 3,000 words each: their places alone were 26 MB.
    let grown = rss(&example).saturating_sub(before);
    assert!(grown < 8 << 20, "{grown} bytes more");
}

async fn used_memory(client: &mut Client) -> usize {
    client.send("info\r\n").await;
    let mut used = None;
    loop {
        let line = client.line().await;
        if let Some(figure) = line.strip_prefix("used_memory:") {
            used = figure.trim_end().parse().ok();
        }
        if line.starts_with("# Keyspace") {
            break;
        }
    }
    // The rest: a line for keys if there are any, and the end of the text.
    while client.line().await != "\r\n" {}
    used.expect("INFO says it")
}

#[tokio::test]
async fn a_command_of_too_many_bytes_is_refused_before_they_are_all_there() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    let word = "x".repeat(WORD_MAX);
    client
        .send(format!(
            "*3\r\n${WORD_MAX}\r\n{word}\r\n${WORD_MAX}\r\n{word}\r\n$1\r\n"
        ))
        .await;
    client.expect("-ERR Protocol error: too big mbulk request\r\n").await;
    client.expect_eof().await;
}

/// Returns the resident memory of the example, in bytes.
fn rss(example: &Example) -> usize {
    let statm = std::fs::read_to_string(format!("/proc/{}/statm", example.id())).expect("the example runs");
    let pages: usize = statm
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse().ok())
        .expect("pages");
    pages * 4096
}

#[tokio::test]
async fn promised_words_that_do_not_come_cost_nothing() {
    let (example, addr) = start();
    let mut warm = Client::connect(addr).await;
    warm.call("ping\r\n", "+PONG\r\n").await;
    let before = rss(&example);
    let mut clients = Vec::new();
    for _ in 0..100 {
        let mut client = Client::connect(addr).await;
        client.send(b"ping\r\n*65536\r\n$1048576\r\n").await;
        client.expect("+PONG\r\n").await;
        clients.push(client);
    }
    let grown = rss(&example).saturating_sub(before);
    assert!(grown < 16 * 1024 * 1024, "{grown} bytes for 100 promises");
}

//! The commands of lists, sets, hashes and sorted sets. For each kind there are commands that add,
//! read, count and remove.

use bytes::Bytes;

use crate::command::{SYNTAX, in_pairs, number, wrong_number};
use crate::resp::Reply;
use crate::store::Store;
use crate::value::{End, Hash, List, Set, Sorted};

/// Runs the named command on a key's value. `Err` is the error in the words of Redis.
pub fn call(store: &mut Store, name: &str, key: &[u8], words: &[Bytes]) -> Result<Reply, String> {
    let end = if name.starts_with('l') { End::Left } else { End::Right };
    Ok(match (name, words) {
        ("lpush" | "rpush", words) => store.change(key, |list: &mut List| Reply::integer(list.push(end, words)))?,
        ("lpop" | "rpop", []) => store.change(key, |list: &mut List| Reply::word(list.pop(end)))?,
        ("lrange", [first, last]) => {
            let (first, last) = (number(first)?, number(last)?);
            store.look(key, |list: &List| {
                Reply::words(list.range(first, last).cloned().map(Some))
            })?
        }

        ("sadd", members) => store.change(key, |set: &mut Set| {
            Reply::integer(members.iter().filter(|member| set.add(member)).count())
        })?,
        ("spop", []) => store.change(key, |set: &mut Set| Reply::word(set.take_any()))?,
        ("sismember", [member]) => store.look(key, |set: &Set| Reply::Integer(set.has(member).into()))?,

        ("hset", fields) => {
            let fields = in_pairs(fields).ok_or_else(|| wrong_number(name))?;
            store.change(key, |hash: &mut Hash| {
                Reply::integer(fields.iter().filter(|(field, value)| hash.set(field, value)).count())
            })?
        }
        ("hget", [field]) => store.look(key, |hash: &Hash| Reply::word(hash.get(field).cloned()))?,

        ("zadd", scores) => {
            let scores = in_pairs(scores).ok_or(SYNTAX)?.into_iter();
            let scores = scores.map(|(score, member)| Ok((float(&score)?, member)));
            let scores = scores.collect::<Result<Vec<_>, String>>()?;
            store.change(key, |sorted: &mut Sorted| {
                Reply::integer(
                    scores
                        .iter()
                        .filter(|(score, member)| sorted.set(member, *score))
                        .count(),
                )
            })?
        }
        ("zpopmin", []) => store.change(key, |sorted: &mut Sorted| match sorted.take_lowest() {
            Some((member, rank)) => Reply::Array(vec![Reply::Bulk(member), Reply::bulk(rank.to_string())]),
            None => Reply::Array(Vec::new()),
        })?,
        ("zscore", [member]) => store.look(key, |sorted: &Sorted| {
            Reply::word(sorted.score(member).map(|score| score.to_string().into()))
        })?,

        ("llen", []) => Reply::integer(store.count(key, "list")?),
        ("scard", []) => Reply::integer(store.count(key, "set")?),
        ("hlen", []) => Reply::integer(store.count(key, "hash")?),
        ("zcard", []) => Reply::integer(store.count(key, "zset")?),
        _ => return Err(SYNTAX.to_owned()),
    })
}

/// Parses a number; NaN isn't one.
fn float(word: &[u8]) -> Result<f64, String> {
    let number = str::from_utf8(word).ok().and_then(|word| word.parse().ok());
    let number = number.filter(|number: &f64| !number.is_nan());
    number.ok_or_else(|| "ERR value is not a valid float".to_owned())
}

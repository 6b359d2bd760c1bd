//! Dictionaries and corpora for fuzzers.

use kai_tcp_server::Action;
use kai_tcp_server::describe::Description;

use crate::tables::{self, Blocks, Lines};

/// Reads a line as libFuzzer does: `name="value"` with `\\`, `\"` and `\xAB`.
pub(crate) fn word(line: &str) -> Vec<u8> {
    let (name, value) = line.split_once('=').expect(line);
    assert!(
        name.bytes()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == b'_'),
        "{line}"
    );
    let mut value = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'))
        .expect(line)
        .bytes();
    let mut word = Vec::new();
    while let Some(byte) = value.next() {
        assert!((b' '..=b'~').contains(&byte) && byte != b'"', "{line}");
        if byte != b'\\' {
            word.push(byte);
            continue;
        }
        match value.next() {
            Some(byte @ (b'\\' | b'"')) => word.push(byte),
            Some(b'x') => {
                let digits: String = value.by_ref().take(2).map(char::from).collect();
                word.push(u8::from_str_radix(&digits, 16).expect(line));
            }
            other => panic!("{line}: {other:?}"),
        }
    }
    assert!(!word.is_empty() && word.len() <= 128, "{line}");
    word
}

#[test]
fn a_dictionary_has_the_words_of_the_table() {
    for (name, protocol) in tables::all() {
        let dictionary = Description::new(name, protocol).dictionary();
        let words: Vec<Vec<u8>> = dictionary.lines().map(word).collect();
        for (at, word) in words.iter().enumerate() {
            assert!(!words[..at].contains(word), "{dictionary}");
        }
        let expected: &[&[u8]] = match name {
            "Lines" => &[
                b"set ",
                b" noreply",
                b"4294967295",
                b"-9223372036854775808",
                b"\r\n",
                b"quit",
                b"exit",
            ],
            "Blocks" => &[b"\x00\"\\", b"\x20", b"AB"],
            "Plain" => &[b"say ", b"bye\r\n", b"\n"],
            _ => &[],
        };
        for word in expected {
            assert!(
                words.iter().any(|other| other == word),
                "{}\n{dictionary}",
                word.escape_ascii()
            );
        }
    }
}

#[test]
fn a_corpus_has_frames_that_each_arm_takes() {
    // In both, the arms that reply their number, and those that close.
    let frames = Description::new("Lines", Lines::PROTOCOL).corpus();
    for number in ["1", "2", "3", "6"] {
        let taken = frames
            .iter()
            .filter(|seed| Lines.handle_call(&seed.frame) == Action::reply(number));
        assert!(taken.count() > 0, "{number}: {frames:?}");
    }
    let blocks = Description::new("Blocks", Blocks::PROTOCOL).corpus();
    for arm in ["and", "floats", "shifted", "mixed", "arm_6", "arm_7", "arm_8"] {
        let (first, count) = (format!("{arm}-1"), |prefix: &str| {
            blocks.iter().filter(|seed| seed.name.starts_with(prefix)).count()
        });
        assert!(count(&first) > 0, "{arm}: {blocks:?}");
    }
    let same = Description::new("Blocks", Blocks::PROTOCOL).corpus();
    assert_eq!(blocks, same, "the corpus is the same each time");
}

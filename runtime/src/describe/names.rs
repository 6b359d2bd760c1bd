//! Names and text of a table in other languages.

use std::collections::HashSet;
use std::fmt::Write as _;

/// Gives each name once, whatever the case of its letters.
#[derive(Default)]
pub(super) struct Names {
    taken: HashSet<String>,
}

impl Names {
    /// Begins with names that are taken.
    pub(super) fn without(taken: &[&str]) -> Self {
        Names {
            taken: taken.iter().map(|name| name.to_ascii_lowercase()).collect(),
        }
    }

    /// Returns the name, made of letters, digits and this sign, with a letter first; with a number
    /// behind it if it is taken.
    pub(super) fn give(&mut self, name: &str, sign: char) -> String {
        let plain: String = name
            .chars()
            .map(|letter| if letter.is_ascii_alphanumeric() { letter } else { sign })
            .collect();
        let mut plain = plain.trim_matches(sign).to_owned();
        if !plain.starts_with(|first: char| first.is_ascii_alphabetic()) {
            plain = if plain.is_empty() {
                "x".to_owned()
            } else {
                format!("x{sign}{plain}")
            };
        }
        let mut given = plain.clone();
        let mut number = 2;
        while !self.taken.insert(given.to_ascii_lowercase()) {
            given = format!("{plain}{sign}{number}");
            number += 1;
        }
        given
    }
}

/// Returns text in printable ASCII on one line.
pub(super) fn plain(text: &str) -> String {
    text.escape_default()
        .to_string()
        .replace("\\'", "'")
        .replace("\\\"", "\"")
        .replace("\\\\", "\\")
}

/// Returns bytes as a string between quotes in which all but printable ASCII is `\xNN`.
pub(super) fn quoted(bytes: &[u8]) -> String {
    let mut quoted = String::from("\"");
    for &byte in bytes {
        match byte {
            b'"' | b'\\' => {
                quoted.push('\\');
                quoted.push(byte.into());
            }
            b' '..=b'~' => quoted.push(byte.into()),
            _ => {
                let _ = write!(quoted, "\\x{byte:02X}");
            }
        }
    }
    quoted.push('"');
    quoted
}

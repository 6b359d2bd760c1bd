//! Checks of options that are text: a name or a path, and the prefix of environment variables.

/// A mistake in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextMistake {
    /// It is empty.
    Empty,
    /// It has control characters, which would break the log lines that show it.
    ControlCharacter,
}

/// Returns what is wrong with a text that is a name or a path.
pub const fn judge_text(text: &str) -> Option<TextMistake> {
    let text = text.as_bytes();
    let mut i = 0;
    while i < text.len() {
        if text[i].is_ascii_control() {
            return Some(TextMistake::ControlCharacter);
        }
        i += 1;
    }
    if text.is_empty() {
        Some(TextMistake::Empty)
    } else {
        None
    }
}

/// A mistake in a prefix of environment variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrefixMistake {
    /// It is empty.
    Empty,
    /// It begins with a digit.
    Digit,
    /// It has a character other than letters, digits and `_`.
    ForeignLetter,
    /// It has lower-case letters.
    SmallLetter,
    /// It ends with `_`.
    Underscore,
}

/// Returns what is wrong with the prefix of a server's variables, which consists of `A` to `Z`, `0`
/// to `9` and `_`.
pub const fn judge_prefix(prefix: &str) -> Option<PrefixMistake> {
    let prefix = prefix.as_bytes();
    let [first, ..] = prefix else {
        return Some(PrefixMistake::Empty);
    };
    if first.is_ascii_digit() {
        return Some(PrefixMistake::Digit);
    }
    let mut small = false;
    let mut i = 0;
    while i < prefix.len() {
        match prefix[i] {
            b'A'..=b'Z' | b'0'..=b'9' | b'_' => {}
            b'a'..=b'z' => small = true,
            _ => return Some(PrefixMistake::ForeignLetter),
        }
        i += 1;
    }
    if small {
        Some(PrefixMistake::SmallLetter)
    } else if prefix[i - 1] == b'_' {
        Some(PrefixMistake::Underscore)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_in_a_log_line() {
        for (name, mistake) in [
            ("echo", None),
            ("an echo, \"é\"", None),
            ("", Some(TextMistake::Empty)),
            ("a\n", Some(TextMistake::ControlCharacter)),
            ("\x1b[0m", Some(TextMistake::ControlCharacter)),
        ] {
            assert_eq!(judge_text(name), mistake, "{name:?}");
        }
    }

    #[test]
    fn a_prefix_is_what_variables_begin_with() {
        for (prefix, mistake) in [
            ("ECHO", None),
            ("E", None),
            ("_E", None),
            ("E2_3", None),
            ("", Some(PrefixMistake::Empty)),
            ("2E", Some(PrefixMistake::Digit)),
            ("2", Some(PrefixMistake::Digit)),
            ("echo", Some(PrefixMistake::SmallLetter)),
            ("Echo", Some(PrefixMistake::SmallLetter)),
            ("echo_", Some(PrefixMistake::SmallLetter)),
            ("ECHO-2", Some(PrefixMistake::ForeignLetter)),
            ("echo-2", Some(PrefixMistake::ForeignLetter)),
            ("ÉCHO", Some(PrefixMistake::ForeignLetter)),
            ("E O", Some(PrefixMistake::ForeignLetter)),
            ("ECHO_", Some(PrefixMistake::Underscore)),
            ("_", Some(PrefixMistake::Underscore)),
        ] {
            assert_eq!(judge_prefix(prefix), mistake, "{prefix:?}");
        }
    }
}

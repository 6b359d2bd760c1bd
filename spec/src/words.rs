//! The action words, with which a function of a server's block says how to answer a frame.

/// An action word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// The word.
    pub name: &'static str,
    /// The function that it becomes a call of if it is written bare, as `close` instead of
    /// `close(data)`. `None` if it can't be bare.
    pub bare: Option<&'static str>,
    /// Whether it takes data in parentheses.
    pub takes_data: bool,
    /// The peer's answer, as the documentation of a table shows it.
    pub answer: &'static str,
}

/// All action words.
pub const WORDS: [Word; 3] = [
    Word {
        name: "reply",
        bare: None,
        takes_data: true,
        answer: "a reply",
    },
    Word {
        name: "close",
        bare: Some("__close"),
        takes_data: true,
        answer: "closes the connection",
    },
    Word {
        name: "noreply",
        bare: Some("__noreply"),
        takes_data: false,
        answer: "none",
    },
];

/// Returns the action word of this name.
///
/// # Examples
///
/// ```
/// use kai_tcp_server_spec::words;
///
/// assert_eq!(words::find("noreply").and_then(|word| word.bare), Some("__noreply"));
/// assert_eq!(words::find("stop"), None);
/// ```
pub fn find(name: &str) -> Option<&'static Word> {
    WORDS.iter().find(|word| word.name == name)
}

/// Returns the action word of this name if it can be bare. No variable can have its name then.
pub fn bare(name: &str) -> Option<&'static Word> {
    find(name).filter(|word| word.bare.is_some())
}

/// Lists the functions that a server's block calls for the words: those that take data, and those
/// of bare words.
pub fn functions() -> impl Iterator<Item = &'static str> {
    let called = WORDS.iter().filter(|word| word.takes_data).map(|word| word.name);
    called.chain(WORDS.iter().filter_map(|word| word.bare))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_can_be_said() {
        for word in WORDS {
            assert!(word.takes_data || word.bare.is_some(), "{}", word.name);
            assert_eq!(find(word.name), Some(&word));
        }
    }

    #[test]
    fn a_word_that_is_always_called_may_be_a_variable() {
        assert_eq!(bare("reply"), None);
        assert_eq!(bare("close").map(|word| word.name), Some("close"));
        assert_eq!(bare("__close"), None);
    }

    #[test]
    fn each_function_has_a_name_of_its_own() {
        assert_eq!(
            functions().collect::<Vec<_>>(),
            ["reply", "close", "__close", "__noreply"]
        );
    }
}

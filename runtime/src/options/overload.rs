//! What becomes of a connection that comes while all processes are busy.

use std::fmt;

use kai_tcp_server_spec::escape;

/// What becomes of a connection that comes while all processes are busy.
///
/// # Examples
///
/// ```
/// use kai_tcp_server::{Action, Overload, tcp_server};
///
/// struct Echo;
///
/// #[tcp_server(port = 10000, overload = refuse(b"busy\r\n"))]
/// impl Echo {
///     fn handle_call(&self, data: &[u8]) -> Action {
///         reply(data)
///     }
/// }
///
/// assert_eq!(Echo::OPTIONS, Echo::OPTIONS.overload(Overload::RefuseWith(b"busy\r\n")));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Overload {
    /// It waits in the kernel's backlog, and is served first come, first served.
    #[default]
    Backlog,
    /// It is accepted and closed.
    Refuse,
    /// It is accepted, is sent these bytes, as they are, and is closed.
    RefuseWith(&'static [u8]),
}

/// How the words begin and end.
const WORDS: (&str, &str) = ("refuse(b\"", "\")");

/// As the attribute spells it.
impl fmt::Display for Overload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Overload::Backlog => f.write_str("backlog"),
            Overload::Refuse => f.write_str("refuse"),
            Overload::RefuseWith(words) => write!(f, "{}{}{}", WORDS.0, words.escape_ascii(), WORDS.1),
        }
    }
}

/// What a text says.
#[derive(Debug)]
pub(crate) enum Spelled {
    Word(Overload),
    /// With these bytes, which are still to be kept somewhere.
    With(Vec<u8>),
}

/// Returns the bytes of a literal between its quotes.
fn bytes_of(literal: &str) -> Option<Vec<u8>> {
    escape::read(literal.as_bytes(), |byte| byte.is_ascii() && byte != b'"')
}

/// Reads what the attribute spells, with Rust's escapes.
pub(crate) fn parse(text: &str) -> Option<Spelled> {
    Some(match text {
        "backlog" => Spelled::Word(Overload::Backlog),
        "refuse" => Spelled::Word(Overload::Refuse),
        _ => Spelled::With(bytes_of(text.strip_prefix(WORDS.0)?.strip_suffix(WORDS.1)?)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Option<Vec<u8>> {
        match parse(text)? {
            Spelled::With(words) => Some(words),
            Spelled::Word(_) => None,
        }
    }

    #[test]
    fn words_are_read_with_rusts_escapes() {
        for (text, expected) in [
            (r#"refuse(b"busy\r\n")"#, &b"busy\r\n"[..]),
            (r#"refuse(b"")"#, b""),
            (r#"refuse(b"\x00\xff\xFf\0\t\\\'\"")"#, b"\x00\xff\xff\0\t\\'\""),
        ] {
            assert_eq!(words(text).as_deref(), Some(expected), "{text}");
        }
        for text in [
            r#"refuse("busy")"#,
            r#"refuse(b"a"b")"#,
            r#"refuse(b"\")"#,
            r#"refuse(b"\x1")"#,
            r#"refuse(b"\xg0")"#,
            r#"refuse(b"\u{1}")"#,
            r#"refuse(b"ä")"#,
            "refuse()",
            "refuse(BUSY)",
            "refused",
            "",
        ] {
            assert!(parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn each_word_is_read_as_it_is_written() {
        for word in [Overload::Backlog, Overload::Refuse] {
            let text = word.to_string();
            assert!(
                matches!(parse(&text), Some(Spelled::Word(read)) if read == word),
                "{text}"
            );
        }
    }

    #[test]
    fn all_bytes_are_read_as_they_are_written() {
        let all: &'static [u8] = (0..=255).collect::<Vec<u8>>().leak();
        assert_eq!(words(&Overload::RefuseWith(all).to_string()).as_deref(), Some(all));
    }
}

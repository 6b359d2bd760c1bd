//! Request targets, in the forms that Erlang distinguishes.

use super::text::{digits, split_once};

/// A request target as Erlang parses it: nothing is decoded or validated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uri<'a> {
    /// `*`.
    Star,
    /// `/path?query`, or any single byte.
    AbsPath(&'a [u8]),
    /// `http://host:port/path`, `https://…`.
    Absolute {
        /// `http` or `https`.
        scheme: Scheme,
        /// The text before the first colon or slash. Like Erlang, the parser cuts an IPv6 address
        /// in brackets at its first colon.
        host: &'a [u8],
        /// The port; `None` if there is no number or the number is 0.
        port: Option<u32>,
        /// The path from the first slash on; `/` if there is none.
        path: &'a [u8],
    },
    /// `scheme:rest`: any other target with a colon, such as the `host:port` of `CONNECT`.
    Scheme {
        /// The text before the first colon.
        scheme: &'a [u8],
        /// The text after the first colon.
        rest: &'a [u8],
    },
    /// Anything else.
    Other(&'a [u8]),
}

/// A scheme that has its own form of [`Uri`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `http`.
    Http,
    /// `https`.
    Https,
}

impl<'a> Uri<'a> {
    /// Parses a text that isn't empty.
    pub(super) fn read(text: &'a [u8]) -> Self {
        match text {
            b"*" => Uri::Star,
            [_] | [b'/', ..] => Uri::AbsPath(text),
            _ => {
                if let Some(rest) = behind(text, b"http://") {
                    absolute(Scheme::Http, rest)
                } else if let Some(rest) = behind(text, b"https://") {
                    absolute(Scheme::Https, rest)
                } else if let Some((scheme, rest)) = split_once(text, b':') {
                    Uri::Scheme { scheme, rest }
                } else {
                    Uri::Other(text)
                }
            }
        }
    }
}

/// Returns the text after a scheme, or `None` if it doesn't begin with the scheme. Case is ignored.
fn behind<'a>(text: &'a [u8], scheme: &[u8]) -> Option<&'a [u8]> {
    let (begin, rest) = text.split_at_checked(scheme.len())?;
    begin.eq_ignore_ascii_case(scheme).then_some(rest)
}

fn absolute(scheme: Scheme, text: &[u8]) -> Uri<'_> {
    let (authority, path) = match text.iter().position(|&byte| byte == b'/') {
        Some(slash) => text.split_at(slash),
        None => (text, &b"/"[..]),
    };
    let (host, port) = split_once(authority, b':').unwrap_or((authority, b""));
    let port = match digits(port) {
        (port, []) if port != 0 => Some(port),
        _ => None,
    };
    Uri::Absolute {
        scheme,
        host,
        port,
        path,
    }
}

//! What a request asks for, in the forms that Erlang tells apart.

use super::text::{digits, split_once};

/// What a request line asks for, as Erlang reads it: nothing in it is decoded or checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uri<'a> {
    /// `*`.
    Star,
    /// `/path?query`, and anything that is one byte long.
    AbsPath(&'a [u8]),
    /// `http://host:port/path`, `https://…`.
    Absolute {
        /// Which of both.
        scheme: Scheme,
        /// What stands before the first colon or slash: an IPv6 address in brackets is cut there, as Erlang cuts it.
        host: &'a [u8],
        /// None where there is no number but 0.
        port: Option<u32>,
        /// From the first slash on; `/` where there is none.
        path: &'a [u8],
    },
    /// `scheme:rest`: anything else with a colon, like the `host:port` of `CONNECT`.
    Scheme {
        /// What stands before the first colon.
        scheme: &'a [u8],
        /// What stands behind it.
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
    /// Reads what isn't empty.
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

/// What stands behind a scheme, in whatever case that is written.
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

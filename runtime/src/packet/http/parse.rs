//! Parsers of single HTTP lines. They return `None` if the line is invalid.

use super::Http;
use super::name::{Canonical, is_known_method, number};
use super::text::digits;
use super::uri::Uri;

/// Parses a request line, or a status line if the line begins with `HTTP/`.
pub(super) fn start_line(line: &[u8]) -> Option<Http<'_>> {
    let text = content(line);
    match text.strip_prefix(b"HTTP/") {
        Some(rest) => response(rest),
        None => request(text),
    }
}

/// Parses `version SP code SP phrase`.
fn response(text: &[u8]) -> Option<Http<'_>> {
    let (version, text) = version(text)?;
    let (code, rest) = digits(behind_blanks(text)?);
    // Only a blank must follow the version; the code and the phrase may be absent.
    let phrase = if rest.is_empty() { rest } else { behind_blanks(rest)? };
    Some(Http::Response { version, code, phrase })
}

/// Parses `method SP uri SP HTTP/version`; a line without a version is HTTP/0.9.
fn request(text: &[u8]) -> Option<Http<'_>> {
    let (method, text) = token(text);
    let text = behind_blanks(text)?;
    let (uri, text) = text.split_at(text.iter().position(|&byte| is_blank(byte)).unwrap_or(text.len()));
    if method.is_empty() || uri.is_empty() {
        return None;
    }
    let version = match behind_blanks(text).unwrap_or_default() {
        [] => (0, 9),
        // Bytes after the version are ignored.
        text => version(text.strip_prefix(b"HTTP/")?)?.0,
    };
    Some(Http::Request {
        method,
        known: is_known_method(method),
        uri: Uri::read(uri),
        version,
    })
}

/// Parses `name:value` or the empty line.
pub(super) fn header<'a>(line: &'a [u8], canonical: &'a mut Canonical) -> Option<Http<'a>> {
    if is_empty(line) {
        return Some(Http::EndOfHeaders);
    }
    let (raw, text) = token(content(line));
    let text = text.strip_prefix(b":")?;
    let field = canonical.of(raw);
    Some(Http::Header {
        field,
        number: number(field),
        raw,
        value: behind_blanks(text).unwrap_or(text),
    })
}

/// Returns whether a line is empty.
pub(super) fn is_empty(line: &[u8]) -> bool {
    matches!(line, b"\n" | b"\r\n")
}

/// Returns the line without its line end.
fn content(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Parses a version such as `1.1`; returns it and the rest.
fn version(text: &[u8]) -> Option<((u32, u32), &[u8])> {
    let (major, text) = number_of_digits(text)?;
    let (minor, text) = number_of_digits(text.strip_prefix(b".")?)?;
    Some(((major, minor), text))
}

fn number_of_digits(text: &[u8]) -> Option<(u32, &[u8])> {
    text.first().is_some_and(u8::is_ascii_digit).then(|| digits(text))
}

/// Splits a text after the token at its beginning, which may be empty.
fn token(text: &[u8]) -> (&str, &[u8]) {
    let end = text.iter().position(|&byte| !is_of_a_token(byte)).unwrap_or(text.len());
    let (token, rest) = text.split_at(end);
    // A token is ASCII.
    (std::str::from_utf8(token).unwrap_or_default(), rest)
}

/// Returns whether a byte may be part of a method or a header name. Erlang allows DEL.
fn is_of_a_token(byte: u8) -> bool {
    matches!(byte, b'!'..=0x7f) && !b"()<>@,;:\\\"/[]?={}".contains(&byte)
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Returns the text after one or more blanks, or `None` if it doesn't begin with a blank.
fn behind_blanks(text: &[u8]) -> Option<&[u8]> {
    let end = text.iter().position(|&byte| !is_blank(byte)).unwrap_or(text.len());
    (end > 0).then(|| &text[end..])
}

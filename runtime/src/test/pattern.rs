//! The frames of a transcript: text with escapes, captures, and what was captured before.

use std::collections::HashMap;

use kai_tcp_server_spec::escape;
use kai_tcp_server_spec::template::{self, Capture, Flag, Kind, Piece, Rust, is_blank};

/// The captured values, by name.
pub(super) type Captured = HashMap<String, Vec<u8>>;

/// A frame as a transcript writes it.
#[derive(Debug)]
pub(super) struct Pattern {
    written: String,
    pieces: Vec<Piece>,
}

/// Rust's grammar, as far as captures of a transcript need it.
struct Names;

impl Rust for Names {
    fn is_variable(&self, _: &str) -> bool {
        true
    }

    fn is_type(&self, text: &str) -> bool {
        !text.is_empty()
    }

    fn repeats(&self) -> bool {
        true
    }
}

impl Pattern {
    pub(super) fn parse(written: &str) -> Result<Self, String> {
        let template = template::parse(written, &Names).map_err(|mistakes| mistakes.join("; "))?;
        let mut pieces = template.pieces;
        for piece in &mut pieces {
            if let Piece::Text(text) | Piece::Flag(Flag { text, .. }) = piece {
                *text = escape::read(text, |_| true).ok_or_else(|| {
                    format!("`{written}`: an escape is `\\r`, `\\n`, `\\t`, `\\0`, `\\\\` or `\\x01`")
                })?;
            }
        }
        Ok(Pattern {
            written: written.to_owned(),
            pieces,
        })
    }

    /// Returns it as it is written.
    pub(super) fn written(&self) -> &str {
        &self.written
    }

    /// Returns the bytes that it stands for.
    pub(super) fn bytes(&self, captured: &Captured) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => bytes.extend_from_slice(text),
                Piece::Capture(Capture { name: Some(name), .. }) => match captured.get(name) {
                    Some(value) => bytes.extend_from_slice(value),
                    None => {
                        return Err(format!(
                            "`{{{name}}}` was not captured before this line: a brace itself is written `{{{{`"
                        ));
                    }
                },
                Piece::Capture(_) | Piece::Flag(_) => {
                    return Err(
                        "here a capture is `{name}`, and stands for what was captured before this line".to_owned(),
                    );
                }
            }
        }
        Ok(bytes)
    }

    /// Matches a frame, and remembers what it captures.
    ///
    /// # Errors
    ///
    /// Returns where the frame differs. Then nothing is remembered.
    pub(super) fn matches(&self, frame: &[u8], captured: &mut Captured) -> Result<(), usize> {
        let mut found = captured.clone();
        take_all(&self.pieces, frame, &mut found).map_err(|left| frame.len() - left)?;
        *captured = found;
        Ok(())
    }

    /// Returns the values of the names in it that were captured before, for messages.
    pub(super) fn known(&self, captured: &Captured) -> String {
        let mut known: Vec<String> = Vec::new();
        for name in self.pieces.iter().filter_map(Piece::name) {
            if let Some(value) = captured.get(name) {
                let value = format!("`{name}` is `{}`", value.escape_ascii());
                if !known.contains(&value) {
                    known.push(value);
                }
            }
        }
        if known.is_empty() {
            return String::new();
        }
        format!(", where {}", known.join(", "))
    }
}

/// Takes all pieces off a frame. Returns how many bytes are left where that fails.
fn take_all(mut pieces: &[Piece], mut frame: &[u8], captured: &mut Captured) -> Result<(), usize> {
    while let Some((piece, rest)) = pieces.split_first() {
        pieces = rest;
        let taken = match piece {
            Piece::Text(text) => frame.strip_prefix(text.as_slice()),
            Piece::Flag(flag) => Some(frame.strip_prefix(flag.text.as_slice()).unwrap_or(frame)),
            Piece::Capture(Capture { name: Some(name), .. }) if captured.contains_key(name) => {
                frame.strip_prefix(captured[name].as_slice())
            }
            Piece::Capture(capture) => take(capture, rest, frame, captured),
        };
        match taken {
            Some(left) => frame = left,
            None => return Err(frame.len() - agrees(piece, frame, captured)),
        }
    }
    if frame.is_empty() { Ok(()) } else { Err(frame.len()) }
}

/// Returns how many bytes of a frame agree with a piece that doesn't match it.
fn agrees(piece: &Piece, frame: &[u8], captured: &Captured) -> usize {
    let expected = match piece {
        Piece::Text(text) => text,
        Piece::Capture(Capture { name: Some(name), .. }) => match captured.get(name) {
            Some(value) => value,
            None => return 0,
        },
        Piece::Capture(_) | Piece::Flag(_) => return 0,
    };
    let same = expected
        .iter()
        .zip(frame)
        .take_while(|(expected, received)| expected == received);
    same.count()
}

/// Takes what a capture stands for off a frame: up to the text that follows, or all.
fn take<'f>(capture: &Capture, rest: &[Piece], frame: &'f [u8], captured: &mut Captured) -> Option<&'f [u8]> {
    let end = match rest.first() {
        Some(Piece::Text(text)) => memchr::memmem::find(frame, text)?,
        _ => frame.len(),
    };
    let (value, left) = frame.split_at(end);
    let is_word = capture.open || (!value.is_empty() && !value.iter().copied().any(is_blank));
    if !is_word || !is_of(&capture.kind, value) {
        return None;
    }
    if let Some(name) = &capture.name {
        captured.insert(name.clone(), value.to_vec());
    }
    Some(left)
}

/// Returns whether a value can be of a type. A type that isn't known here may be anything.
fn is_of(kind: &Kind, value: &[u8]) -> bool {
    let Kind::Parsed(ty) = kind else { return true };
    let Ok(text) = str::from_utf8(value) else { return false };
    macro_rules! parses {
        ($($ty:ident)*) => {
            match ty.as_str() {
                $(stringify!($ty) => text.parse::<$ty>().is_ok(),)*
                _ => true,
            }
        };
    }
    parses!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64 bool char)
}

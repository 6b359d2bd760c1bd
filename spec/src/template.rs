//! The grammar of templates: literal text, captures and flags. It doesn't know Rust's patterns.
//!
//! Longer than other files, as the grammar and its messages are one subject.

use crate::words;

/// A template: the text between the quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// Its pieces, in order.
    pub pieces: Vec<Piece>,
}

/// One piece of a template. Two texts are never adjacent; two captures always have a text between
/// them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Literal text.
    Text(Vec<u8>),
    /// A capture.
    Capture(Capture),
    /// A flag.
    Flag(Flag),
}

/// A capture: `{name}`, `{name..}`, `{name: T}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    /// The name; `None` is `_`.
    pub name: Option<String>,
    /// Whether `..` is written: it takes blanks too, and may be empty.
    pub open: bool,
    /// The kind of value that it captures.
    pub kind: Kind,
}

/// The kind of value that a capture's bytes become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A `&str`.
    Text,
    /// A `&[u8]`.
    Bytes,
    /// The type, as it is written.
    Parsed(String),
}

/// A flag: `{name? text}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// The name; `None` is `_`.
    pub name: Option<String>,
    /// The optional text.
    pub text: Vec<u8>,
}

/// The questions that Rust's grammar answers: whether a word can be a variable, and whether a text
/// is a type.
pub trait Rust {
    /// Returns whether a variable can have this name. The name has only letters that a variable's
    /// name can have.
    fn is_variable(&self, name: &str) -> bool;

    /// Returns whether this text is a type that has a name.
    fn is_type(&self, text: &str) -> bool;

    /// Returns whether a name may stand twice, for the same value both times.
    fn repeats(&self) -> bool {
        false
    }
}

/// Reads a template.
///
/// # Errors
///
/// Returns all mistakes in it, each with the way out.
pub fn parse(text: &str, rust: &dyn Rust) -> Result<Template, Vec<String>> {
    let mut reader = Reader {
        rust,
        pieces: Vec::new(),
        mistakes: Vec::new(),
        capture: None,
        data: None,
    };
    reader.read(text);
    if let Some(quoted) = reader.data {
        return Err(vec![format!(
            "`{quoted}` is no capture: as text, each brace is written twice, `{{{{` and `}}}}`, and data like this is better taken whole, as \
             `{{json..}}`, and read by what knows it"
        )]);
    }
    if reader.mistakes.is_empty() {
        Ok(Template { pieces: reader.pieces })
    } else {
        Err(reader.mistakes)
    }
}

impl Template {
    /// Returns the text that every frame begins with.
    pub fn head(&self) -> &[u8] {
        match self.pieces.first() {
            Some(Piece::Text(text)) => text,
            _ => &[],
        }
    }

    /// Returns what follows the head.
    pub fn tail(&self) -> &[Piece] {
        match self.pieces.split_first() {
            Some((Piece::Text(_), tail)) => tail,
            _ => &self.pieces,
        }
    }

    /// Returns whether it is only literal text.
    pub fn is_literal(&self) -> bool {
        self.tail().is_empty()
    }

    /// Returns the length of the shortest frame.
    pub fn min(&self) -> usize {
        self.pieces.iter().map(Piece::min).sum()
    }

    /// Returns the length of the longest frame, if there is one.
    pub fn max(&self) -> Option<usize> {
        self.pieces.iter().map(Piece::max).sum()
    }
}

impl Piece {
    fn min(&self) -> usize {
        match self {
            Piece::Text(text) => text.len(),
            Piece::Capture(capture) => usize::from(!capture.open),
            Piece::Flag(_) => 0,
        }
    }

    fn max(&self) -> Option<usize> {
        match self {
            Piece::Text(text) => Some(text.len()),
            Piece::Capture(_) => None,
            Piece::Flag(flag) => Some(flag.text.len()),
        }
    }

    /// Returns the name that it binds.
    pub fn name(&self) -> Option<&str> {
        match self {
            Piece::Text(_) => None,
            Piece::Capture(capture) => capture.name.as_deref(),
            Piece::Flag(flag) => flag.name.as_deref(),
        }
    }
}

/// Returns whether a byte is a space, a tab, CR or LF.
#[inline]
pub const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Returns whether a text contains a capture, as `{name}`, `{name..}` or `{name: T}`.
pub const fn has_capture(text: &[u8]) -> bool {
    let mut at = 0;
    while at < text.len() {
        let brace = text[at] == b'{';
        at += 1;
        if !brace {
            continue;
        }
        if at < text.len() && text[at] == b'{' {
            at += 1;
            continue;
        }
        let name = at;
        while at < text.len() && (text[at] == b'_' || text[at].is_ascii_alphanumeric()) {
            at += 1;
        }
        let is_named = at > name && !text[name].is_ascii_digit();
        if is_named && at < text.len() && matches!(text[at], b'}' | b'.' | b':' | b'?') {
            return true;
        }
    }
    false
}

/// A reader that goes from left to right, and continues after a mistake.
struct Reader<'r> {
    rust: &'r dyn Rust,
    pieces: Vec<Piece>,
    mistakes: Vec<String>,
    /// The source of the capture that no text has ended yet.
    capture: Option<String>,
    /// The text, if it is evidently data with braces in it.
    data: Option<String>,
}

impl Reader<'_> {
    fn read(&mut self, mut text: &str) {
        while let Some(at) = text.find(['{', '}']) {
            let (before, rest) = text.split_at(at);
            self.text(before);
            text = self.brace(rest);
        }
        self.text(text);
    }

    /// Reads what follows a brace, and returns the rest.
    fn brace<'t>(&mut self, text: &'t str) -> &'t str {
        for brace in ["{", "}"] {
            if let Some(rest) = text.strip_prefix(brace).and_then(|rest| rest.strip_prefix(brace)) {
                self.text(brace);
                return rest;
            }
        }
        let Some(inner) = text.strip_prefix('{') else {
            self.mistakes
                .push("a `}` closes nothing here: write `}}` for a brace".to_owned());
            return &text[1..];
        };
        match inner.find(['{', '}']) {
            Some(end) if inner[end..].starts_with('}') => {
                self.look_for_data(&text[..end + 2], &inner[..end]);
                self.capture(&text[..end + 2], &inner[..end]);
                &inner[end + 1..]
            }
            end => {
                let (open, rest) = inner.split_at(end.unwrap_or(inner.len()));
                self.look_for_data(&text[..=open.len()], open);
                self.mistakes.push(format!(
                    "the brace of `{{{open}` is left open: close it as `{{{open}}}`, or write `{{{{` for a brace"
                ));
                rest
            }
        }
    }

    fn look_for_data(&mut self, quoted: &str, inner: &str) {
        if self.data.is_none() && is_like_data(inner) {
            self.data = Some(quoted.to_owned());
        }
    }

    fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.capture = None;
        match self.pieces.last_mut() {
            Some(Piece::Text(before)) => before.extend_from_slice(text.as_bytes()),
            _ => self.pieces.push(Piece::Text(text.as_bytes().to_vec())),
        }
    }

    fn capture(&mut self, quoted: &str, inner: &str) {
        match piece(quoted, inner, self.rust) {
            Ok(piece) => {
                self.named(quoted, &piece);
                self.adjacent(quoted, &piece);
                self.pieces.push(piece);
            }
            Err(mistake) => self.mistakes.push(mistake),
        }
    }

    fn named(&mut self, quoted: &str, piece: &Piece) {
        if let Some(name) = piece.name()
            && !self.rust.repeats()
            && self.pieces.iter().any(|earlier| earlier.name() == Some(name))
        {
            self.mistakes.push(format!(
                "`{quoted}`: a capture is called `{name}` before: choose another name"
            ));
        }
    }

    fn adjacent(&mut self, quoted: &str, piece: &Piece) {
        if !matches!(piece, Piece::Capture(_)) {
            return;
        }
        if let Some(before) = &self.capture {
            self.mistakes.push(format!(
                "nothing says where `{before}` ends and `{quoted}` begins: write the text that stands between them, as \
                 `{before} {quoted}`"
            ));
        }
        self.capture = Some(quoted.to_owned());
    }
}

/// Reads the text between two braces.
fn piece(quoted: &str, inner: &str, rust: &dyn Rust) -> Result<Piece, String> {
    if let Some((word, text)) = inner.split_once('?') {
        if let Some((word, _)) = word.split_once(':').filter(|_| text.is_empty()) {
            let word = Some(word.trim()).filter(|word| !word.is_empty()).unwrap_or("name");
            return Err(format!(
                "`{quoted}` is how `format!` prints a value: a capture is `{{{word}}}`, or `{{{word}: T}}` with a type, and `{{{{` is a brace"
            ));
        }
        if text.is_empty() {
            return Err(format!(
                "`{quoted}` has no text: `{{{word}? text}}` says whether ` text` stands there"
            ));
        }
        return Ok(Piece::Flag(Flag {
            name: name(quoted, word, rust)?,
            text: text.as_bytes().to_vec(),
        }));
    }
    let (word, kind) = match inner.split_once(':') {
        Some((word, ty)) => (word, kind(quoted, word.trim(), ty.trim(), rust)?),
        None => (inner, Kind::Text),
    };
    let word = word.trim();
    let (word, open) = match word.strip_suffix("..") {
        Some(word) => (word, true),
        None => (word, false),
    };
    let name = name(quoted, word, rust)?;
    // A capture that binds nothing doesn't have to be valid text.
    let kind = match (&name, kind) {
        (None, Kind::Text) => Kind::Bytes,
        (_, kind) => kind,
    };
    Ok(Piece::Capture(Capture { name, open, kind }))
}

fn name(quoted: &str, word: &str, rust: &dyn Rust) -> Result<Option<String>, String> {
    let word = word.trim();
    if word == "_" {
        Ok(None)
    } else if word.is_empty() {
        Err(format!(
            "`{quoted}` has no name: `{{name}}` binds what stands there, `{{_}}` binds nothing, and `{{{{` is a brace"
        ))
    } else if words::find(word).is_some() {
        Err(format!(
            "`{quoted}`: `{word}` is an action here, so it can't be a variable: choose another name"
        ))
    } else if is_variable(word, rust) {
        Ok(Some(word.to_owned()))
    } else if is_variable(&format!("{word}_"), rust) {
        Err(format!(
            "`{quoted}`: `{word}` is a keyword of Rust, so it can't be a variable: choose another name"
        ))
    } else {
        Err(format!(
            "`{quoted}`: `{word}` can't be a variable: a capture is `{{name}}`, `{{name..}}`, `{{name: T}}` or `{{name? text}}`, \
             and `{{{{` is a brace"
        ))
    }
}

/// Returns whether a word can be a variable. Only what looks like a name is parsed as one, because
/// rustc would report other tokens itself, without a place.
fn is_variable(word: &str, rust: &dyn Rust) -> bool {
    let plain = word.strip_prefix("r#").unwrap_or(word);
    let is_raw = plain.len() < word.len();
    let never_raw = ["_", "crate", "self", "Self", "super"].contains(&plain);
    let is_name = plain.starts_with(|first: char| first == '_' || first.is_alphabetic())
        && plain.chars().all(|letter| letter == '_' || letter.is_alphanumeric());
    is_name && !(is_raw && never_raw) && rust.is_variable(word)
}

/// Returns whether a type's text is free of quotes and other characters that no type has.
fn is_like_a_type(ty: &str) -> bool {
    ty.chars()
        .all(|letter| letter.is_alphanumeric() || "_:<>,;[]()&*-+=#! ".contains(letter))
}

/// Returns whether it looks like data: it is in quotes, or has more than one line.
fn is_like_data(inner: &str) -> bool {
    let word = inner.split_once('?').map_or(inner, |(word, _)| word);
    word.contains(['"', '\'', '\n'])
}

fn kind(quoted: &str, word: &str, ty: &str, rust: &dyn Rust) -> Result<Kind, String> {
    match ty {
        "" => Err(format!(
            "`{quoted}` has no type: write `{{{word}}}`, or a type behind the `:`"
        )),
        "bytes" => Ok(Kind::Bytes),
        "str" | "&str" => Err(format!("`{quoted}` is a `&str` without a type: write `{{{word}}}`")),
        "[u8]" | "&[u8]" => Err(format!(
            "`{quoted}`: a `&[u8]` is captured as `bytes`: write `{{{word}: bytes}}`"
        )),
        _ if !is_like_a_type(ty) || !rust.is_type(ty) => Err(format!(
            "`{quoted}`: `{ty}` can't be captured: a type that has a name and implements `FromStr` can, like `{{{word}: \
             u32}}`, and `bytes`; `{{{{` is a brace"
        )),
        _ if is_no_number(ty) => Err(format!(
            "`{quoted}`: there is no type `{ty}`: a number is `u8` to `u128`, `i8` to `i128`, `usize`, `isize`, `f32` or `f64`"
        )),
        _ => Ok(Kind::Parsed(ty.to_owned())),
    }
}

/// Returns whether it looks like a number's type that doesn't exist.
fn is_no_number(ty: &str) -> bool {
    let widths: &[&str] = match ty.as_bytes().first() {
        Some(b'u' | b'i') => &["8", "16", "32", "64", "128"],
        Some(b'f') => &["32", "64"],
        _ => return false,
    };
    let width = &ty[1..];
    let foreign = ["int", "integer", "uint", "float"].contains(&ty);
    foreign || (!width.is_empty() && width.bytes().all(|digit| digit.is_ascii_digit()) && !widths.contains(&width))
}

#[cfg(test)]
mod tests;

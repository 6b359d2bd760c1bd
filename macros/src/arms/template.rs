//! A template, as it is written: literal text, captures and flags. Nothing here knows of Rust's patterns.

use syn::Type;

/// What stands between the quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    pub(crate) pieces: Vec<Piece>,
}

/// No two texts stand side by side, and no two captures without a text between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(Vec<u8>),
    Capture(Capture),
    Flag(Flag),
}

/// `{name}`, `{name..}`, `{name: T}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Capture {
    /// None is `_`.
    pub(crate) name: Option<String>,
    /// `..`: blanks and nothing are taken too.
    pub(crate) open: bool,
    pub(crate) kind: Kind,
}

/// What a capture's bytes become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Bytes,
    /// The type, as it is written.
    Parsed(String),
}

/// `{name? text}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flag {
    /// None is `_`.
    pub(crate) name: Option<String>,
    pub(crate) text: Vec<u8>,
}

/// The words that can be no variable in a server's block.
const ACTIONS: [&str; 3] = ["close", "noreply", "reply"];

/// Reads a template, or says everything that is wrong with it.
pub(crate) fn parse(text: &str) -> Result<Template, Vec<String>> {
    let mut reader = Reader::default();
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
    /// The text that every frame begins with.
    pub(crate) fn head(&self) -> &[u8] {
        match self.pieces.first() {
            Some(Piece::Text(text)) => text,
            _ => &[],
        }
    }

    /// What follows the head.
    pub(crate) fn tail(&self) -> &[Piece] {
        match self.pieces.split_first() {
            Some((Piece::Text(_), tail)) => tail,
            _ => &self.pieces,
        }
    }

    /// Whether it is literal text alone.
    pub(crate) fn is_literal(&self) -> bool {
        self.tail().is_empty()
    }

    /// The length of the shortest frame.
    pub(crate) fn min(&self) -> usize {
        self.pieces.iter().map(Piece::min).sum()
    }

    /// The length of the longest frame, if there is one.
    pub(crate) fn max(&self) -> Option<usize> {
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

    /// The name that it binds.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Piece::Text(_) => None,
            Piece::Capture(capture) => capture.name.as_deref(),
            Piece::Flag(flag) => flag.name.as_deref(),
        }
    }
}

/// Space, tab, CR and LF.
pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Reads from left to right, and goes on after a mistake.
#[derive(Default)]
struct Reader {
    pieces: Vec<Piece>,
    mistakes: Vec<String>,
    /// The capture that no text has ended yet, as it is written.
    capture: Option<String>,
    /// What is evidently data with braces in it.
    data: Option<String>,
}

impl Reader {
    fn read(&mut self, mut text: &str) {
        while let Some(at) = text.find(['{', '}']) {
            let (before, rest) = text.split_at(at);
            self.text(before);
            text = self.brace(rest);
        }
        self.text(text);
    }

    /// Reads what a brace begins, and returns what follows it.
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
        match piece(quoted, inner) {
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

/// What stands between two braces.
fn piece(quoted: &str, inner: &str) -> Result<Piece, String> {
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
            name: name(quoted, word)?,
            text: text.as_bytes().to_vec(),
        }));
    }
    let (word, kind) = match inner.split_once(':') {
        Some((word, ty)) => (word, kind(quoted, word.trim(), ty.trim())?),
        None => (inner, Kind::Text),
    };
    let word = word.trim();
    let (word, open) = match word.strip_suffix("..") {
        Some(word) => (word, true),
        None => (word, false),
    };
    let name = name(quoted, word)?;
    // What binds nothing needs to be no text.
    let kind = match (&name, kind) {
        (None, Kind::Text) => Kind::Bytes,
        (_, kind) => kind,
    };
    Ok(Piece::Capture(Capture { name, open, kind }))
}

fn name(quoted: &str, word: &str) -> Result<Option<String>, String> {
    let word = word.trim();
    if word == "_" {
        Ok(None)
    } else if word.is_empty() {
        Err(format!(
            "`{quoted}` has no name: `{{name}}` binds what stands there, `{{_}}` binds nothing, and `{{{{` is a brace"
        ))
    } else if ACTIONS.contains(&word) {
        Err(format!(
            "`{quoted}`: `{word}` is an action here, so it can't be a variable: choose another name"
        ))
    } else if is_variable(word) {
        Ok(Some(word.to_owned()))
    } else if is_variable(&format!("{word}_")) {
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

/// Whether a word can be a variable. Only what looks like a name is read as one: rustc would say itself, and nowhere, what is wrong with
/// other tokens.
fn is_variable(word: &str) -> bool {
    let plain = word.strip_prefix("r#").unwrap_or(word);
    let is_raw = plain.len() < word.len();
    let never_raw = ["_", "crate", "self", "Self", "super"].contains(&plain);
    let is_name = plain.starts_with(|first: char| first == '_' || first.is_alphabetic())
        && plain.chars().all(|letter| letter == '_' || letter.is_alphanumeric());
    is_name && !(is_raw && never_raw) && syn::parse_str::<syn::Ident>(word).is_ok()
}

/// Whether what is written as a type has no quotes and other signs that no type has.
fn is_like_a_type(ty: &str) -> bool {
    ty.chars()
        .all(|letter| letter.is_alphanumeric() || "_:<>,;[]()&*-+=#! ".contains(letter))
}

/// Whether it is written as data is: what stands there is in quotes, or more lines than one.
fn is_like_data(inner: &str) -> bool {
    let word = inner.split_once('?').map_or(inner, |(word, _)| word);
    word.contains(['"', '\'', '\n'])
}

fn kind(quoted: &str, word: &str, ty: &str) -> Result<Kind, String> {
    match ty {
        "" => Err(format!(
            "`{quoted}` has no type: write `{{{word}}}`, or a type behind the `:`"
        )),
        "bytes" => Ok(Kind::Bytes),
        "str" | "&str" => Err(format!("`{quoted}` is a `&str` without a type: write `{{{word}}}`")),
        "[u8]" | "&[u8]" => Err(format!(
            "`{quoted}`: a `&[u8]` is captured as `bytes`: write `{{{word}: bytes}}`"
        )),
        _ => match syn::parse_str::<Type>(if is_like_a_type(ty) { ty } else { "" }) {
            Ok(Type::Path(_)) if is_no_number(ty) => Err(format!(
                "`{quoted}`: there is no type `{ty}`: a number is `u8` to `u128`, `i8` to `i128`, `usize`, `isize`, `f32` or `f64`"
            )),
            Ok(Type::Path(_)) => Ok(Kind::Parsed(ty.to_owned())),
            _ => Err(format!(
                "`{quoted}`: `{ty}` can't be captured: a type that has a name and implements `FromStr` can, like `{{{word}: \
                 u32}}`, and `bytes`; `{{{{` is a brace"
            )),
        },
    }
}

/// Whether it is written like a number's type, and there is none such.
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

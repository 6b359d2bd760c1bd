//! RESP2, the protocol of Redis, as a codec: it decodes commands and encodes replies.
//!
//! A command is an array of bulk strings, or a line of words typed by a person
//! (`SET greeting "good day"`). The codec looks at each byte once, however slowly bytes arrive, and
//! doesn't allocate memory by a peer's numbers.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io;

use bytes::{Buf as _, Bytes, BytesMut};
use tokio_util::codec::{Decoder, Encoder};

use crate::command::Command;

/// The longest word, the most words and the most bytes of a command, and the longest line.
pub const WORD_MAX: usize = 1024 * 1024;
const WORDS_MAX: usize = 64 * 1024;
const COMMAND_MAX: usize = 2 * WORD_MAX;
pub const LINE_MAX: usize = 64 * 1024;

/// A decoded frame.
pub enum Request {
    Command(Command),
    /// The error of a broken frame, in the words of Redis. The start of the next frame is unknown.
    Broken(Cow<'static, str>),
}

/// A reply.
#[derive(Debug, PartialEq)]
pub enum Reply {
    Simple(&'static str),
    Error(String),
    Integer(i64),
    Bulk(Bytes),
    Nil,
    Array(Vec<Reply>),
}

impl Reply {
    pub const OK: Reply = Reply::Simple("OK");

    pub fn bulk(text: impl Into<String>) -> Self {
        Reply::Bulk(Bytes::from(text.into()))
    }

    pub fn integer(number: usize) -> Self {
        Reply::Integer(i64::try_from(number).unwrap_or(i64::MAX))
    }

    pub fn word(word: Option<Bytes>) -> Self {
        word.map_or(Reply::Nil, Reply::Bulk)
    }

    /// Builds an array of words, or an error if they have more bytes than a command may have.
    pub fn words(words: impl Iterator<Item = Option<Bytes>>) -> Self {
        let mut left = COMMAND_MAX;
        let mut replies = Vec::new();
        for word in words {
            match left.checked_sub(word.as_ref().map_or(0, Bytes::len) + size_of::<Reply>()) {
                Some(rest) => left = rest,
                None => return Reply::Error("ERR the reply would be too large".to_owned()),
            }
            replies.push(Reply::word(word));
        }
        Reply::Array(replies)
    }
}

/// The codec of one connection, with its position in a command.
#[derive(Default)]
pub struct Resp {
    words: Vec<Bytes>,
    /// The number of bytes of the words so far.
    bytes: usize,
    /// The number of words of the array that are still to come.
    left: usize,
    /// The length of the next word, if known.
    length: Option<usize>,
    /// The number of bytes of the input that contain no line feed.
    searched: usize,
}

impl Decoder for Resp {
    type Item = Request;
    type Error = io::Error;

    fn decode(&mut self, input: &mut BytesMut) -> io::Result<Option<Request>> {
        Ok(match self.words(input) {
            Ok(Some(words)) => Some(Request::Command(Command::of(&words))),
            Ok(None) => None,
            Err(Broken(why)) => Some(Request::Broken(why)),
        })
    }

    /// Decodes what is left. A client that disconnects within a command is no error.
    fn decode_eof(&mut self, input: &mut BytesMut) -> io::Result<Option<Request>> {
        self.decode(input)
    }
}

/// The error of a broken protocol.
struct Broken(Cow<'static, str>);

impl Resp {
    /// Returns the words of the next command that isn't empty.
    fn words(&mut self, input: &mut BytesMut) -> Result<Option<Vec<Bytes>>, Broken> {
        loop {
            if self.left == 0 {
                if !self.begin(input)? {
                    return Ok(None);
                }
            } else if !self.word(input)? {
                return Ok(None);
            }
            if self.left == 0 && !self.words.is_empty() {
                self.bytes = 0;
                return Ok(Some(std::mem::take(&mut self.words)));
            }
        }
    }

    /// Reads the first line of a command. Returns `false` if the line is incomplete.
    fn begin(&mut self, input: &mut BytesMut) -> Result<bool, Broken> {
        let is_array = input.first() == Some(&b'*');
        let too_long = if is_array {
            "too big mbulk count string"
        } else {
            "too big inline request"
        };
        let Some(line) = self.line(input, too_long)? else {
            return Ok(false);
        };
        if !is_array {
            self.words = split(&line).ok_or_else(|| Broken("unbalanced quotes in request".into()))?;
            return Ok(true);
        }
        // An array of no words, or of a negative number, is no command.
        self.left = match integer(&line[1..]) {
            Some(count) if count <= 0 => 0,
            Some(count) => usize::try_from(count).unwrap_or(usize::MAX),
            None => usize::MAX,
        };
        if self.left > WORDS_MAX {
            return Err(Broken("invalid multibulk length".into()));
        }
        Ok(true)
    }

    /// Reads the next word of an array. Returns `false` if the word is incomplete.
    fn word(&mut self, input: &mut BytesMut) -> Result<bool, Broken> {
        let length = if let Some(length) = self.length {
            length
        } else {
            if let Some(&first) = input.first().filter(|&&first| first != b'$') {
                return Err(Broken(format!("expected '$', got '{}'", first.escape_ascii()).into()));
            }
            let Some(line) = self.line(input, "too big bulk count string")? else {
                return Ok(false);
            };
            let length = integer(&line[1..]).and_then(|length| usize::try_from(length).ok());
            let length = length.filter(|&length| length <= WORD_MAX);
            let length = length.ok_or_else(|| Broken("invalid bulk length".into()))?;
            self.bytes += length;
            if self.bytes > COMMAND_MAX {
                return Err(Broken("too big mbulk request".into()));
            }
            *self.length.insert(length)
        };
        if input.len() < length + 2 {
            return Ok(false);
        }
        self.words.push(input.split_to(length).freeze());
        input.advance(2);
        self.left -= 1;
        self.length = None;
        Ok(true)
    }

    /// Returns the next line without its line end.
    fn line(&mut self, input: &mut BytesMut, too_long: &'static str) -> Result<Option<Bytes>, Broken> {
        let Some(found) = input[self.searched..].iter().position(|&byte| byte == b'\n') else {
            self.searched = input.len();
            return if input.len() > LINE_MAX {
                Err(Broken(too_long.into()))
            } else {
                Ok(None)
            };
        };
        let mut line = input.split_to(self.searched + found + 1).freeze();
        self.searched = 0;
        line.truncate(line.len() - 1);
        if line.ends_with(b"\r") {
            line.truncate(line.len() - 1);
        }
        Ok(Some(line))
    }
}

/// Splits a line into words at blanks outside of quotes. Returns `None` if a quote isn't closed.
fn split(line: &[u8]) -> Option<Vec<Bytes>> {
    let mut words = Vec::new();
    let mut rest = line.trim_ascii_start();
    while !rest.is_empty() {
        let mut word = Vec::new();
        while let Some((&first, behind)) = rest.split_first().filter(|(first, _)| !first.is_ascii_whitespace()) {
            rest = behind;
            match first {
                b'"' | b'\'' => rest = quoted(first, rest, &mut word)?,
                byte => word.push(byte),
            }
        }
        words.push(word.into());
        rest = rest.trim_ascii_start();
    }
    Some(words)
}

/// Reads up to the closing quote, which must precede a blank or the end; returns the rest of the
/// line.
fn quoted<'l>(quote: u8, mut rest: &'l [u8], word: &mut Vec<u8>) -> Option<&'l [u8]> {
    loop {
        rest = match *rest {
            [first, ref behind @ ..] if first == quote => {
                return (behind.is_empty() || behind[0].is_ascii_whitespace()).then_some(behind);
            }
            [b'\\', b'x', high, low, ref behind @ ..]
                if quote == b'"' && high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                let digit = |digit: u8| {
                    char::from(digit)
                        .to_digit(16)
                        .and_then(|digit| u8::try_from(digit).ok())
                };
                word.push(digit(high)? << 4 | digit(low)?);
                behind
            }
            [b'\\', escaped, ref behind @ ..] if quote == b'"' || escaped == quote => {
                word.push(match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'a' => 0x07,
                    b'b' => 0x08,
                    other => other,
                });
                behind
            }
            [byte, ref behind @ ..] => {
                word.push(byte);
                behind
            }
            [] => return None,
        };
    }
}

/// Parses a number as Redis writes it: no sign but `-`, no leading zeros, no blanks.
pub fn integer(word: &[u8]) -> Option<i64> {
    let digits = word.strip_prefix(b"-").unwrap_or(word);
    let strict = digits == b"0" && digits.len() == word.len()
        || digits.first().is_some_and(|first| (b'1'..=b'9').contains(first));
    str::from_utf8(word).ok().filter(|_| strict)?.parse().ok()
}

impl Encoder<Reply> for Resp {
    type Error = io::Error;

    fn encode(&mut self, reply: Reply, output: &mut BytesMut) -> io::Result<()> {
        match reply {
            Reply::Simple(text) => write!(output, "+{text}\r\n"),
            // The client's words that the text quotes may contain line ends.
            Reply::Error(text) => write!(output, "-{}\r\n", text.replace(['\r', '\n'], " ")),
            Reply::Integer(number) => write!(output, ":{number}\r\n"),
            Reply::Nil => write!(output, "$-1\r\n"),
            Reply::Bulk(bytes) => {
                let head = write!(output, "${}\r\n", bytes.len());
                output.extend_from_slice(&bytes);
                output.extend_from_slice(b"\r\n");
                head
            }
            Reply::Array(replies) => {
                let head = write!(output, "*{}\r\n", replies.len());
                for reply in replies {
                    self.encode(reply, output)?;
                }
                head
            }
        }
        .map_err(io::Error::other)
    }
}

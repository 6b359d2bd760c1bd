//! RESP2, the protocol of Redis, as a codec: commands come in, replies go out.
//!
//! A command is an array of bulk strings, or a line of words for people (`SET greeting "good day"`). What comes is looked at once,
//! however slowly it arrives, and a peer's numbers are no reason to set memory aside.

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

/// What a frame is.
pub enum Request {
    Command(Command),
    /// No command, and where the next one begins nobody knows: what Redis says of it.
    Broken(Cow<'static, str>),
}

/// What is replied.
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

    /// So many words as there are, or an error: what is replied has no more bytes than a command may have.
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

/// The codec of one connection: where in a command it is.
#[derive(Default)]
pub struct Resp {
    words: Vec<Bytes>,
    /// How many bytes they are.
    bytes: usize,
    /// How many more words there are in the array.
    left: usize,
    /// How long the next one is, once that is known.
    length: Option<usize>,
    /// How much of the input has no line feed.
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

    /// A client that leaves in the middle of a command leaves.
    fn decode_eof(&mut self, input: &mut BytesMut) -> io::Result<Option<Request>> {
        self.decode(input)
    }
}

/// The protocol is broken.
struct Broken(Cow<'static, str>);

impl Resp {
    /// The words of the next command that has any.
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

    /// The first line of a command. False: it isn't whole.
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
        // Nothing, or less than nothing, is no command.
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

    /// The next word of an array. False: it isn't whole.
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

    /// The next line, without its end.
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

/// The words of a line: blanks divide them, unless they stand between quotes. None: a quote has no counterpart.
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

/// Reads up to the closing quote, which a blank or the end follows; gives what is behind it.
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

/// A number as Redis writes it: no sign but `-`, no zeros before it, no blanks.
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
            // What it quotes of the client's words may have line ends in it.
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

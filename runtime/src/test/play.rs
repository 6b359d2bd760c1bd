//! Plays a transcript: sends what the client says, and compares what the server says.

use std::fmt::Write as _;
use std::slice;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{sleep, timeout};

use super::Mismatch;
use super::pattern::{Captured, Pattern};
use super::script::{Action, Script, Step};
use crate::packet::{DELIMITER, Decoder, Packet};

/// The longest waits of the client.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// For a frame; in a replay, beyond the time that was recorded.
    pub(super) frame: Duration,
    /// For nothing.
    pub(super) nothing: Duration,
}

impl Pace {
    /// On paused time, which passes when nothing else is left to do: the shortest wait is over when
    /// the server waits.
    pub(super) const PAUSED: Pace = Pace {
        frame: Duration::from_secs(1),
        nothing: Duration::from_millis(1),
    };
    pub(super) const REAL: Pace = Pace {
        frame: Duration::from_secs(5),
        nothing: Duration::from_millis(100),
    };
}

/// The most that a server may send at once under `raw`, and what a frame may be long.
const FRAME_MAX: usize = 64 * 1024 * 1024;

/// The end of a wait for bytes.
#[derive(Debug, PartialEq, Eq)]
enum Read {
    Bytes,
    End,
    Nothing,
}

/// The client.
pub(super) struct Player<T> {
    stream: T,
    packet: Packet,
    /// The byte that ends a line of [`Packet::Line`].
    delimiter: u8,
    decoder: Decoder,
    pace: Pace,
    buffer: BytesMut,
    /// The server has closed.
    ended: bool,
    captured: Captured,
}

impl<T: AsyncRead + AsyncWrite + Unpin> Player<T> {
    pub(super) fn new(stream: T, packet: Packet, delimiter: u8, pace: Pace) -> Self {
        Player {
            stream,
            packet,
            delimiter,
            decoder: decoder(packet, delimiter),
            pace,
            buffer: BytesMut::new(),
            ended: false,
            captured: Captured::new(),
        }
    }

    /// Plays all steps, and tells the line of each; then the server must have sent nothing more.
    pub(super) async fn play(mut self, script: &Script, at: impl Fn(usize)) -> Result<(), Mismatch> {
        for Step { line, action } in &script.steps {
            at(*line);
            let played = self.step(action).await;
            played.map_err(|what| Mismatch::new(*line, what))?;
        }
        let ended = self.nothing().await;
        ended.map_err(|what| Mismatch::new(script.end, format_args!("behind the end of the transcript {what}")))
    }

    async fn step(&mut self, action: &Action) -> Result<(), String> {
        match action {
            Action::Send(frame) => {
                let frame = frame.bytes(&self.captured)?;
                let mut bytes = BytesMut::new();
                let encoded = self.packet.encode([&frame[..]], &mut bytes);
                encoded.map_err(|error| error.to_string())?;
                bytes.extend_from_slice(line_end(self.packet, &self.delimiter));
                self.send(&bytes).await
            }
            Action::SendRaw(bytes) => {
                let bytes = bytes.bytes(&self.captured)?;
                self.send(&bytes).await
            }
            Action::Expect(pattern) => self.expect(pattern).await,
            Action::ExpectRaw(pattern) => self.expect_raw(pattern).await,
            Action::ExpectClosed => self.closed().await,
            Action::ExpectNothing => self.nothing().await,
            Action::Wait(time) => {
                sleep(*time).await;
                Ok(())
            }
            Action::Packet(packet) => {
                self.packet = *packet;
                self.decoder = decoder(*packet, self.delimiter);
                Ok(())
            }
        }
    }

    /// Sends bytes. What the server has closed by then takes none, which shows in what it says.
    async fn send(&mut self, bytes: &[u8]) -> Result<(), String> {
        let sent = timeout(self.pace.frame, self.stream.write_all(bytes)).await;
        sent.map_or_else(
            |_| Err("the server doesn't read what the client sends".to_owned()),
            |_| Ok(()),
        )
    }

    async fn expect(&mut self, pattern: &Pattern) -> Result<(), String> {
        let frame = self.frame().await?;
        let Some(frame) = frame else {
            let mut what = format!("{}, instead of\n  expected `{}`", self.silence(), pattern.written());
            if !self.buffer.is_empty() {
                let _ = write!(
                    what,
                    "\n  received `{}`, which is no whole frame",
                    self.buffer.escape_ascii()
                );
            }
            return Err(what);
        };
        let matches = pattern.matches(&frame, &mut self.captured);
        matches.map_err(|at| difference(pattern, &self.captured, &frame, at))
    }

    /// Says why nothing has come.
    fn silence(&self) -> &'static str {
        if self.ended {
            "the server closed"
        } else {
            "the server sent nothing"
        }
    }

    /// Returns the next frame. `None`: none comes.
    async fn frame(&mut self) -> Result<Option<Vec<u8>>, String> {
        if matches!(self.packet, Packet::Raw) {
            while self.buffer.is_empty() && self.read(self.pace.frame).await == Read::Bytes {}
            while self.read(self.pace.nothing).await == Read::Bytes {}
            let all = self.buffer.split().to_vec();
            return Ok((!all.is_empty()).then_some(all));
        }
        loop {
            let decoded = self.decoder.decode(&mut self.buffer);
            if let Some(frame) = decoded.map_err(|error| format!("the server sent no frame: {error}"))? {
                return Ok(Some(without_line_end(self.packet, self.delimiter, &frame).to_vec()));
            }
            if self.read(self.pace.frame).await != Read::Bytes {
                return Ok(None);
            }
        }
    }

    async fn expect_raw(&mut self, pattern: &Pattern) -> Result<(), String> {
        let expected = pattern.bytes(&self.captured)?;
        while self.buffer.len() < expected.len() && self.read(self.pace.frame).await == Read::Bytes {}
        let length = expected.len().min(self.buffer.len());
        let received = self.buffer.split_to(length);
        self.decoder.reset();
        if received == expected[..] {
            Ok(())
        } else if received.is_empty() {
            Err(format!(
                "{}, instead of\n  expected `{}`",
                self.silence(),
                pattern.written()
            ))
        } else {
            let same = received.iter().zip(&expected).take_while(|(a, b)| a == b).count();
            Err(difference(pattern, &self.captured, &received, same))
        }
    }

    async fn closed(&mut self) -> Result<(), String> {
        if self.read(self.pace.frame).await == Read::Nothing && self.buffer.is_empty() {
            return Err("the server didn't close".to_owned());
        }
        self.nothing().await?;
        if self.ended {
            Ok(())
        } else {
            Err("the server didn't close".to_owned())
        }
    }

    async fn nothing(&mut self) -> Result<(), String> {
        while self.read(self.pace.nothing).await == Read::Bytes {}
        if self.buffer.is_empty() {
            Ok(())
        } else {
            Err(format!("the server sent `{}`", self.buffer.escape_ascii()))
        }
    }

    /// Reads once.
    async fn read(&mut self, limit: Duration) -> Read {
        if self.ended || self.buffer.len() > FRAME_MAX {
            return Read::End;
        }
        match timeout(limit, self.stream.read_buf(&mut self.buffer)).await {
            Ok(Ok(n)) if n > 0 => Read::Bytes,
            Ok(_) => {
                self.ended = true;
                Read::End
            }
            Err(_) => Read::Nothing,
        }
    }
}

fn decoder(packet: Packet, delimiter: u8) -> Decoder {
    Decoder::new(packet).packet_size(FRAME_MAX).delimiter(delimiter)
}

/// Returns what ends a line that the client sends, where the mode leaves the line its end.
fn line_end(packet: Packet, delimiter: &u8) -> &[u8] {
    match packet {
        Packet::Line if *delimiter != DELIMITER => slice::from_ref(delimiter),
        // The other modes add it themselves.
        Packet::Line | Packet::Http | Packet::Httph => packet.line_end(),
        _ => b"",
    }
}

fn without_line_end(packet: Packet, delimiter: u8, frame: &[u8]) -> &[u8] {
    match packet {
        Packet::Line if delimiter != DELIMITER => frame.strip_suffix(&[delimiter]).unwrap_or(frame),
        Packet::Line | Packet::Http | Packet::Httph => {
            let line = frame.strip_suffix(b"\n").unwrap_or(frame);
            line.strip_suffix(b"\r").unwrap_or(line)
        }
        _ => frame,
    }
}

/// Shows both frames, and the place in what was received from which on they differ.
fn difference(pattern: &Pattern, captured: &Captured, frame: &[u8], at: usize) -> String {
    let (expected, known) = (pattern.written(), pattern.known(captured));
    let (same, rest) = frame.split_at(at.min(frame.len()));
    let (same, rest) = (same.escape_ascii().to_string(), rest.escape_ascii());
    let indent = same.len();
    format!(
        "the server sent something else\n  expected `{expected}`{known}\n  received `{same}{rest}`\n{:indent$}            ^ here",
        ""
    )
}

//! The lines of a recording.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use super::direction::Direction;
use super::escape::{escape, on_one_line};
use crate::packet::Packet;
use crate::tape::Side;
use crate::tape::queue::{Batch, LeftOut, What};

/// The most bytes of a connection that one line has. Written, each may be four.
const CHUNK: usize = 16 * 1024;

/// The place where lines go.
pub(super) trait Sink {
    /// Writes a line, with its end. Returns the number of the file that it is in.
    fn line(&mut self, line: &str) -> io::Result<u64>;

    /// Returns the number of the file that a line of so many bytes would be in.
    fn file_for(&mut self, bytes: usize) -> io::Result<u64>;
}

/// The connections that are recorded, as far as they are known.
#[derive(Debug)]
pub(super) struct Lines {
    connections: HashMap<u64, Connection>,
    /// The most bytes of a frame that are written.
    frame_size: usize,
    /// The byte that ends lines, if it isn't LF: such lines have no form of their own.
    delimiter: u8,
    line: String,
    /// The number of bytes that are left out.
    pub(super) left_out: u64,
}

#[derive(Debug)]
struct Connection {
    peer: String,
    packet: Packet,
    client: Direction,
    server: Direction,
    /// The file that its last line is in.
    file: u64,
}

impl Lines {
    pub(super) fn new(frame_size: usize, delimiter: u8) -> Self {
        Lines {
            connections: HashMap::new(),
            frame_size,
            delimiter,
            line: String::new(),
            left_out: 0,
        }
    }

    /// Writes what has passed.
    pub(super) fn write(&mut self, batch: &mut Batch, sink: &mut impl Sink) -> io::Result<()> {
        let mut bytes = &batch.bytes[..];
        for event in batch.events.drain(..) {
            let said = match event.what {
                What::Bytes(_, length) | What::Packet { ahead: length, .. } => {
                    bytes.split_off(..length).unwrap_or_default()
                }
                _ => &[],
            };
            self.event(event.time, event.connection, event.what, said, sink)?;
        }
        Ok(())
    }

    fn event(&mut self, time: Duration, id: u64, what: What, said: &[u8], sink: &mut impl Sink) -> io::Result<()> {
        if let What::Opened { peer, packet, joined } = what {
            // The path of a Unix socket is its peer's choice.
            let peer = on_one_line(&peer);
            let word = if joined { "joined" } else { "connected" };
            let begin = |line: &mut String| {
                begin(line, time, id);
                let _ = writeln!(line, "({word} from {peer})");
                self::begin(line, time, id);
                let _ = writeln!(line, "(packet {packet})");
            };
            self.line.clear();
            begin(&mut self.line);
            let file = sink.line(&self.line)?;
            let packet = self.of_lines(packet);
            let direction = || Direction::new(packet);
            self.connections.insert(
                id,
                Connection {
                    peer,
                    packet,
                    client: direction(),
                    server: direction(),
                    file,
                },
            );
            return Ok(());
        }
        let delimited = self.of_lines(match &what {
            What::Packet { packet, .. } => *packet,
            _ => Packet::Raw,
        });
        let Some(connection) = self.connections.get_mut(&id) else {
            return Ok(());
        };
        let mut to = To {
            time,
            id,
            line: &mut self.line,
            left_out: &mut self.left_out,
            sink,
        };
        match what {
            What::Opened { .. } => {}
            What::Bytes(side, _) => to.bytes(connection, side, self.frame_size, said)?,
            What::LeftOut(LeftOut { client, server, other }) => {
                if client > 0 || other {
                    connection.client.restart();
                    to.left_out(connection, Side::Client, client)?;
                }
                if server > 0 {
                    connection.server.restart();
                    to.left_out(connection, Side::Server, server)?;
                }
            }
            What::Packet { packet, unsent, .. } => {
                to.told(connection)?;
                connection.packet = delimited;
                connection.client.go_on(delimited, 0, said);
                connection.server.go_on(delimited, unsent, &[]);
                to.directive(connection, format_args!("(packet {packet})"))?;
            }
            What::State(name) => to.directive(connection, format_args!("(state {})", on_one_line(name)))?,
            What::Stopped => to.directive(connection, format_args!("(stopped)"))?,
            #[cfg(feature = "tls-provider")]
            What::StartTls => to.directive(connection, format_args!("(starttls)"))?,
            What::Closed(side) => {
                to.told(connection)?;
                to.directive(connection, format_args!("{}! closed", letter(side)))?;
            }
            What::Reset => {
                to.told(connection)?;
                to.directive(connection, format_args!("C! reset"))?;
            }
            What::Ended(reason) => {
                to.told(connection)?;
                match reason {
                    Some(reason) => to.directive(connection, format_args!("(ended: {reason})"))?,
                    None => to.directive(connection, format_args!("(ended: cut off)"))?,
                }
                self.connections.remove(&id);
            }
        }
        Ok(())
    }

    /// Returns the mode by which lines are written.
    fn of_lines(&self, packet: Packet) -> Packet {
        match packet {
            Packet::Line if self.delimiter != crate::packet::DELIMITER => Packet::Raw,
            packet => packet,
        }
    }
}

/// A line of one connection, on its way.
struct To<'l, S> {
    time: Duration,
    id: u64,
    line: &'l mut String,
    /// The bytes that were left out of all connections.
    left_out: &'l mut u64,
    sink: &'l mut S,
}

impl<S: Sink> To<'_, S> {
    fn bytes(&mut self, connection: &mut Connection, side: Side, frame_size: usize, mut said: &[u8]) -> io::Result<()> {
        while !said.is_empty() {
            let packet = connection.packet;
            let direction = match side {
                Side::Client => &mut connection.client,
                Side::Server => &mut connection.server,
            };
            let is_of_it = direction.present(said.len()).0 == packet;
            let (piece, kept) = direction.next(frame_size, said);
            let (bytes, rest) = said.split_at(piece.length);
            said = rest;
            let payload = piece
                .payload
                .filter(|payload| kept == piece.length && payload.len() <= CHUNK && is_of_it && has_frames(packet));
            match payload {
                Some(payload) => self.frame(connection, side, ':', &bytes[payload])?,
                None => {
                    for chunk in bytes[..kept].chunks(CHUNK) {
                        self.frame(connection, side, '.', chunk)?;
                    }
                }
            }
            if piece.ends {
                self.told(connection)?;
            }
        }
        Ok(())
    }

    fn frame(&mut self, connection: &mut Connection, side: Side, kind: char, bytes: &[u8]) -> io::Result<()> {
        self.write(connection, |line| {
            line.push(letter(side));
            line.push(kind);
            if !bytes.is_empty() {
                line.push(' ');
                escape(bytes, kind == ':', line);
            }
        })
    }

    /// Tells what was left out of frames that are too long.
    fn told(&mut self, connection: &mut Connection) -> io::Result<()> {
        for side in [Side::Client, Side::Server] {
            let direction = match side {
                Side::Client => &mut connection.client,
                Side::Server => &mut connection.server,
            };
            match std::mem::take(&mut direction.left_out) {
                0 => {}
                bytes => self.left_out(connection, side, bytes)?,
            }
        }
        Ok(())
    }

    fn left_out(&mut self, connection: &mut Connection, side: Side, bytes: u64) -> io::Result<()> {
        *self.left_out += bytes;
        self.directive(connection, format_args!("{}! left out {bytes} bytes", letter(side)))
    }

    fn directive(&mut self, connection: &mut Connection, text: std::fmt::Arguments<'_>) -> io::Result<()> {
        self.write(connection, |line| {
            let _ = line.write_fmt(text);
        })
    }

    /// Writes a line; in a file that has none of the connection yet, behind who it is.
    fn write(&mut self, connection: &mut Connection, text: impl FnOnce(&mut String)) -> io::Result<()> {
        self.line.clear();
        begin(self.line, self.time, self.id);
        text(self.line);
        self.line.push('\n');
        if self.sink.file_for(self.line.len())? != connection.file {
            let mut who = String::new();
            begin(&mut who, self.time, self.id);
            let _ = writeln!(who, "(goes on from {})", connection.peer);
            begin(&mut who, self.time, self.id);
            let _ = writeln!(who, "(packet {})", connection.packet);
            // As one with the line, which could be in another file otherwise.
            self.line.insert_str(0, &who);
        }
        connection.file = self.sink.line(self.line)?;
        Ok(())
    }
}

fn begin(line: &mut String, time: Duration, id: u64) {
    let _ = write!(line, "{}.{:06} #{id} ", time.as_secs(), time.subsec_micros());
}

/// Returns whether `C: frame` says all of the bytes of a frame.
fn has_frames(packet: Packet) -> bool {
    !packet.line_end().is_empty() || matches!(packet, Packet::One | Packet::Two | Packet::Four)
}

fn letter(side: Side) -> char {
    match side {
        Side::Client => 'C',
        Side::Server => 'S',
    }
}

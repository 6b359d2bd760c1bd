//! Recordings: what connections say, kept in files that people can read and `test::Replay` can
//! play.
//!
//! **A recording holds all that peers sent and were sent**: passwords, tokens, mail, under TLS the
//! plain text. Nothing is recorded unless the option `record(dir = …)` or [`Server::record`] says
//! so; a log event of the level `warn` says when it begins. Its files are readable by the user
//! alone that the program runs as. Keep them no longer than they are needed.
//!
//! # What is in it
//!
//! The lines of a recording are those of a transcript (the module `test`), each behind its time, in
//! seconds since the recording began, and the number of its connection:
//!
//! ```text
//! # kai-tcp-server recording 1: all that peers sent and were sent, secrets too
//! # server Till, began 2026-11-29T15:39:38.123456Z, file 1
//! 0.000000 #1 (connected from 127.0.0.1:51234)
//! 0.000000 #1 (packet line(crlf))
//! 0.000210 #1 C: deposit 5
//! 0.000260 #1 S: 5
//! 0.410022 #1 C. \x00\xffno line
//! 0.510120 #1 C! closed
//! 0.510180 #1 S! closed
//! 0.510190 #1 (ended: closed by the peer)
//! ```
//!
//! | line | meaning |
//! | --- | --- |
//! | `C: text`, `S: text` | a frame that the client sent, or the server, under the packet mode of the moment: a line without its end, which is CR LF, or LF under `line(lf)`; or what stands behind a length |
//! | `C. bytes`, `S. bytes` | bytes as they are: all that has no form as a frame |
//! | `(connected from …)` | the connection began; its handshakes are over |
//! | `(joined from …)` | it began before the recording, so it can't be played |
//! | `(goes on from …)` | it began in an earlier file |
//! | `(packet …)`, `(state …)`, `(starttls)` | it has another packet mode or state from here on, or begins TLS |
//! | `(stopped)` | the server was told to stop: what follows is its goodbye |
//! | `C! left out 5 bytes` | so much isn't recorded: the rest of a long frame, or what came while the disk was slow |
//! | `C! closed`, `C! reset`, `S! closed` | this side has sent its last |
//! | `(ended: …)` | the connection is gone |
//!
//! Bytes are those that crossed the connection, inside of TLS and behind a PROXY header. Where
//! lines break depends on the packet mode; that all bytes are there doesn't. Bytes other than ASCII
//! that can be printed are written as `\x1b`, so that a file can be shown in a terminal, whatever a
//! peer sent. What is refused before a server serves it isn't recorded.
//!
//! # What it costs
//!
//! While nothing is recorded: a look at a byte after each read and write of a connection. While
//! something is: a copy of the bytes under a lock. A thread of its own writes them; connections
//! never wait for a disk. At most 4 MiB wait for it ([`Recording::queue`]); what comes while they
//! are full is left out, and the recording says so. A disk that is full or fails ends the recording
//! with one log event of the level `error`, and no connection.
//!
//! At most [`Recording::files`] files of [`Recording::file_size`] bytes are kept, and the oldest of
//! this recording goes first; files of earlier ones stay. Names are of the server, the time, the
//! process and a number: `echo-20261129T153938.123456Z-4711-00001.transcript`. A file that exists
//! is never written to. A program that is killed leaves a file that can be read up to there.

mod begin;
mod direction;
mod escape;
mod files;
mod frames;
mod lines;
mod recorder;
mod utc;
mod writer;

use std::net::IpAddr;
use std::path::PathBuf;

use kai_tcp_server_spec::option::Id;

pub(crate) use self::begin::{abandon, by_options, end};
pub use self::recorder::{Recorded, Recorder};
use crate::error::{Error, ErrorKind, Result};
use crate::io::link::ConnectionId;
use crate::options::{RECORD_FILE_SIZE, RECORD_FILES, RECORD_FRAME_SIZE};
#[cfg(doc)]
use crate::server::Server;

/// The most bytes that wait for the disk by default.
const QUEUE: usize = 4 * 1024 * 1024;

/// A recording that is to be made: where, how much, and of whom. [`Server::record`] begins it.
#[derive(Clone, Debug)]
#[must_use = "`Server::record` begins it"]
pub struct Recording {
    dir: PathBuf,
    file_size: usize,
    files: usize,
    frame_size: usize,
    queue: usize,
    ip: Option<IpAddr>,
    connection: Option<ConnectionId>,
}

impl Recording {
    /// Returns a recording of all connections in this directory. The directory is made if it isn't
    /// there, for this user alone.
    pub fn in_dir(dir: impl Into<PathBuf>) -> Self {
        Recording {
            dir: dir.into(),
            file_size: RECORD_FILE_SIZE,
            files: RECORD_FILES,
            frame_size: RECORD_FRAME_SIZE,
            queue: QUEUE,
            ip: None,
            connection: None,
        }
    }

    /// Sets the most bytes of a file, 64 MiB by default and at least 128 KiB. A full one is
    /// followed by the next.
    pub fn file_size(mut self, file_size: usize) -> Self {
        self.file_size = file_size;
        self
    }

    /// Sets the most files, 8 by default. Where there would be more, the oldest is removed.
    pub fn files(mut self, files: usize) -> Self {
        self.files = files;
        self
    }

    /// Sets the most bytes of a frame that are recorded, 1 MiB by default. The rest is left out,
    /// and the recording says how much it was. Under `raw`, a frame is what one read or write had.
    pub fn frame_size(mut self, frame_size: usize) -> Self {
        self.frame_size = frame_size;
        self
    }

    /// Sets the most bytes that wait for the disk, 4 MiB by default. What comes while they are full
    /// is left out, and the recording says so.
    pub fn queue(mut self, bytes: usize) -> Self {
        self.queue = bytes;
        self
    }

    /// Records connections from this address only.
    pub fn only_ip(mut self, ip: IpAddr) -> Self {
        self.ip = Some(ip.to_canonical());
        self
    }

    /// Records this connection only.
    pub fn only_connection(mut self, connection: ConnectionId) -> Self {
        self.connection = Some(connection);
        self
    }

    fn judge(&self) -> Result {
        let sizes = [
            (Id::RecordFileSize, self.file_size),
            (Id::RecordFiles, self.files),
            (Id::RecordFrameSize, self.frame_size),
        ];
        let problem = |(option, size): (Id, usize)| option.row().judge_number(size as u64);
        match sizes.into_iter().find_map(problem) {
            Some(problem) => Err(Error::new(ErrorKind::Options, problem)),
            None => Ok(()),
        }
    }
}

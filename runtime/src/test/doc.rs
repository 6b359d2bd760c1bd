//! Transcripts in documents, which the attribute makes tests of.

use super::{Mismatch, in_memory};
use crate::api::tcp_server::TcpServer;

/// Plays a transcript of a document. `lines` are the lines of `file` that the transcript's lines
/// stand in.
///
/// # Panics
///
/// As [`transcript`](super::transcript), with the place in the file.
pub fn documented<S: TcpServer>(server: S, file: &str, lines: &[u32], transcript: &str) {
    if let Err(Mismatch { line, what }) = in_memory(server, transcript) {
        match lines.get(line).or(lines.last()) {
            Some(place) => panic!("the transcript at {file}:{place}: {what}"),
            None => panic!("a transcript of {file}: {what}"),
        }
    }
}

//! The lines of a transcript.

use std::time::Duration;

use kai_tcp_server_spec::duration;

use super::Mismatch;
use super::pattern::Pattern;
use crate::packet::Packet;

/// A transcript, step by step.
#[derive(Debug)]
pub(super) struct Script {
    pub(super) steps: Vec<Step>,
    /// Its last line.
    pub(super) end: usize,
}

/// A step, and the line that it stands in.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) line: usize,
    pub(super) action: Action,
}

#[derive(Debug)]
pub(super) enum Action {
    Send(Pattern),
    SendRaw(Pattern),
    Expect(Pattern),
    ExpectRaw(Pattern),
    ExpectClosed,
    ExpectNothing,
    Wait(Duration),
    Packet(Packet),
}

/// The ways to begin a line.
const LINES: &str = "a line is `C: frame`, `S: frame`, `C. bytes`, `S. bytes`, `S! closed`, `S! nothing`, `(wait 5s)`, `(packet 4)` or `# comment`";

impl Script {
    /// Reads a transcript. Blanks before a line don't count, so that it may be indented.
    pub(super) fn parse(text: &str) -> Result<Self, Mismatch> {
        let mut steps = Vec::new();
        for (line, written) in text.lines().enumerate() {
            let written = written.trim_start();
            if written.is_empty() || written.starts_with('#') {
                continue;
            }
            let action = action(written).map_err(|what| Mismatch::new(line, what))?;
            steps.push(Step { line, action });
        }
        Ok(Script {
            end: steps.last().map_or(0, |step| step.line),
            steps,
        })
    }
}

pub(super) fn action(line: &str) -> Result<Action, String> {
    if line.starts_with('(') {
        return directive(line.trim_end());
    }
    let (side, frame) = line.split_at_checked(2).unwrap_or((line, ""));
    // One blank separates; what else there is belongs to the frame.
    let frame = frame.strip_prefix(' ').unwrap_or(frame);
    match side {
        "C:" if frame.starts_with("(wait ") => directive(frame.trim_end()),
        "C:" => Pattern::parse(frame).map(Action::Send),
        "C." => Pattern::parse(frame).map(Action::SendRaw),
        "S:" => Pattern::parse(frame).map(Action::Expect),
        "S." => Pattern::parse(frame).map(Action::ExpectRaw),
        "S!" => match frame.trim() {
            "closed" => Ok(Action::ExpectClosed),
            "nothing" => Ok(Action::ExpectNothing),
            _ => Err(format!("`{line}`: {LINES}")),
        },
        _ => Err(format!("`{line}`: {LINES}")),
    }
}

fn directive(line: &str) -> Result<Action, String> {
    let inner = line.strip_prefix('(').and_then(|line| line.strip_suffix(')'));
    match inner.and_then(|inner| inner.split_once(' ')) {
        Some(("wait", time)) => duration::parse(time.trim())
            .map(Action::Wait)
            .map_err(|_| format!("`{line}`: a time has its unit, like `(wait 250ms)` or `(wait 5s)`")),
        Some(("packet", mode)) => packet(mode.trim())
            .map(Action::Packet)
            .ok_or_else(|| format!("`{line}`: there is no such packet mode; one is written as in the attribute")),
        _ => Err(format!("`{line}`: {LINES}")),
    }
}

/// Reads a packet mode in the attribute's spelling.
fn packet(spelling: &str) -> Option<Packet> {
    Packet::parse(spelling).filter(|packet| *packet != Packet::RawExact(0))
}

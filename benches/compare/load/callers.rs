//! Connections that call, with their sent lines and the replies.

use std::io::{self, ErrorKind, Read as _, Write as _};

use super::lines::{Lines, Pattern};
use super::poll::{Happened, Poll};
use super::wire::{Dialer, Wire};
use super::{STUCK, Share};
use crate::Result;
use crate::plan::Plan;

/// The maximum number of bytes of a write or a read.
const CHUNK: usize = 256 * 1024;

/// All connections of a thread, and what they share.
pub(super) struct Callers {
    pub(super) poll: Poll,
    pub(super) all: Vec<Caller>,
    tools: Tools,
}

/// The parts that a connection needs only while it is handled.
pub(super) struct Tools {
    pattern: Pattern,
    out: Vec<u8>,
    back: Vec<u8>,
}

impl Tools {
    pub(super) fn new() -> Self {
        Tools {
            pattern: Pattern::new(),
            out: vec![0; CHUNK],
            back: vec![0; CHUNK],
        }
    }
}

impl Callers {
    /// Connects, and makes one call on each connection.
    pub(super) fn connect(plan: &Plan, share: Share) -> Result<Self> {
        let poll = Poll::new()?;
        let mut tools = Tools::new();
        let all = greet(plan, share, &mut tools)?;
        for (index, caller) in all.iter().enumerate() {
            caller.stream.set_nonblocking(true)?;
            poll.watch(&caller.stream, index)?;
        }
        Ok(Callers { poll, all, tools })
    }

    /// Returns callers without connections.
    pub(super) fn none() -> Result<Self> {
        Ok(Callers {
            poll: Poll::new()?,
            all: Vec::new(),
            tools: Tools::new(),
        })
    }

    /// Begins one more connection, which makes its first call once it is established; returns its
    /// index.
    pub(super) fn join(&mut self, dialer: &Dialer, lines: Lines) -> Result<usize> {
        let stream = dialer.begin()?;
        let index = self.all.len();
        self.poll.watch(&stream, index)?;
        self.all.push(Caller::new(stream, lines));
        self.call(index)?;
        Ok(index)
    }

    /// Makes one more call on connection `index`.
    pub(super) fn call(&mut self, index: usize) -> Result {
        let caller = &mut self.all[index];
        caller.allowed += caller.lines.size as u64;
        self.send(index)
    }

    /// Sends what connection `index` may send.
    pub(super) fn send(&mut self, index: usize) -> Result {
        let caller = &mut self.all[index];
        let was_blocked = caller.blocked;
        caller.send(&mut self.tools)?;
        if caller.blocked != was_blocked {
            self.poll.watch_for_room(&caller.stream, index, caller.blocked)?;
        }
        Ok(())
    }

    /// Receives on the connection of event `number`, and sends what couldn't be sent before.
    pub(super) fn receive(&mut self, number: usize) -> Result<usize> {
        let Happened {
            index,
            readable,
            writable,
        } = self.poll.happened(number);
        if writable {
            self.send(index)?;
        }
        if readable {
            self.all[index].receive(&mut self.tools)?;
        }
        Ok(index)
    }
}

/// Connects and makes one call on each connection. The connections then wait.
pub(super) fn greet(plan: &Plan, share: Share, tools: &mut Tools) -> Result<Vec<Caller>> {
    let dialer = Dialer::new(plan)?;
    let mut callers: Vec<Caller> = Vec::new();
    let numbers: Vec<u64> = share.connections(plan).collect();
    // A few at a time, so that the backlog is never full.
    for numbers in numbers.chunks(64) {
        let known = callers.len();
        for &connection in numbers {
            let stream = dialer.connect()?;
            stream.set_read_timeout(STUCK)?;
            let mut caller = Caller::new(
                stream,
                Lines {
                    connection,
                    size: plan.size,
                },
            );
            caller.allowed = plan.size as u64;
            caller.send(tools)?;
            callers.push(caller);
        }
        for caller in &mut callers[known..] {
            while caller.received < caller.allowed {
                caller.receive(tools)?;
            }
        }
    }
    Ok(callers)
}

/// One connection. Counts are in bytes.
pub(super) struct Caller {
    pub(super) stream: Wire,
    lines: Lines,
    pub(super) allowed: u64,
    sent: u64,
    pub(super) received: u64,
    blocked: bool,
}

impl Caller {
    pub(super) fn new(stream: Wire, lines: Lines) -> Self {
        Caller {
            stream,
            lines,
            allowed: 0,
            sent: 0,
            received: 0,
            blocked: false,
        }
    }

    /// Returns whether all calls were answered.
    pub(super) fn is_answered(&self) -> bool {
        self.received == self.allowed
    }

    /// Returns the number of complete replies.
    pub(super) fn answered(&self) -> u64 {
        self.received / self.lines.size as u64
    }

    pub(super) fn send(&mut self, tools: &mut Tools) -> io::Result<()> {
        while self.sent < self.allowed {
            let out = &mut tools.out[..CHUNK.min((self.allowed - self.sent) as usize)];
            self.lines.fill(&tools.pattern, self.sent, out);
            match self.stream.write(out) {
                Ok(sent) => self.sent += sent as u64,
                // The bytes that the stream has taken make room when they go out.
                Err(error) if error.kind() == ErrorKind::WouldBlock => return self.flush(),
                Err(error) => return Err(error),
            }
        }
        self.flush()
    }

    /// Sends what the connection has taken. It is blocked if anything is left.
    fn flush(&mut self) -> io::Result<()> {
        let flushed = match self.stream.flush() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => false,
            flushed => flushed.map(|()| true)?,
        };
        self.blocked = !flushed || self.sent < self.allowed;
        Ok(())
    }

    /// Reads once.
    pub(super) fn receive(&mut self, tools: &mut Tools) -> Result {
        let read = match self.stream.read(&mut tools.back) {
            Ok(0) => return Err("the server closed a connection".into()),
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let expected = &mut tools.out[..read];
        self.lines.fill(&tools.pattern, self.received, expected);
        if tools.back[..read] != *expected || self.received + read as u64 > self.sent {
            return Err("what came back is not what was sent".into());
        }
        self.received += read as u64;
        Ok(())
    }
}

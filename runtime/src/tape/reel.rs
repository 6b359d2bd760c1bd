//! The part of a recording that its connection has.

use std::iter;
use std::net::IpAddr;
use std::sync::Arc;

use super::Side;
use super::queue::{LeftOut, Queue, What};
use super::switch::Switch;
use crate::packet::Packet;
use crate::reason::CloseReason;

/// The recording of one connection, from when it first has something to record.
#[derive(Debug)]
pub(crate) struct Reel {
    /// The number of the recording.
    recording: u32,
    /// `None`: the recording is of other connections.
    queue: Option<Arc<Queue>>,
    connection: u64,
    /// Until the queue has had room for the beginning.
    opening: Option<Opening>,
    left_out: LeftOut,
    server_closed: bool,
    stopped: bool,
}

/// The first words of a recording about a connection.
#[derive(Clone, Debug)]
pub(crate) struct Opening {
    pub(crate) connection: u64,
    pub(crate) peer: String,
    pub(crate) ip: Option<IpAddr>,
    pub(crate) packet: Packet,
    /// Something has passed before.
    pub(crate) joined: bool,
}

impl Reel {
    /// Returns the recording of a connection that is to be recorded.
    pub(crate) fn new(switch: &Switch, opening: impl FnOnce() -> Opening) -> Option<Self> {
        let (recording, queue) = switch.running()?;
        let opening = opening();
        let filter = queue.filter;
        let is_recorded = filter.ip.is_none_or(|ip| opening.ip == Some(ip))
            && filter.connection.is_none_or(|id| opening.connection == id);
        Some(Reel {
            recording,
            queue: is_recorded.then_some(queue),
            connection: opening.connection,
            opening: Some(opening),
            left_out: LeftOut::default(),
            server_closed: false,
            stopped: false,
        })
    }

    /// Returns whether it is of the recording that runs.
    pub(crate) fn is_of(&self, switch: &Switch) -> bool {
        self.recording == switch.present()
    }

    /// Records the beginning, where nothing else does.
    pub(crate) fn open(&mut self) {
        self.push(None, iter::empty(), false);
    }

    /// Records bytes that have passed.
    pub(crate) fn bytes<'p>(&mut self, side: Side, bytes: impl Iterator<Item = &'p [u8]> + Clone) {
        let length = bytes.clone().map(<[u8]>::len).sum();
        if length > 0 && !self.push(Some(What::Bytes(side, length)), bytes, false) {
            let left_out = match side {
                Side::Client => &mut self.left_out.client,
                Side::Server => &mut self.left_out.server,
            };
            *left_out += length as u64;
        }
    }

    /// Frames are of another packet mode from here on, but for what is `unsent`; and so is what was
    /// read `ahead`.
    pub(crate) fn packet(&mut self, packet: Packet, unsent: usize, ahead: &[u8]) {
        let event = What::Packet {
            packet,
            unsent,
            ahead: ahead.len(),
        };
        if !self.push(Some(event), iter::once(ahead), false) {
            self.left_out.other = true;
        }
    }

    pub(crate) fn stopped(&mut self) {
        if !self.stopped {
            self.stopped = true;
            self.event(What::Stopped);
        }
    }

    pub(crate) fn state(&mut self, name: &'static str) {
        self.event(What::State(name));
    }

    #[cfg(feature = "tls-provider")]
    pub(crate) fn start_tls(&mut self) {
        self.event(What::StartTls);
    }

    pub(crate) fn reset(&mut self) {
        self.event(What::Reset);
    }

    pub(crate) fn closed(&mut self, side: Side) {
        self.server_closed |= side == Side::Server;
        self.event(What::Closed(side));
    }

    /// Records the end; what comes behind it isn't recorded. The end comes once for each
    /// connection, so it needs no room.
    pub(crate) fn end(&mut self, reason: Option<CloseReason>) {
        if self.queue.is_none() {
            return;
        }
        if self.opening.is_none() {
            // Without a reason nobody closed it: its task was dropped.
            let is_open = !self.server_closed && reason.is_some();
            let closed = is_open.then_some(What::Closed(Side::Server));
            let events = closed.into_iter().chain([What::Ended(reason)]);
            self.push(events, iter::empty(), true);
        } else if let Some(queue) = &self.queue {
            queue.count_unseen();
        }
        self.queue = None;
    }

    fn event(&mut self, what: What) {
        if !self.push(Some(what), iter::empty(), false) {
            self.left_out.other = true;
        }
    }

    /// Records events, behind the beginning and what was left out before.
    fn push<'p>(
        &mut self,
        events: impl IntoIterator<Item = What, IntoIter: Clone>,
        bytes: impl Iterator<Item = &'p [u8]> + Clone,
        in_any_case: bool,
    ) -> bool {
        let Some(queue) = &self.queue else { return true };
        let opened = self.opening.clone().map(
            |Opening {
                 peer, packet, joined, ..
             }| What::Opened { peer, packet, joined },
        );
        let left_out = Some(self.left_out)
            .filter(|left_out| *left_out != LeftOut::default())
            .map(What::LeftOut);
        let events = opened.into_iter().chain(left_out).chain(events);
        let pushed = queue.push(self.connection, events, bytes, in_any_case);
        if pushed {
            self.opening = None;
            self.left_out = LeftOut::default();
        }
        pushed
    }
}

/// A connection that nobody finished, as its acceptor was killed.
impl Drop for Reel {
    fn drop(&mut self) {
        self.end(None);
    }
}

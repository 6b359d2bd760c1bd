//! The tape of a stream whose connection is recorded: what passes over it.
//!
//! Bytes are recorded as they cross the transport: what was read, whether a frame comes of it or
//! not, and what the transport took. Under TLS that is plain text. While nothing is recorded it is
//! one look after each read and write; without the feature it is nothing.

use std::io::IoSlice;
#[cfg(feature = "record")]
use std::iter;

use super::Stream;
use crate::io::presence::Broken;
#[cfg(feature = "record")]
use crate::packet::Packet;
#[cfg(feature = "record")]
use crate::reason::CloseReason;
#[cfg(feature = "record")]
use crate::tape::Side;
#[cfg(feature = "record")]
use crate::tape::reel::{Opening, Reel};

/// Each looks first, so that what isn't recorded costs no more than that.
#[cfg(feature = "record")]
impl Stream {
    #[inline]
    fn is_taped(&self) -> bool {
        self.settings.switch.is_on()
    }

    /// The last `read` bytes of a buffer were read; none: the input has ended.
    #[inline]
    pub(super) fn tape_read(&mut self, buffer: &[u8], read: usize) {
        if self.is_taped() {
            self.on_read(buffer, read);
        }
    }

    /// The transport took so many bytes.
    #[inline]
    pub(super) fn tape_written(&mut self, bytes: &[u8], written: usize) {
        if self.is_taped() {
            self.on_written(&[IoSlice::new(bytes)], written);
        }
    }

    /// The transport took so many bytes, from several places.
    #[inline]
    pub(super) fn tape_written_vectored(&mut self, pieces: &[IoSlice<'_>], written: usize) {
        if self.is_taped() {
            self.on_written(pieces, written);
        }
    }

    pub(super) fn tape_shut(&mut self) {
        if self.is_taped() {
            self.on_reel(None, |reel| reel.closed(Side::Server));
        }
    }

    pub(super) fn tape_break(&mut self, broken: Broken) {
        if self.is_taped() {
            self.on_reel(None, |reel| match broken {
                Broken::Reset => reel.reset(),
                Broken::Truncated => reel.closed(Side::Client),
                _ => {}
            });
        }
    }

    #[cfg(feature = "tls-provider")]
    pub(super) fn tape_start_tls(&mut self) {
        if self.is_taped() {
            self.on_reel(None, Reel::start_tls);
        }
    }

    #[cold]
    #[inline(never)]
    fn on_read(&mut self, buffer: &[u8], read: usize) {
        let bytes = &buffer[buffer.len() - read..];
        self.on_reel(None, |reel| {
            if bytes.is_empty() {
                reel.closed(Side::Client);
            } else {
                reel.bytes(Side::Client, iter::once(bytes));
            }
        });
    }

    #[cold]
    #[inline(never)]
    fn on_written(&mut self, pieces: &[IoSlice<'_>], written: usize) {
        let taken = pieces.iter().scan(written, |left, piece| {
            let taken = piece.len().min(*left);
            *left -= taken;
            Some(&piece[..taken])
        });
        self.on_reel(None, |reel| reel.bytes(Side::Server, taken));
    }
}

/// Nothing is recorded.
#[cfg(not(feature = "record"))]
#[allow(clippy::unused_self, clippy::needless_pass_by_ref_mut)] // as with it
impl Stream {
    #[inline]
    pub(super) fn tape_read(&mut self, _: &[u8], _: usize) {}

    #[inline]
    pub(super) fn tape_written(&mut self, _: &[u8], _: usize) {}

    #[inline]
    pub(super) fn tape_written_vectored(&mut self, _: &[IoSlice<'_>], _: usize) {}

    #[inline]
    pub(super) fn tape_shut(&mut self) {}

    #[inline]
    pub(super) fn tape_break(&mut self, _: Broken) {}

    #[cfg(feature = "tls-provider")]
    #[inline]
    pub(super) fn tape_start_tls(&mut self) {}
}

#[cfg(feature = "record")]
impl Stream {
    /// The connection begins, under this packet mode: a recording that runs has all of it.
    pub(crate) fn tape_beginning(&mut self, packet: Packet) {
        if self.is_taped() {
            self.on_reel(Some(packet), Reel::open);
        }
    }

    /// The connection has ended: what still comes is thrown away, and not recorded.
    pub(crate) fn tape_end(&mut self, reason: CloseReason) {
        if let Some(reel) = self.reel() {
            reel.end(Some(reason));
        }
    }

    /// Frames are those of another packet mode.
    pub(crate) fn tape_packet(&mut self, packet: Packet, unsent: usize, ahead: &[u8]) {
        if let Some(reel) = self.reel() {
            reel.packet(packet, unsent, ahead);
        }
    }

    /// The server stops, and says goodbye.
    pub(crate) fn tape_stopped(&mut self) {
        if let Some(reel) = self.reel() {
            reel.stopped();
        }
    }

    /// The protocol has another state.
    pub(crate) fn tape_state(&mut self, name: &'static str) {
        if let Some(reel) = self.reel() {
            reel.state(name);
        }
    }

    fn reel(&mut self) -> Option<&mut Reel> {
        let reel = self.cold.as_mut()?.reel.as_deref_mut()?;
        reel.is_of(&self.settings.switch).then_some(reel)
    }

    /// Lends the connection's reel, which is made when there is first something to record.
    fn on_reel(&mut self, begins: Option<Packet>, record: impl FnOnce(&mut Reel)) {
        let cold = self.cold.get_or_insert_default();
        if cold.reel.as_ref().is_none_or(|reel| !reel.is_of(&self.settings.switch)) {
            let (link, settings) = (&self.link, &self.settings);
            let opening = || {
                let peer = link.peer_addr();
                Opening {
                    connection: link.id.number(),
                    ip: peer.ip().map(|ip| ip.to_canonical()),
                    peer: peer.to_string(),
                    packet: begins.unwrap_or(settings.packet),
                    joined: begins.is_none(),
                }
            };
            cold.reel = Reel::new(&self.settings.switch, opening).map(Box::new);
        }
        if let Some(reel) = &mut cold.reel {
            record(reel);
        }
    }
}

//! A connection's codec, and what it has done with what came.

use bytes::BytesMut;

use super::{Codec, Erased, Slot};
use crate::error::{BoxError, Error, ErrorKind};
use crate::io::reader::Reader;

/// After so many items that took no byte the stream and the messages have their turn.
const ITEMS_FOR_NOTHING: u8 = 64;

#[derive(Debug, Default)]
pub(in crate::io) struct CodecState {
    codec: Slot,
    packet_size: usize,
    /// The number of bytes that were handled when the codec was asked last.
    handled: u64,
    /// The codec may remember something of the bytes behind those: it was asked for an item and had
    /// seen only a part of it.
    midway: bool,
    /// The codec has taken bytes of an item that isn't whole yet.
    begun: bool,
    /// The codec was made to encode, in the place of another, and hasn't seen what is here.
    fresh: bool,
    /// The number of items in a row that took no byte.
    for_nothing: u8,
}

impl CodecState {
    pub(in crate::io) fn new(packet_size: usize) -> Self {
        CodecState {
            packet_size,
            ..CodecState::default()
        }
    }

    /// Returns whether there is no codec, or one that has no memory.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(in crate::io) fn remembers_nothing(&self) -> bool {
        self.codec.size() == 0
    }

    /// Returns whether the codec has taken bytes of an item that isn't whole yet, where so many
    /// bytes of the connection are `handled` by now.
    pub(in crate::io) fn has_begun(&self, handled: u64) -> bool {
        self.begun && self.handled == handled
    }

    /// Returns whether the codec made so many items of no bytes that the stream and the messages
    /// have their turn.
    pub(in crate::io) fn gives_way(&self) -> bool {
        self.for_nothing >= ITEMS_FOR_NOTHING
    }

    /// The stream and the messages had their turn.
    pub(in crate::io) fn took_turns(&mut self) {
        self.for_nothing = 0;
    }

    /// Drops a codec that was in the middle of an item if bytes were taken by others since: it may
    /// remember places in a buffer that has changed, and what it waits for is gone.
    fn keep_up(&mut self, handled: u64) {
        if self.midway && self.handled != handled {
            self.codec = Slot::default();
            self.midway = false;
            self.begun = false;
        }
    }

    /// Returns the next item, if the codec can make one of what is in `reader`, where so many bytes
    /// of the connection are `handled` by now.
    pub(in crate::io) fn next_item<C: Codec>(
        &mut self,
        reader: &mut Reader,
        handled: u64,
    ) -> Result<Option<C::Item>, Error> {
        self.keep_up(handled);
        let anew = self.fresh || self.codec.holds_another::<C>();
        if !reader.unseen && !anew {
            return Ok(None);
        }
        let before = reader.unhandled();
        let codec = &mut self.codec;
        let decoded = reader.decode(|input, eof| codec.with(|codec: &mut C| codec.next_item(input, eof)));
        let left = reader.unhandled();
        // A codec may also put bytes into the buffer.
        self.handled = handled.wrapping_add(before as u64).wrapping_sub(left as u64);
        self.midway = true;
        self.fresh = false;
        let item = decoded
            .map_err(|error| Error::new(ErrorKind::Malformed, "the codec refuses what came").caused_by(error))?;
        reader.unseen = item.is_some();
        reader.taken |= item.is_some();
        self.begun = item.is_none() && (left < before || (self.begun && !anew));
        self.midway = item.is_none() && (self.begun || left > 0);
        self.for_nothing = if item.is_some() && left >= before {
            self.for_nothing.saturating_add(1)
        } else {
            0
        };
        let packet_size = self.packet_size;
        if item.is_none() && left > packet_size {
            let message =
                format!("{left} bytes exceed packet_size {packet_size}, and are no whole item of the codec yet");
            return Err(Error::new(ErrorKind::TooLong, message));
        }
        Ok(item)
    }

    /// Encodes an item, at the end of `output`. Nothing of it is to be kept after an error or a
    /// panic.
    pub(in crate::io) fn encode(&mut self, item: Box<dyn Erased + '_>, output: &mut BytesMut) -> Result<(), BoxError> {
        let codec = self.codec.type_id();
        let done = item.encode(&mut self.codec, output);
        if codec.is_some() && self.codec.type_id() != codec {
            self.fresh = true;
        }
        done
    }
}

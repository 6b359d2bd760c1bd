//! What a codec does with the two buffers.

use std::task::{Context, Poll, ready};

use bytes::BytesMut;

use super::{Codec, Erased, Slot};
use crate::error::{BoxError, Error, ErrorKind};
use crate::io::{Io, RecvError, Writer};
use crate::reply::pool;

/// After so many items that took no byte the stream has its turn.
const ITEMS_FOR_NOTHING: u8 = 64;

/// A connection's codec, and what it has done.
#[derive(Debug, Default)]
pub(in crate::io) struct Items {
    codec: Slot,
    packet_size: usize,
    /// How many bytes of the connection were handled when the codec was asked last.
    handled: u64,
    /// Whether the codec may remember something of the bytes behind those: it was asked for an item and had seen only a part of it.
    midway: bool,
    /// Whether the codec has taken bytes of an item that isn't whole yet.
    begun: bool,
    /// Whether the codec was made to encode, in the place of another, and hasn't seen what is here.
    fresh: bool,
    /// How many items in a row took no byte.
    for_nothing: u8,
}

impl Items {
    pub(in crate::io) fn new(packet_size: usize) -> Self {
        Items {
            packet_size,
            ..Items::default()
        }
    }

    /// Whether the codec has taken bytes of an item that isn't whole yet, where so many bytes of the connection are `handled` by now.
    pub(in crate::io) fn has_begun(&self, handled: u64) -> bool {
        self.begun && self.handled == handled
    }

    /// Drops a codec that was in the middle of an item if bytes were taken by others since: it may remember places in a buffer
    /// that has changed, and what it waits for is gone.
    fn keep_up(&mut self, handled: u64) {
        if self.midway && self.handled != handled {
            self.codec = Slot::default();
            self.midway = false;
            self.begun = false;
        }
    }
}

impl Io {
    /// The codec's next item, if it can make one of what is here.
    pub(crate) fn find_item<C: Codec>(&mut self) -> Result<Option<C::Item>, Error> {
        let handled = self.handled();
        let Io { reader, writer, .. } = self;
        let items = &mut writer.items;
        items.keep_up(handled);
        let anew = items.fresh || items.codec.holds_another::<C>();
        if !reader.unseen && !anew {
            return Ok(None);
        }
        let before = reader.buffer.len();
        let (input, eof) = (reader.buffer.bytes(), reader.eof);
        let decoded = items.codec.with(|codec: &mut C| codec.next_item(input, eof));
        let left = reader.buffer.len();
        reader.forget_position();
        reader.buffer.tidy();
        // A codec may also put bytes into the buffer.
        items.handled = handled.wrapping_add(before as u64).wrapping_sub(left as u64);
        items.midway = true;
        items.fresh = false;
        let item = decoded
            .map_err(|error| Error::new(ErrorKind::Malformed, "the codec refuses what came").caused_by(error))?;
        reader.unseen = item.is_some();
        reader.taken |= item.is_some();
        items.begun = item.is_none() && (left < before || (items.begun && !anew));
        items.midway = item.is_none() && (items.begun || left > 0);
        items.for_nothing = if item.is_some() && left >= before {
            items.for_nothing.saturating_add(1)
        } else {
            0
        };
        let packet_size = items.packet_size;
        if item.is_none() && left > packet_size {
            let message =
                format!("{left} bytes exceed packet_size {packet_size}, and are no whole item of the codec yet");
            return Err(Error::new(ErrorKind::TooLong, message));
        }
        Ok(item)
    }

    /// How many bytes came and are in the buffer no more.
    pub(in crate::io) fn handled(&self) -> u64 {
        self.writer.received().wrapping_sub(self.unhandled() as u64)
    }

    /// Whether the codec made so many items of nothing that others have their turn.
    pub(crate) fn gives_way(&self) -> bool {
        self.writer.items.for_nothing >= ITEMS_FOR_NOTHING
    }

    /// Others had their turn.
    pub(crate) fn took_turns(&mut self) {
        self.writer.items.for_nothing = 0;
    }

    /// Waits for the codec's next item. None: end of input.
    pub(crate) fn poll_recv_item<C: Codec>(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<C::Item>, RecvError>> {
        loop {
            let ended = self.reader.eof;
            if let Some(item) = self.find_item::<C>().map_err(RecvError::Item)? {
                return Poll::Ready(Ok(Some(item)));
            }
            if ended {
                return Poll::Ready(Ok(None));
            }
            ready!(self.poll_rest(cx))?;
        }
    }
}

impl Writer {
    /// Adds an item to what is to be sent; an error, or a panic, leaves all as it was.
    pub(crate) fn push_item(&mut self, item: Box<dyn Erased + '_>) -> Result<(), BoxError> {
        let output = self.output.get_or_insert_with(pool::take);
        let codec = self.items.codec.type_id();
        let mut addition = Addition {
            begin: output.len(),
            output,
            whole: false,
        };
        let done = item.encode(&mut self.items.codec, addition.output);
        addition.whole = done.is_ok();
        drop(addition);
        if codec.is_some() && self.items.codec.type_id() != codec {
            self.items.fresh = true;
        }
        self.tidy_output();
        done
    }
}

/// What is added to a buffer: taken off again if it doesn't become whole.
struct Addition<'b> {
    output: &'b mut BytesMut,
    begin: usize,
    whole: bool,
}

impl Drop for Addition<'_> {
    fn drop(&mut self) {
        if !self.whole {
            self.output.truncate(self.begin);
        }
    }
}

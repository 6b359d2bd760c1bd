//! The I/O of a connection: the stream, the way in and the way out.
//!
//! The call loop has it or, while a callback runs that takes the socket, the socket does.
//! [`Reader`] owns the read buffer and the decoder, [`Writer`] the write buffer and the framing of
//! replies. What both need is lent to them: the [`Stream`] with the transport, the counts and the
//! time limits, and the codec. So a frame that is lent where it lies borrows the reader alone,
//! while its reply goes out by a [`WriteHalf`].

mod buffer;
#[cfg(all(target_os = "linux", feature = "upgrade"))]
pub(crate) mod carried;
#[cfg(feature = "codec")]
pub mod codec;
pub(crate) mod deadline;
pub(crate) mod frozen;
pub(crate) mod link;
pub(crate) mod mailbox;
mod presence;
mod queue;
mod reader;
mod receive;
mod slot;
mod stream;
mod timeouts;
mod writer;

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

#[cfg(feature = "codec")]
use self::codec::state::CodecState;
use self::link::Link;
pub(crate) use self::presence::{Broken, Left, Saw, Seen, time_until};
pub(crate) use self::reader::Reader;
pub(crate) use self::receive::{LINGER_TIME, ReadError, RecvError};
pub(crate) use self::slot::IoSlot;
pub(crate) use self::stream::Stream;
pub(crate) use self::writer::Writer;
#[cfg(feature = "codec")]
use crate::error::BoxError;
use crate::options::Options;
use crate::options::active::Intake;
use crate::options::settings::Settings;
use crate::packet::{Cut, FrameError, Packet};
use crate::reply::Data;
use crate::table::state::ListedState;
use crate::transport::AnyTransport;

/// The I/O of one connection. A [`Kind`](crate::input::Kind) finds its frames in it; no code
/// outside of the crate gets one.
#[doc(hidden)]
#[derive(Debug)]
pub struct Io {
    pub(crate) reader: Reader,
    pub(crate) writer: Writer,
    pub(crate) stream: Stream,
    #[cfg(feature = "codec")]
    codec: CodecState,
    /// The number of frames that are taken from here on.
    pub(crate) intake: Intake,
}

/// The part that replies need, while the frame that they answer borrows the reader.
#[derive(Debug)]
pub(crate) struct WriteHalf<'io> {
    pub(crate) writer: &'io mut Writer,
    pub(crate) stream: &'io mut Stream,
    #[cfg(feature = "codec")]
    codec: &'io mut CodecState,
}

impl Io {
    /// Creates the I/O of a connection that begins with these options; `settings` are the same
    /// options, shared.
    pub(crate) fn new(
        transport: AnyTransport,
        link: Arc<Link>,
        options: &Options,
        settings: Arc<Settings>,
        takes_messages: bool,
    ) -> Self {
        let packet = options.packet.unwrap_or_default();
        Io {
            reader: Reader::new(packet, takes_messages),
            writer: Writer::new(packet),
            stream: Stream::new(transport, link, options, settings),
            #[cfg(feature = "codec")]
            codec: CodecState::new(options.packet_size),
            intake: Intake::new(options.active.unwrap_or_default(), takes_messages),
        }
    }

    /// Lends both halves at once.
    #[inline]
    pub(crate) fn split(&mut self) -> (&mut Reader, WriteHalf<'_>) {
        let half = WriteHalf {
            writer: &mut self.writer,
            stream: &mut self.stream,
            #[cfg(feature = "codec")]
            codec: &mut self.codec,
        };
        (&mut self.reader, half)
    }

    #[inline]
    pub(crate) fn write_half(&mut self) -> WriteHalf<'_> {
        self.split().1
    }

    #[inline]
    pub(crate) fn settings(&self) -> &Settings {
        self.stream.settings()
    }

    /// Returns the next frame, if it is here whole.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the call loop searches for each frame")]
    pub(crate) fn find(&mut self) -> Result<Option<Cut>, FrameError> {
        self.reader.find(&self.stream.settings().bounds)
    }

    /// Returns whether the peer has shut down its sending side.
    #[inline]
    pub(crate) fn is_eof(&self) -> bool {
        self.reader.eof
    }

    /// Returns how many bytes were read and not handled.
    #[inline]
    pub(crate) fn unhandled(&self) -> usize {
        self.reader.unhandled()
    }

    pub(crate) fn packet(&self) -> Packet {
        self.reader.packet()
    }

    /// Changes the packet mode: of frames, also in what is buffered, and of replies.
    pub(crate) fn set_packet(&mut self, packet: Packet) {
        self.reader.set_packet(packet);
        self.writer.set_framing(packet.framing());
        #[cfg(feature = "record")]
        self.stream
            .tape_packet(packet, self.writer.unsent(&self.stream), self.reader.unread());
    }

    /// The connection begins: a recording that runs has all of it.
    #[cfg(feature = "record")]
    pub(crate) fn tape_beginning(&mut self) {
        self.stream.tape_beginning(self.reader.packet());
    }

    /// Enters a state of the protocol, with the options that hold in it; `packet` is the server's
    /// mode. Nothing changes if the connection is in that state.
    pub(crate) fn enter_state(&mut self, state: u8, states: &[ListedState], packet: Packet) {
        if self.stream.enter_state(state) {
            self.settle_state(states, packet);
        }
    }

    /// Lets the options of the state hold that the connection has entered; `packet` is the server's
    /// mode.
    #[inline(never)]
    pub(crate) fn settle_state(&mut self, states: &[ListedState], packet: Packet) {
        let Some(entered) = states.get(self.stream.state()) else {
            return;
        };
        #[cfg(feature = "record")]
        self.stream.tape_state(entered.name);
        self.stream.forget_own_recv_timeout();
        let packet = entered.packet.unwrap_or(packet);
        if packet != self.packet() {
            self.set_packet(packet);
        }
        // The wait for the next frame begins anew, with the limit of this state.
        self.reader.received = true;
    }

    /// Returns whether so much is unsent that the peer must read first.
    #[inline]
    pub(crate) fn is_congested(&self) -> bool {
        self.writer.is_congested(&self.stream)
    }

    /// Returns whether there is nothing to send.
    #[inline]
    pub(crate) fn is_flushed(&self) -> bool {
        self.writer.is_flushed(&self.stream)
    }

    /// Reads once; see [`Reader::poll_fill`].
    pub(crate) fn poll_fill(&mut self, lent: bool, cx: &mut Context<'_>) -> Poll<Result<bool, Broken>> {
        self.reader.poll_fill(&mut self.stream, lent, cx)
    }

    /// Breaks the connection off, and throws away what has come.
    #[cfg(feature = "tls-provider")]
    pub(crate) fn abandon(&mut self, broken: Broken) {
        self.reader.discard();
        self.stream.break_off(broken);
    }

    /// Sends what there is to send.
    #[inline]
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        self.writer.poll_flush(&mut self.stream, cx)
    }

    /// Is ready, with the limit, when what has come of a frame has waited so long for the rest.
    /// Then the frame has all its time again.
    #[inline]
    pub(crate) fn poll_frame_timeout(&mut self, cx: &mut Context<'_>) -> Poll<Duration> {
        if !self.stream.has_timeouts() {
            return Poll::Pending;
        }
        let begun = self.has_begun_frame();
        let taken = std::mem::take(&mut self.reader.taken);
        self.stream.poll_frame_timeout(begun, taken, cx)
    }

    /// Returns whether another process can go on with what the codec remembers: nothing.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    #[cfg_attr(
        not(feature = "codec"),
        expect(clippy::unused_self, reason = "a codec is of this one")
    )]
    pub(crate) fn can_be_handed_over(&self) -> bool {
        #[cfg(feature = "codec")]
        let has_codec = !self.codec.remembers_nothing();
        #[cfg(not(feature = "codec"))]
        let has_codec = false;
        !has_codec
    }

    /// Returns whether a part of a frame has come.
    pub(crate) fn has_begun_frame(&self) -> bool {
        #[cfg(feature = "codec")]
        let by_codec = self.codec.has_begun(self.handled());
        #[cfg(not(feature = "codec"))]
        let by_codec = false;
        by_codec || self.unhandled() > 0
    }
}

#[cfg(feature = "codec")]
impl Io {
    /// Returns the codec's next item, if the codec can make one of what is here.
    pub(crate) fn find_item<C: codec::Codec>(&mut self) -> Result<Option<C::Item>, crate::error::Error> {
        let handled = self.handled();
        self.codec.next_item::<C>(&mut self.reader, handled)
    }

    /// Returns how many bytes came and are in the buffer no more.
    fn handled(&self) -> u64 {
        self.stream.received().wrapping_sub(self.unhandled() as u64)
    }

    /// Returns whether the codec made so many items of no bytes that messages and the stream come
    /// before the next.
    pub(crate) fn gives_way(&self) -> bool {
        self.codec.gives_way()
    }

    /// Messages and the stream had their turn.
    pub(crate) fn took_turns(&mut self) {
        self.codec.took_turns();
    }
}

impl WriteHalf<'_> {
    #[inline]
    pub(crate) fn reborrow(&mut self) -> WriteHalf<'_> {
        WriteHalf {
            writer: self.writer,
            stream: self.stream,
            #[cfg(feature = "codec")]
            codec: self.codec,
        }
    }

    /// Enters a state of the protocol, whose options hold once the frame is released.
    pub(crate) fn go_to_state(&mut self, state: u8) {
        if self.stream.enter_state(state) {
            self.writer.halts.set_entered();
        }
    }

    /// Adds a reply to what is to be sent, framed; an error leaves all as it was.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what nearly every call does is a copy")]
    pub(crate) fn push(&mut self, data: Data<'_>, cx: &mut Context<'_>) -> Result<(), FrameError> {
        self.writer.push(data, self.stream, cx)
    }

    /// Adds an item to what is to be sent, as the codec encodes it; an error, or a panic, leaves
    /// all as it was.
    #[cfg(feature = "codec")]
    pub(crate) fn push_item(&mut self, item: Box<dyn codec::Erased + '_>) -> Result<(), BoxError> {
        self.writer.append(|output| self.codec.encode(item, output))
    }

    /// Sends what there is to send.
    #[inline]
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        self.writer.poll_flush(self.stream, cx)
    }

    /// Waits until there is space, as a handler's send does.
    pub(crate) fn poll_space(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        if !self.writer.is_congested(self.stream) {
            return Poll::Ready(self.stream.unsendable().map_or(Ok(()), Err));
        }
        self.poll_flush_for_sender(cx)
    }

    /// Sends all, as a handler waits for it.
    pub(crate) fn poll_flush_for_sender(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        let done = self.poll_flush(cx);
        if done.is_pending() {
            self.stream.set_sender(cx);
        }
        done
    }

    /// Shuts down the sending side, after what is pending has gone out.
    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        match std::task::ready!(self.poll_flush(cx)) {
            // The handshake's message about its failure goes out.
            #[cfg(feature = "tls-provider")]
            Err(Broken::Handshake) => {}
            flushed => flushed?,
        }
        self.stream.poll_shutdown(cx)
    }
}

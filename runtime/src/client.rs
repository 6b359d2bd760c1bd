//! The runtime part of clients that `client = TillClient` declares: it frames what an arm's method
//! sends, and finds the frames that come back.
//!
//! A frame is checked before a byte of it is sent: the packet mode must find exactly it in what is
//! sent, no earlier arm of the table may take it, and its own arm must read from it what was given.
//! The attribute writes the latter two as code, from the patterns of the arms, as only the compiler
//! knows what the names and types in them mean.

mod check;
mod error;
mod outgoing;

use std::future::{Future as _, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes, BytesMut};
use tokio::io::AsyncReadExt as _;
pub use tokio::io::{AsyncRead, AsyncWrite};

pub use self::check::{Arm, Shown, is_constant, same, same_shown};
pub use self::outgoing::{Outgoing, Solved, solve};
use crate::error::{Error, ErrorKind, Result};
use crate::options::Options;
use crate::packet::{DELIMITER, Decoder, FrameError, Packet};

/// The most bytes of one read.
const READ: usize = 8 * 1024;

/// A client of a server's table, without the table.
#[derive(Debug)]
pub struct Client<S> {
    stream: S,
    decoder: Decoder,
    delimiter: u8,
    packet_size: usize,
    recv_limit: usize,
    /// The bytes that came and weren't returned.
    input: BytesMut,
    /// The rest of the last frame, or nothing.
    output: BytesMut,
    /// True if the stream may keep bytes that it was given.
    unflushed: bool,
    /// The kind of the error after which no further frame can be sent.
    unsendable: Option<io::ErrorKind>,
    /// The error after which no further frame can be found.
    lost: Option<FrameError>,
    ended: bool,
    /// The replies that calls wait for or, as they were cut, nobody does.
    owed: usize,
}

/// A frame that was checked, with its header or terminator.
#[derive(Debug)]
#[must_use]
pub struct Checked(BytesMut);

impl<S> Client<S> {
    /// Returns a client of a server that has these options.
    pub fn new(stream: S, options: &Options) -> Self {
        Client {
            stream,
            decoder: Decoder::new(options.packet.unwrap_or_default()),
            delimiter: options.delimiter.unwrap_or(DELIMITER),
            packet_size: options.packet_size.max(1),
            recv_limit: options.recv_limit,
            input: BytesMut::new(),
            output: BytesMut::new(),
            unflushed: false,
            unsendable: None,
            lost: None,
            ended: false,
            owed: 0,
        }
        .bounded()
    }

    /// Sets the longest frame in either direction.
    #[must_use]
    pub fn packet_size(mut self, packet_size: usize) -> Self {
        self.packet_size = packet_size.max(1);
        self.bounded()
    }

    fn bounded(mut self) -> Self {
        self.decoder = self.decoder.packet_size(self.packet_size).delimiter(self.delimiter);
        self
    }

    /// Changes the packet mode, from the next frame of either side on.
    pub fn set_packet(&mut self, packet: Packet) {
        self.decoder.set_packet(packet);
        self.lost = None;
    }

    /// Returns the stream.
    pub fn get_ref(&self) -> &S {
        &self.stream
    }

    /// Returns the stream.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.stream
    }

    /// Returns the stream, and the bytes that were read and not returned.
    pub fn into_parts(self) -> (S, Bytes) {
        (self.stream, self.input.freeze())
    }

    /// Checks a frame, and frames it.
    ///
    /// # Errors
    ///
    /// Returns an error of the kind [`ErrorKind::InvalidValue`] if the server would read it
    /// otherwise.
    pub fn checked(&self, frame: Outgoing, arm: &Arm, reads: &dyn Fn(&[u8]) -> bool) -> Result<Checked> {
        let frame = frame.finish(arm.name)?;
        arm.check(&frame, reads)?;
        self.framed(&frame, arm.name).map(Checked)
    }

    /// Frames a frame, and makes sure that a server finds exactly it.
    fn framed(&self, frame: &[u8], arm: &str) -> Result<BytesMut> {
        let packet = self.decoder.packet();
        let mut sent = BytesMut::new();
        let encoded = packet.encode([frame], &mut sent);
        encoded.map_err(|error| error::unframed(arm, frame.len(), packet, Some(error)))?;
        let mut server = Decoder::new(packet)
            .packet_size(self.packet_size)
            .delimiter(self.delimiter);
        let mut received = sent.clone();
        match server.decode(&mut received) {
            Ok(Some(found)) if found == frame && received.is_empty() => Ok(sent),
            Ok(_) => Err(error::unframed(arm, frame.len(), packet, None)),
            Err(error) => Err(error::unframed(arm, frame.len(), packet, Some(error))),
        }
    }
}

#[expect(clippy::missing_errors_doc, reason = "the methods of the expansion have it")]
impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    /// Sends a frame.
    pub async fn send(&mut self, frame: Checked) -> Result {
        self.put(frame.0).await?;
        self.flushed().await
    }

    /// Sends bytes as they are.
    pub async fn send_bytes(&mut self, bytes: &[u8]) -> Result {
        self.put(BytesMut::from(bytes)).await?;
        self.flushed().await
    }

    /// Sends a frame and returns the next frame that comes.
    pub async fn call(&mut self, frame: Checked) -> Result<Bytes> {
        self.put(frame.0).await?;
        // From here on the frame will be sent and answered, also if this future is dropped.
        self.owed += 1;
        self.discard(1).await?;
        let frame = self.frame().await?;
        self.owed -= 1;
        Ok(frame)
    }

    /// Returns the next frame that comes.
    pub async fn recv(&mut self) -> Result<Bytes> {
        self.discard(0).await?;
        self.frame().await
    }

    /// Returns so many bytes as they come.
    pub async fn recv_exact(&mut self, length: usize) -> Result<Bytes> {
        if length > self.recv_limit {
            let message = format!("{length} bytes exceed recv_limit {}", self.recv_limit);
            return Err(Error::new(ErrorKind::RecvLimit, message));
        }
        self.discard(0).await?;
        while self.input.len() < length {
            self.read().await?;
        }
        self.decoder.reset();
        Ok(self.input.split_to(length).freeze())
    }

    /// Takes the replies that calls were cut before, but for so many.
    async fn discard(&mut self, keep: usize) -> Result {
        while self.owed > keep {
            self.frame().await?;
            self.owed -= 1;
        }
        Ok(())
    }

    async fn frame(&mut self) -> Result<Bytes> {
        loop {
            if let Some(error) = self.lost {
                return Err(error.into());
            }
            match self.decoder.decode(&mut self.input) {
                Ok(Some(frame)) => return Ok(frame),
                Ok(None) => self.read().await?,
                Err(error) => self.lost = Some(error),
            }
        }
    }

    /// Takes a frame to send, after what a cut one has left.
    async fn put(&mut self, frame: BytesMut) -> Result {
        self.flushed().await?;
        self.output = frame;
        self.unflushed = true;
        Ok(())
    }

    async fn flushed(&mut self) -> Result {
        poll_fn(|cx| self.poll_flushed(cx)).await;
        self.unsendable.map_or(Ok(()), |kind| Err(error::broken(&kind.into())))
    }

    /// Sends what is left. An error is kept for whoever sends: what the server said before may
    /// still be read.
    fn poll_flushed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while !self.output.is_empty() {
            match ready!(Pin::new(&mut self.stream).poll_write(cx, &self.output)) {
                Ok(0) => self.cannot_send(io::ErrorKind::WriteZero),
                Ok(written) => self.output.advance(written),
                Err(error) => self.cannot_send(error.kind()),
            }
        }
        if self.unflushed {
            let flushed = ready!(Pin::new(&mut self.stream).poll_flush(cx));
            self.unflushed = false;
            if let Err(error) = flushed {
                self.cannot_send(error.kind());
            }
        }
        Poll::Ready(())
    }

    fn cannot_send(&mut self, kind: io::ErrorKind) {
        self.output.clear();
        self.unflushed = false;
        self.unsendable = Some(kind);
    }

    /// Reads once, and sends what is left meanwhile.
    async fn read(&mut self) -> Result {
        if self.ended {
            return Err(error::closed(&self.input));
        }
        self.input.reserve(READ);
        let read = poll_fn(|cx| {
            let _ = self.poll_flushed(cx);
            // It keeps nothing between two polls.
            pin!(self.stream.read_buf(&mut self.input)).poll(cx)
        });
        match read.await {
            Ok(0) => {
                self.ended = true;
                Err(error::closed(&self.input))
            }
            Ok(_) => Ok(()),
            Err(error) => Err(error::broken(&error)),
        }
    }
}

//! A connection's stream with its two buffers: what the call loop and, during a call, the socket work on.

use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};
use tokio::io::{AsyncRead as _, AsyncReadExt as _, AsyncWrite as _, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::active::Intake;
use crate::frame::Held;
use crate::link::Link;
use crate::options::{INFINITY, Options};
use crate::packet::{Cut, Decoder, Find, FrameError, Packet};
use crate::pool;
use crate::reply::Data;
use crate::transport::Transport;

/// From so many unsent bytes on nothing more is handled or sent until the peer has read.
const CONGESTED: usize = 64 * 1024;

/// The most that is read and thrown away after a close, in bytes and in time, so that no reset eats the last reply.
const LINGER_BYTES: usize = 1024 * 1024;
pub(crate) const LINGER_TIME: Duration = Duration::from_secs(1);

/// Why nothing can be sent any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The peer reset the connection, or the network failed.
    Reset,
    /// The peer read nothing within `send_timeout`.
    Timeout,
}

pub(crate) struct Io {
    transport: Transport,
    link: Option<Arc<Link>>,
    /// Read and not yet handled. Holds memory only while it holds bytes.
    input: BytesMut,
    decoder: Decoder,
    pub(crate) intake: Intake,
    /// The peer has shut down its sending side.
    eof: bool,
    /// Replied and not yet sent. Holds memory only while it holds bytes.
    output: BytesMut,
    broken: Option<Broken>,
    /// What a handler's send waits with: tokio keeps one waker a direction, and the loop's flush takes that place.
    sender: Option<Waker>,
    /// Runs while the peer takes nothing.
    send_timer: Option<Pin<Box<Sleep>>>,
    send_timeout: Duration,
    pub(crate) recv_timeout: Duration,
    pub(crate) recv_limit: usize,
}

impl fmt::Debug for Io {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Io")
            .field("transport", &self.transport)
            .finish_non_exhaustive()
    }
}

impl Io {
    pub(crate) fn new(transport: Transport, link: Arc<Link>, options: &Options, intake: Intake) -> Self {
        let mut io = Io::none();
        io.transport = transport;
        io.link = Some(link);
        io.decoder = Decoder::new(options.packet.unwrap_or_default()).packet_size(options.packet_size);
        io.intake = intake;
        io.recv_timeout = options.recv_timeout;
        io.recv_limit = options.recv_limit;
        io.send_timeout = options.send_timeout;
        io
    }

    /// No connection: what a socket has between calls.
    pub(crate) fn none() -> Self {
        Io {
            transport: Transport::None,
            link: None,
            input: BytesMut::new(),
            decoder: Decoder::new(Packet::Raw),
            intake: Intake::All,
            eof: false,
            output: BytesMut::new(),
            broken: None,
            sender: None,
            send_timer: None,
            send_timeout: INFINITY,
            recv_timeout: INFINITY,
            recv_limit: 0,
        }
    }

    // ---- in

    pub(crate) fn is_eof(&self) -> bool {
        self.eof
    }

    /// How many bytes were read and not handled.
    pub(crate) fn unhandled(&self) -> usize {
        self.input.len()
    }

    pub(crate) fn packet(&self) -> Packet {
        self.decoder.packet()
    }

    /// From here on frames are cut under `packet`, also from what is buffered.
    pub(crate) fn set_packet(&mut self, packet: Packet) {
        self.decoder.set_packet(packet);
    }

    /// The next frame, if it is here whole.
    pub(crate) fn find(&mut self) -> Result<Option<Cut>, FrameError> {
        Ok(match self.decoder.find(&self.input)? {
            Find::Frame(cut) => Some(cut),
            Find::More(_) => None,
        })
    }

    /// Takes the frame at `cut` off the input.
    pub(crate) fn split(&mut self, cut: &Cut) -> Bytes {
        let frame = self.input.split_to(cut.end).freeze();
        self.tidy();
        frame.slice(cut.frame.clone())
    }

    /// Holds a frame for a call: in place, with the buffer that it lies in, or split off.
    pub(crate) fn hold(&mut self, cut: Cut, in_place: bool) -> Held {
        if in_place {
            Held::InPlace {
                buffer: std::mem::take(&mut self.input),
                cut,
            }
        } else {
            Held::Split(self.split(&cut))
        }
    }

    /// Takes back what a call held in place, without the frame.
    pub(crate) fn release(&mut self, held: Held) {
        if let Held::InPlace { mut buffer, cut } = held {
            buffer.advance(cut.end);
            self.input = buffer;
            self.tidy();
        }
    }

    /// Takes `n` bytes off the input, if they are here.
    fn take_exact(&mut self, n: usize) -> Option<Bytes> {
        (self.input.len() >= n).then(|| {
            let bytes = self.input.split_to(n).freeze();
            self.forget_position();
            self.tidy();
            bytes
        })
    }

    /// The decoder starts anew, as bytes were taken that were no frame of its.
    fn forget_position(&mut self) {
        self.decoder.reset();
    }

    /// An empty buffer goes back to the pool.
    fn tidy(&mut self) {
        if self.input.is_empty() {
            pool::give(std::mem::take(&mut self.input));
        }
    }

    /// Reads once. False: end of input.
    pub(crate) fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Broken>> {
        if self.eof {
            return Poll::Ready(Ok(false));
        }
        if let Some(broken) = self.broken {
            return Poll::Ready(Err(broken));
        }
        if self.input.is_empty() {
            self.input = pool::take();
        } else if self.input.capacity() - self.input.len() < pool::BUFFER / 4 {
            self.input.reserve(pool::BUFFER);
        }
        let read = pin!(self.transport.read_buf(&mut self.input)).poll(cx);
        self.tidy();
        match ready!(read) {
            Ok(0) => {
                self.eof = true;
                Poll::Ready(Ok(false))
            }
            Ok(n) => {
                self.count_received(n);
                Poll::Ready(Ok(true))
            }
            Err(_) => Poll::Ready(Err(self.break_off(Broken::Reset))),
        }
    }

    /// Waits for the next frame. None: end of input.
    pub(crate) fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, RecvError>> {
        loop {
            if let Some(cut) = self.find().map_err(RecvError::Frame)? {
                return Poll::Ready(Ok(Some(self.split(&cut))));
            }
            if !ready!(self.poll_fill(cx)).map_err(RecvError::Broken)? {
                return Poll::Ready(Ok(None));
            }
        }
    }

    /// Waits for `n` bytes. Fewer: the input ended.
    pub(crate) fn poll_recv_exact(&mut self, n: usize, cx: &mut Context<'_>) -> Poll<Result<Bytes, RecvError>> {
        loop {
            if let Some(bytes) = self.take_exact(n) {
                return Poll::Ready(Ok(bytes));
            }
            if !ready!(self.poll_fill(cx)).map_err(RecvError::Broken)? {
                return Poll::Ready(Err(RecvError::Ended { had: self.input.len() }));
            }
        }
    }

    /// Reads what there is, buffered bytes first.
    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<(), Broken>> {
        if !self.input.is_empty() {
            let n = buf.remaining().min(self.input.len());
            buf.put_slice(&self.input.split_to(n));
            self.forget_position();
            self.tidy();
            return Poll::Ready(Ok(()));
        }
        if self.eof || buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        if let Some(broken) = self.broken {
            return Poll::Ready(Err(broken));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.transport).poll_read(cx, buf)).map_err(|_| self.break_off(Broken::Reset))?;
        let n = buf.filled().len() - before;
        self.eof = n == 0;
        self.count_received(n);
        Poll::Ready(Ok(()))
    }

    // ---- out

    /// Adds a reply to what is to be sent, framed; an error leaves all as it was.
    pub(crate) fn push(&mut self, data: &Data<'_>) -> Result<(), FrameError> {
        self.prepare_output();
        let done = self.packet().encode(data.slices(), &mut self.output);
        self.tidy_output();
        done
    }

    /// Adds raw bytes to what is to be sent.
    pub(crate) fn push_raw(&mut self, bytes: &[u8]) {
        self.prepare_output();
        self.output.extend_from_slice(bytes);
    }

    fn prepare_output(&mut self) {
        if self.output.is_empty() {
            self.output = pool::take();
        }
    }

    fn tidy_output(&mut self) {
        if self.output.is_empty() {
            pool::give(std::mem::take(&mut self.output));
        }
    }

    /// Whether so much is unsent that the peer must read first.
    pub(crate) fn is_congested(&self) -> bool {
        self.output.len() >= CONGESTED
    }

    pub(crate) fn broken(&self) -> Option<Broken> {
        self.broken
    }

    /// Sends what there is to send.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        if let Some(broken) = self.broken {
            return Poll::Ready(Err(broken));
        }
        while !self.output.is_empty() {
            match Pin::new(&mut self.transport).poll_write(cx, &self.output) {
                Poll::Pending => return self.poll_send_timeout(cx).map(Err),
                Poll::Ready(Err(_) | Ok(0)) => return Poll::Ready(Err(self.break_off(Broken::Reset))),
                Poll::Ready(Ok(n)) => {
                    self.output.advance(n);
                    self.send_timer = None;
                    self.count_sent(n);
                    self.wake_sender();
                }
            }
        }
        self.tidy_output();
        Poll::Ready(Ok(()))
    }

    /// Waits until there is space, as a handler's send does.
    pub(crate) fn poll_space(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        if !self.is_congested() {
            return Poll::Ready(self.broken.map_or(Ok(()), Err));
        }
        self.poll_flush_for_sender(cx)
    }

    /// Sends all, as a handler waits for it.
    pub(crate) fn poll_flush_for_sender(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        let done = self.poll_flush(cx);
        if done.is_pending() {
            self.sender = Some(cx.waker().clone());
        }
        done
    }

    fn poll_send_timeout(&mut self, cx: &mut Context<'_>) -> Poll<Broken> {
        if self.send_timeout == INFINITY {
            return Poll::Pending;
        }
        let timer = self
            .send_timer
            .get_or_insert_with(|| Box::pin(sleep(self.send_timeout)));
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(self.break_off(Broken::Timeout))
    }

    /// Nothing is sent from here on.
    fn break_off(&mut self, broken: Broken) -> Broken {
        self.broken = Some(broken);
        self.output.clear();
        self.tidy_output();
        self.send_timer = None;
        self.wake_sender();
        broken
    }

    fn wake_sender(&mut self) {
        if let Some(sender) = self.sender.take() {
            sender.wake();
        }
    }

    /// Shuts down the sending side, after what is pending has gone out.
    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        ready!(self.poll_flush(cx))?;
        ready!(Pin::new(&mut self.transport).poll_shutdown(cx)).map_err(|_| self.break_off(Broken::Reset))?;
        Poll::Ready(Ok(()))
    }

    /// Throws input away until the peer closes or has sent too much of it.
    pub(crate) async fn drain(&mut self) {
        let mut left = LINGER_BYTES.saturating_sub(self.input.len());
        self.input.clear();
        while left > 0
            && let Ok(true) = std::future::poll_fn(|cx| self.poll_fill(cx)).await
        {
            left = left.saturating_sub(self.input.len());
            self.input.clear();
        }
    }

    fn count_received(&self, n: usize) {
        if let Some(link) = &self.link {
            link.count_received(n);
        }
    }

    fn count_sent(&self, n: usize) {
        if let Some(link) = &self.link {
            link.count_sent(n);
        }
    }
}

/// Why a receive failed.
#[derive(Debug)]
pub(crate) enum RecvError {
    Frame(FrameError),
    Broken(Broken),
    Ended { had: usize },
}

//! A client of a replay: sends, and takes in what comes meanwhile.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf, split};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};

use crate::packet::{DELIMITER, Decoder, Packet};

/// The most that a server may send before it is read, and what a frame may be long.
const MOST: usize = 64 * 1024 * 1024;

/// A connection to the server.
#[derive(Debug)]
pub(super) struct Client<T> {
    stream: WriteHalf<T>,
    inbox: Arc<Inbox>,
    /// Takes in what comes, also while this client writes, or another one has its turn.
    reader: JoinHandle<()>,
    packet: Packet,
    decoder: Decoder,
    /// The bytes that came, and weren't compared yet.
    pub(super) buffer: BytesMut,
}

#[derive(Debug, Default)]
struct Inbox {
    came: Mutex<Came>,
    news: Notify,
    space: Notify,
}

#[derive(Debug, Default)]
struct Came {
    bytes: BytesMut,
    ended: bool,
}

/// The end of a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waited {
    News,
    /// The server has closed.
    Ended,
    Late,
}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Client<T> {
    pub(super) fn new(stream: T, packet: Packet) -> Self {
        let (reads, stream) = split(stream);
        let inbox = Arc::new(Inbox::default());
        Client {
            stream,
            reader: tokio::spawn(read(reads, Arc::clone(&inbox))),
            inbox,
            packet,
            decoder: decoder(packet),
            buffer: BytesMut::new(),
        }
    }

    pub(super) fn packet(&self) -> Packet {
        self.packet
    }

    pub(super) fn set_packet(&mut self, packet: Packet) {
        self.packet = packet;
        self.decoder = decoder(packet);
    }

    /// Sends bytes. A server that has closed takes none, which shows in what it says. Returns false
    /// if the server doesn't read.
    pub(super) async fn send(&mut self, bytes: &[u8], limit: Duration) -> bool {
        timeout(limit, self.stream.write_all(bytes)).await.is_ok()
    }

    /// Shuts down the sending side.
    pub(super) async fn shut_down(&mut self, limit: Duration) {
        // A server that has closed knows it already.
        drop(timeout(limit, self.stream.shutdown()).await);
    }

    /// Waits for more than the buffer has.
    pub(super) async fn wait(&mut self, until: Instant) -> Waited {
        loop {
            {
                let mut came = self.inbox.came();
                if !came.bytes.is_empty() {
                    self.buffer.extend_from_slice(&came.bytes);
                    came.bytes.clear();
                    self.inbox.space.notify_one();
                    return Waited::News;
                }
                if came.ended {
                    return Waited::Ended;
                }
            }
            if timeout_at(until, self.inbox.news.notified()).await.is_err() {
                return Waited::Late;
            }
        }
    }

    /// Takes bytes off the buffer that are no frame of the decoder's.
    pub(super) fn skip(&mut self, bytes: usize) {
        self.buffer.advance(bytes);
        self.decoder.reset();
    }

    /// Returns the next frame, if the buffer has all of it; without its line end.
    pub(super) fn frame(&mut self) -> Result<Option<Vec<u8>>, String> {
        if self.packet == Packet::Raw {
            let all = self.buffer.split();
            return Ok((!all.is_empty()).then(|| all.to_vec()));
        }
        let decoded = self.decoder.decode(&mut self.buffer);
        let frame = decoded.map_err(|error| format!("the server sent no frame: {error}"))?;
        Ok(frame.map(|frame| {
            let frame = frame
                .strip_suffix(b"\n")
                .filter(|_| self.packet.line_end() == b"\r\n")
                .unwrap_or(&frame);
            frame.strip_suffix(b"\r").unwrap_or(frame).to_vec()
        }))
    }
}

impl<T> Drop for Client<T> {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl Inbox {
    fn came(&self) -> MutexGuard<'_, Came> {
        self.came.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes in what comes, until the end.
async fn read<T: AsyncRead>(mut stream: ReadHalf<T>, inbox: Arc<Inbox>) {
    let mut bytes = BytesMut::with_capacity(16 * 1024);
    loop {
        let read: io::Result<usize> = stream.read_buf(&mut bytes).await;
        let ended = !matches!(read, Ok(1..));
        let is_full = {
            let mut came = inbox.came();
            came.bytes.extend_from_slice(&bytes);
            came.ended = ended;
            came.bytes.len() > MOST
        };
        bytes.clear();
        inbox.news.notify_one();
        if ended {
            return;
        }
        if is_full {
            inbox.space.notified().await;
        }
    }
}

fn decoder(packet: Packet) -> Decoder {
    Decoder::new(packet).packet_size(MOST).delimiter(DELIMITER)
}

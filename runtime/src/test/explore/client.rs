//! The client of an exploration.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::time::timeout;

/// The time of the server after which a call hangs. It passes at once.
pub(super) const PATIENCE: Duration = Duration::from_hours(1);

/// The time of the server in which it does what is due.
pub(super) const MOMENT: Duration = Duration::from_millis(1);

/// The bytes of an answer that are kept, and the most bytes that a server sends for a frame.
const ANSWER_KEPT: usize = 512;
const ANSWER_MAX: usize = 64 * 1024 * 1024;

/// The client's end of a connection.
pub(super) struct Client {
    pub(super) stream: DuplexStream,
    /// The server has closed.
    pub(super) closed: bool,
    /// The client has ended its side.
    pub(super) ended: bool,
    /// The beginning of what the server sent in this step.
    pub(super) answer: Vec<u8>,
    /// The number of bytes that it sent in this step, and the most that it may.
    pub(super) received: usize,
    limit: usize,
}

impl Client {
    pub(super) fn new(stream: DuplexStream) -> Self {
        Client {
            stream,
            closed: false,
            ended: false,
            answer: Vec::new(),
            received: 0,
            limit: ANSWER_MAX,
        }
    }

    /// Begins a step in which so many frames are sent.
    pub(super) fn begin(&mut self, frames: usize) {
        self.answer.clear();
        self.received = 0;
        self.limit = frames.max(1).saturating_mul(ANSWER_MAX);
    }

    pub(super) async fn send(&mut self, bytes: &[u8]) -> Result<(), String> {
        let mut rest = bytes;
        let mut moment = MOMENT;
        // The server may answer more than fits before it reads on.
        while !rest.is_empty() && !self.closed {
            match timeout(moment, self.stream.write(rest)).await {
                Ok(Ok(count)) if count > 0 => rest = &rest[count..],
                // A connection that the server has closed takes nothing.
                Ok(_) => break,
                Err(_) if moment > PATIENCE => {
                    return Err("the server hangs: it reads nothing, and sends nothing".to_owned());
                }
                Err(_) => {
                    self.read(MOMENT).await?;
                    moment *= 2;
                }
            }
        }
        Ok(())
    }

    /// Reads all that the server sends until it waits.
    pub(super) async fn read(&mut self, limit: Duration) -> Result<(), String> {
        let mut buffer = [0; 4096];
        while !self.closed {
            match timeout(limit, self.stream.read(&mut buffer)).await {
                Ok(Ok(0) | Err(_)) => self.closed = true,
                Ok(Ok(count)) => {
                    self.received += count;
                    let left = ANSWER_KEPT.saturating_sub(self.answer.len()).min(count);
                    self.answer.extend_from_slice(&buffer[..left]);
                }
                Err(_) => break,
            }
            if self.received > self.limit {
                let limit = self.limit;
                return Err(format!("the server sends more than {limit} bytes, without an end"));
            }
        }
        Ok(())
    }

    pub(super) async fn end(&mut self) {
        self.ended = true;
        let _ = timeout(MOMENT, self.stream.shutdown()).await;
    }
}

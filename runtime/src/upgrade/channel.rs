//! The channel between the old and the new process: messages with bytes and descriptors, over a
//! pair of Unix sockets.
//!
//! A message is its lengths, itself as CBOR, and its bytes. Its descriptors come with its first
//! byte.

use std::collections::VecDeque;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};
use tokio::io::Interest;

use super::message::Message;

/// The beginning of a message, before its three lengths.
const MAGIC: [u8; 4] = *b"kai1";

/// The length of what stands before a message.
const HEAD: usize = 16;

/// The most bytes of a message itself.
const MESSAGE_MAX: usize = 1024 * 1024;

/// The most bytes beside a message: those of a connection are at most 16 MiB.
const BYTES_MAX: usize = 17 * 1024 * 1024;

/// The most descriptors of a message: those of the listeners and status ports of a server.
pub(super) const FDS_MAX: usize = 128;

/// The bytes that are read at once.
const CHUNK: usize = 64 * 1024;

/// A message with what stands beside it.
#[derive(Debug)]
pub(super) struct Parcel {
    pub(super) message: Message,
    pub(super) bytes: Vec<u8>,
    pub(super) fds: VecDeque<OwnedFd>,
}

/// One end of the channel.
#[derive(Debug)]
pub(super) struct Channel {
    stream: tokio::net::UnixStream,
    incoming: Incoming,
}

/// The bytes and descriptors that have come and aren't a whole message yet.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    bytes: Vec<u8>,
    fds: VecDeque<OwnedFd>,
}

impl Channel {
    /// Returns the end of a stream on which so much has come already.
    pub(super) fn new(stream: UnixStream, incoming: Incoming) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Channel {
            stream: tokio::net::UnixStream::from_std(stream)?,
            incoming,
        })
    }

    /// Sends a message. One that is dropped in the middle leaves the channel unusable.
    pub(super) async fn send(&self, message: &Message, bytes: &[&[u8]], fds: &[BorrowedFd<'_>]) -> io::Result<()> {
        let parcel = write(message, bytes, fds.len())?;
        let mut rest = &parcel[..];
        let mut fds = fds;
        while !rest.is_empty() {
            let write = || send_once(&self.stream, rest, fds);
            let sent = self.stream.async_io(Interest::WRITABLE, write).await?;
            rest = &rest[sent..];
            fds = &[];
        }
        Ok(())
    }

    /// Receives a message; `None` at the end.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub(super) async fn receive(&mut self) -> io::Result<Option<Parcel>> {
        loop {
            if let Some(parcel) = self.incoming.take()? {
                return Ok(Some(parcel));
            }
            let incoming = &mut self.incoming;
            let receive = || incoming.receive_once(&self.stream);
            if self.stream.async_io(Interest::READABLE, receive).await? == 0 {
                return self.incoming.end().map(|()| None);
            }
        }
    }
}

/// Sends a message, and waits until it is sent.
pub(super) fn send_blocking(stream: &UnixStream, message: &Message) -> io::Result<()> {
    let parcel = write(message, &[], 0)?;
    io::Write::write_all(&mut &*stream, &parcel)
}

/// Waits for a message; `None` at the end.
pub(super) fn receive_blocking(stream: &UnixStream, incoming: &mut Incoming) -> io::Result<Option<Parcel>> {
    loop {
        if let Some(parcel) = incoming.take()? {
            return Ok(Some(parcel));
        }
        if incoming.receive_once(stream)? == 0 {
            return incoming.end().map(|()| None);
        }
    }
}

/// Returns whether an error of the channel means that the other process has closed its end, or has
/// ended.
pub(super) fn is_end(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionReset | UnexpectedEof)
}

fn write(message: &Message, bytes: &[&[u8]], fds: usize) -> io::Result<Vec<u8>> {
    let mut written = Vec::new();
    ciborium::into_writer(message, &mut written).map_err(|_| io::ErrorKind::InvalidData)?;
    let length = |n: usize| u32::try_from(n).map_err(|_| io::Error::from(io::ErrorKind::InvalidData));
    let bytes_length: usize = bytes.iter().map(|bytes| bytes.len()).sum();
    let mut parcel = Vec::with_capacity(HEAD + written.len() + bytes_length);
    parcel.extend_from_slice(&MAGIC);
    for n in [written.len(), bytes_length, fds] {
        parcel.extend_from_slice(&length(n)?.to_be_bytes());
    }
    parcel.extend_from_slice(&written);
    for bytes in bytes {
        parcel.extend_from_slice(bytes);
    }
    Ok(parcel)
}

fn send_once(stream: &impl AsFd, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FDS_MAX))];
    let mut beside = SendAncillaryBuffer::new(&mut space);
    if !fds.is_empty() && !beside.push(SendAncillaryMessage::ScmRights(fds)) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // A process that has gone is an error, and no signal.
    let sent = sendmsg(stream, &[IoSlice::new(bytes)], &mut beside, SendFlags::NOSIGNAL)?;
    Ok(sent)
}

impl Incoming {
    fn receive_once(&mut self, stream: &impl AsFd) -> io::Result<usize> {
        let before = self.bytes.len();
        self.bytes.resize(before + CHUNK, 0);
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FDS_MAX))];
        let mut beside = RecvAncillaryBuffer::new(&mut space);
        let received = recvmsg(
            stream,
            &mut [IoSliceMut::new(&mut self.bytes[before..])],
            &mut beside,
            RecvFlags::CMSG_CLOEXEC,
        );
        let n = received.as_ref().map_or(0, |received| received.bytes);
        self.bytes.truncate(before + n);
        for message in beside.drain() {
            if let RecvAncillaryMessage::ScmRights(fds) = message {
                self.fds.extend(fds);
            }
        }
        if received?.flags.contains(ReturnFlags::CTRUNC) {
            return Err(wrong("descriptors are lost, as this process may open no more"));
        }
        if self.fds.len() > 2 * FDS_MAX {
            return Err(wrong("more descriptors came than a message has"));
        }
        Ok(n)
    }

    /// Takes the next message, if it is here whole.
    fn take(&mut self) -> io::Result<Option<Parcel>> {
        let Some(head) = self.bytes.first_chunk::<HEAD>() else {
            return Ok(None);
        };
        if head[..4] != MAGIC {
            return Err(wrong("what came is no message"));
        }
        let length = |at: usize| {
            let length = head[at..].first_chunk().map_or(0, |length| u32::from_be_bytes(*length));
            usize::try_from(length).unwrap_or(usize::MAX)
        };
        let (message, bytes, fds) = (length(4), length(8), length(12));
        if message > MESSAGE_MAX || bytes > BYTES_MAX || fds > FDS_MAX {
            return Err(wrong("a message is too long"));
        }
        let end = HEAD + message + bytes;
        if self.bytes.len() < end {
            return Ok(None);
        }
        if self.fds.len() < fds {
            return Err(wrong("a message lacks descriptors"));
        }
        let parcel = Parcel {
            message: ciborium::from_reader(&self.bytes[HEAD..HEAD + message])
                .map_err(|_| wrong("a message can't be read"))?,
            bytes: self.bytes[HEAD + message..end].to_vec(),
            fds: self.fds.drain(..fds).collect(),
        };
        self.bytes.drain(..end);
        Ok(Some(parcel))
    }

    /// The channel has ended.
    fn end(&self) -> io::Result<()> {
        if self.bytes.is_empty() {
            Ok(())
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }
}

fn wrong(is: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, is)
}

#[cfg(test)]
mod tests;

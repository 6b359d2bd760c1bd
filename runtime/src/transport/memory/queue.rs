//! The connections within a program, as a server accepts them.

use std::io;
use std::task::{Context, Poll};

use tokio::io::DuplexStream;
use tokio::sync::mpsc;

use super::MemoryStream;
use super::connector::Connector;
use crate::transport::addr::{LocalAddr, PeerAddr};
use crate::transport::own::Listener;

/// The connections that wait to be accepted.
#[derive(Debug)]
pub(in crate::transport) struct InMemoryQueue(mpsc::Receiver<DuplexStream>);

impl InMemoryQueue {
    /// Makes a queue that holds so many, and what puts connections into it.
    pub(super) fn new(most: usize) -> (Self, Connector) {
        let (sender, receiver) = mpsc::channel(most);
        (InMemoryQueue(receiver), Connector(sender))
    }
}

impl Listener for InMemoryQueue {
    type Transport = MemoryStream;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(MemoryStream, PeerAddr)>> {
        self.0.poll_recv(cx).map(|stream| {
            let stream = stream.ok_or(io::ErrorKind::NotConnected)?;
            Ok((MemoryStream::from(stream), PeerAddr::Memory))
        })
    }

    fn local_addr(&self) -> LocalAddr {
        LocalAddr::Memory
    }
}

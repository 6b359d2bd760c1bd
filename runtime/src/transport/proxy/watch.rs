//! The watch for a header of who may not send one.
//!
//! It can't be waited for: the peer may wait for the server's greeting, or for the answer to the
//! one byte that it has sent. So bytes go on as they come, and the connection breaks at the byte by
//! which they are a header's.

use std::io;
use std::sync::Arc;

use proxy_protocol_rs::V2_SIGNATURE;

use super::header::{self, Begin};
use super::rules::Rules;
use crate::transport::addr::PeerAddr;

#[derive(Debug)]
pub(super) struct Watch {
    /// The first bytes, which are the begin of a signature so far.
    first: [u8; V2_SIGNATURE.len()],
    count: usize,
    peer_addr: PeerAddr,
    rules: Arc<Rules>,
}

impl Watch {
    /// Watches for what follows `first`.
    pub(super) fn new(first: &[u8], peer_addr: PeerAddr, rules: Arc<Rules>) -> Self {
        let mut watch = Watch {
            first: [0; V2_SIGNATURE.len()],
            count: 0,
            peer_addr,
            rules,
        };
        watch.add(first);
        watch
    }

    fn add(&mut self, bytes: &[u8]) {
        for (place, byte) in self.first[self.count..].iter_mut().zip(bytes) {
            *place = *byte;
            self.count += 1;
        }
    }

    /// Looks at the bytes that follow. Returns whether a header may still come.
    ///
    /// # Errors
    ///
    /// This is a header.
    pub(super) fn see(&mut self, bytes: &[u8]) -> io::Result<bool> {
        self.add(bytes);
        match header::read(&self.first[..self.count]) {
            Ok(Begin::Other) => Ok(false),
            Ok(Begin::Unsure) => Ok(true),
            _ => Err(self.refuse()),
        }
    }

    fn refuse(&self) -> io::Error {
        let why = if self.rules.trusts(&self.peer_addr) {
            "its PROXY header came too late"
        } else {
            "it sent a PROXY header, and trusted_proxies doesn't list it"
        };
        self.rules.refuse(&self.peer_addr, why)
    }
}

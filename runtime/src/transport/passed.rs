//! The listening sockets that an old version of the program has passed to this one.
//!
//! Each has a key, which is the address as it is configured, so that a socket of port 0 is found as
//! well. What nobody takes is closed.

#[cfg(all(target_os = "linux", feature = "upgrade"))]
use std::collections::HashMap;

use socket2::Socket;

/// The sockets that were passed to one server.
#[derive(Debug, Default)]
pub(crate) struct Passed {
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    sockets: HashMap<String, Vec<Socket>>,
}

impl Passed {
    /// Adds a socket.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(crate) fn add(&mut self, key: String, socket: Socket) {
        self.sockets.entry(key).or_default().push(socket);
    }

    /// Takes the socket of this key; of several the first.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(crate) fn take(&mut self, key: &str) -> Option<Socket> {
        let sockets = self.sockets.get_mut(key)?;
        (!sockets.is_empty()).then(|| sockets.remove(0))
    }

    #[cfg(not(all(target_os = "linux", feature = "upgrade")))]
    #[expect(clippy::unused_self, reason = "the other one uses it")]
    pub(crate) fn take(&mut self, _: &str) -> Option<Socket> {
        None
    }
}

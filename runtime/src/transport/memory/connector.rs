//! The connector to a server without a port, which a server's handle uses.

use std::io;

use tokio::io::DuplexStream;
use tokio::sync::mpsc;

/// The number of bytes that a connection carries before its reader must read.
const BUFFER: usize = 64 * 1024;

/// A connector to a server without a port.
#[derive(Clone, Debug)]
pub(crate) struct Connector(pub(super) mpsc::Sender<DuplexStream>);

impl Connector {
    /// Connects, after those who wait already where there are as many as may.
    ///
    /// # Errors
    ///
    /// The server has stopped.
    pub(crate) async fn connect(&self) -> io::Result<DuplexStream> {
        let (client, server) = tokio::io::duplex(BUFFER);
        let sent = self.0.send(server).await;
        sent.map_err(|_| io::ErrorKind::NotConnected)?;
        Ok(client)
    }
}

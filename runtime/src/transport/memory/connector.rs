//! What connects to a server without a port, as a server's handle does.

use std::io;

use tokio::io::DuplexStream;
use tokio::sync::mpsc;

/// How many bytes a connection carries before its reader must read.
const BUFFER: usize = 64 * 1024;

/// What connects to a server without a port.
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

//! The handle of an open page.

use std::fmt;
use std::net::SocketAddr;

use tokio::sync::watch;

/// A handle on an open page; dropping it stops nothing.
#[derive(Clone)]
pub struct Page {
    addr: SocketAddr,
    stop: watch::Sender<bool>,
    /// Closed when the thread of the page has ended.
    ended: watch::Receiver<()>,
}

impl Page {
    pub(crate) fn new(addr: SocketAddr, stop: watch::Sender<bool>, ended: watch::Receiver<()>) -> Self {
        Page { addr, stop, ended }
    }

    /// Returns the address that the page listens on.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Returns the address for a browser on this machine.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), kai_tcp_server_dashboard::Error> {
    /// let page = kai_tcp_server_dashboard::Dashboard::new().port(0).start()?;
    /// assert!(page.url().starts_with("http://127.0.0.1:"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn url(&self) -> String {
        let (ip, port) = (self.addr.ip(), self.addr.port());
        if ip.is_unspecified() {
            format!("http://localhost:{port}/")
        } else {
            format!("http://{}/", SocketAddr::new(ip, port))
        }
    }

    /// Closes the page: its port and all its connections. Returns once the thread of the page has
    /// ended.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future lets the page end all the same; from the first poll on it does.
    pub async fn stop(&self) {
        self.stop.send_replace(true);
        let mut ended = self.ended.clone();
        // The other end sends nothing: it is dropped.
        while ended.changed().await.is_ok() {}
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Page({})", self.url())
    }
}

//! An endpoint over another one, whose connections are wrapped as they arrive.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::runtime::Handle;

use super::addr::LocalAddr;
use super::listener::{Arrived, Backlog, Endpoint, PortListener};
use super::memory::connector::Connector;
use crate::error::Result;

/// A layer over the connections of an endpoint.
pub(super) trait Wrap: fmt::Debug + Send + Sync + 'static {
    /// Wraps a connection that has come. As [`PortListener::poll_accept`] it doesn't wait.
    fn wrap(&self, arrived: Arrived) -> Arrived;
}

#[derive(Debug)]
struct WrappedEndpoint<W> {
    inner: Box<dyn Endpoint>,
    wrap: Arc<W>,
}

/// Lays `wrap` over all connections of `inner`.
pub(super) fn over(inner: Box<dyn Endpoint>, wrap: impl Wrap) -> Box<dyn Endpoint> {
    let wrap = Arc::new(wrap);
    Box::new(WrappedEndpoint { inner, wrap })
}

impl<W: Wrap> Endpoint for WrappedEndpoint<W> {
    fn listen(&self, runtimes: &[Handle]) -> Result<Vec<Box<dyn PortListener>>> {
        let listeners = self.inner.listen(runtimes)?.into_iter();
        let wrapped = |inner| -> Box<dyn PortListener> {
            let wrap = Arc::clone(&self.wrap);
            Box::new(WrappedListener { inner, wrap })
        };
        Ok(listeners.map(wrapped).collect())
    }

    fn local_addr(&self) -> LocalAddr {
        self.inner.local_addr()
    }

    fn local_addrs(&self) -> Vec<LocalAddr> {
        self.inner.local_addrs()
    }

    fn close(&self) {
        self.inner.close();
    }

    fn connector(&self) -> Option<Connector> {
        self.inner.connector()
    }
}

#[derive(Debug)]
struct WrappedListener<W> {
    inner: Box<dyn PortListener>,
    wrap: Arc<W>,
}

impl<W: Wrap> PortListener for WrappedListener<W> {
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Arrived>> {
        self.inner.poll_accept(cx).map_ok(|arrived| self.wrap.wrap(arrived))
    }

    /// As they are: they are closed without a handshake.
    fn into_backlog(self: Box<Self>) -> Option<Backlog> {
        self.inner.into_backlog()
    }

    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    fn share(&self, sockets: &mut Vec<(String, std::os::fd::OwnedFd)>) -> io::Result<()> {
        self.inner.share(sockets)
    }

    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    fn take_over(&self) {
        self.inner.take_over();
    }

    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    fn give_away(self: Box<Self>) {
        self.inner.give_away();
    }
}

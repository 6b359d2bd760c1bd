//! What listens, with TLS over what arrives.

use std::io;
use std::task::{Context, Poll};

use tokio::runtime::Handle;

use super::TlsTransport;
use super::handle::Tls;
use crate::error::Result;
use crate::transport::AnyTransport;
use crate::transport::addr::LocalAddr;
use crate::transport::listener::{Arrived, Backlog, Endpoint, PortListener};
use crate::transport::memory::connector::Connector;

/// An endpoint whose connections speak TLS, from the first byte or later.
#[derive(Debug)]
pub(super) struct TlsEndpoint {
    inner: Box<dyn Endpoint>,
    tls: Tls,
    starttls: bool,
}

impl TlsEndpoint {
    pub(super) fn new(inner: Box<dyn Endpoint>, tls: Tls, starttls: bool) -> Self {
        TlsEndpoint { inner, tls, starttls }
    }
}

impl Endpoint for TlsEndpoint {
    fn listen(&self, runtimes: &[Handle]) -> Result<Vec<Box<dyn PortListener>>> {
        let listeners = self.inner.listen(runtimes)?.into_iter();
        let wrapped = |inner| -> Box<dyn PortListener> {
            Box::new(TlsListener {
                inner,
                tls: self.tls.clone(),
                starttls: self.starttls,
            })
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
struct TlsListener {
    inner: Box<dyn PortListener>,
    tls: Tls,
    starttls: bool,
}

impl PortListener for TlsListener {
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Arrived>> {
        self.inner.poll_accept(cx).map_ok(|arrived| {
            let transport = TlsTransport::new(arrived.transport, self.tls.clone(), self.starttls);
            Arrived {
                transport: AnyTransport::Tls(Box::new(transport)),
                ..arrived
            }
        })
    }

    /// Nobody speaks TLS with them: they are closed without a word.
    fn into_backlog(self: Box<Self>) -> Option<Backlog> {
        self.inner.into_backlog()
    }
}

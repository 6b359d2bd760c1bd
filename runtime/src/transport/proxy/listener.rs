//! The listener for proxies: it wraps the connections of its inner listener.

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::runtime::Handle;

use super::ProxyTransport;
use super::handshake::Handshake;
use super::rules::Rules;
use crate::error::Result;
use crate::options::Options;
use crate::options::proxy_protocol::ProxyProtocol;
use crate::transport::AnyTransport;
use crate::transport::addr::LocalAddr;
use crate::transport::listener::{Arrived, Backlog, Endpoint, PortListener};
use crate::transport::memory::connector::Connector;

/// An endpoint whose connections come by proxies.
#[derive(Debug)]
pub(crate) struct ProxyEndpoint {
    inner: Box<dyn Endpoint>,
    rules: Arc<Rules>,
}

impl ProxyEndpoint {
    /// Returns `inner` as this says.
    pub(crate) fn over(inner: Box<dyn Endpoint>, protocol: ProxyProtocol, options: &Options) -> Box<dyn Endpoint> {
        let is_required = match protocol {
            ProxyProtocol::Off => return inner,
            ProxyProtocol::Optional => false,
            ProxyProtocol::Required => true,
        };
        let rules = Arc::new(Rules::new(is_required, options));
        Box::new(ProxyEndpoint { inner, rules })
    }
}

impl Endpoint for ProxyEndpoint {
    fn listen(&self, runtimes: &[Handle]) -> Result<Vec<Box<dyn PortListener>>> {
        let listeners = self.inner.listen(runtimes)?.into_iter();
        let wrapped = |inner| -> Box<dyn PortListener> {
            let rules = Arc::clone(&self.rules);
            Box::new(ProxyListener { inner, rules })
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
struct ProxyListener {
    inner: Box<dyn PortListener>,
    rules: Arc<Rules>,
}

impl PortListener for ProxyListener {
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Arrived>> {
        self.inner.poll_accept(cx).map_ok(|arrived| {
            let (expected, peer_addr) = self.rules.judge(&arrived.peer_addr);
            let handshake = Handshake::new(expected, arrived.peer_addr, Arc::clone(&self.rules));
            let proxied = ProxyTransport::new(arrived.transport, handshake);
            Arrived {
                transport: AnyTransport::Proxied(Box::new(proxied)),
                peer_addr,
                inherited: arrived.inherited,
            }
        })
    }

    /// As they are: what is said to who isn't served needs no header.
    fn into_backlog(self: Box<Self>) -> Option<Backlog> {
        self.inner.into_backlog()
    }
}

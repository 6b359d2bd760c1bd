//! The PROXY protocol over what listens.

use std::sync::Arc;

use super::ProxyTransport;
use super::handshake::Handshake;
use super::rules::Rules;
use crate::options::Options;
use crate::options::proxy_protocol::ProxyProtocol;
use crate::transport::AnyTransport;
use crate::transport::listener::{Arrived, Endpoint};
use crate::transport::wrapped::{self, Wrap};

/// Returns an endpoint whose connections come by proxies, as `protocol` says.
pub(crate) fn over(inner: Box<dyn Endpoint>, protocol: ProxyProtocol, options: &Options) -> Box<dyn Endpoint> {
    let is_required = match protocol {
        ProxyProtocol::Off => return inner,
        ProxyProtocol::Optional => false,
        ProxyProtocol::Required => true,
    };
    wrapped::over(inner, Proxied(Arc::new(Rules::new(is_required, options))))
}

#[derive(Debug)]
struct Proxied(Arc<Rules>);

impl Wrap for Proxied {
    fn wrap(&self, arrived: Arrived) -> Arrived {
        let (expected, peer_addr) = self.0.judge(&arrived.peer_addr);
        let handshake = Handshake::new(expected, arrived.peer_addr, Arc::clone(&self.0));
        let proxied = ProxyTransport::new(arrived.transport, handshake);
        Arrived {
            transport: AnyTransport::Proxied(Box::new(proxied)),
            peer_addr,
            inherited: arrived.inherited,
        }
    }
}

//! TLS over what listens.

use super::TlsTransport;
use super::handle::Tls;
use crate::transport::AnyTransport;
use crate::transport::listener::{Arrived, Endpoint};
use crate::transport::wrapped::{self, Wrap};

/// Returns an endpoint whose connections speak TLS, from the first byte or, with `starttls`, later.
pub(super) fn over(inner: Box<dyn Endpoint>, tls: Tls, starttls: bool) -> Box<dyn Endpoint> {
    wrapped::over(inner, OverTls { tls, starttls })
}

#[derive(Debug)]
struct OverTls {
    tls: Tls,
    starttls: bool,
}

impl Wrap for OverTls {
    fn wrap(&self, arrived: Arrived) -> Arrived {
        let transport = TlsTransport::new(arrived.transport, self.tls.clone(), self.starttls);
        Arrived {
            transport: AnyTransport::Tls(Box::new(transport)),
            ..arrived
        }
    }
}

//! The modes of the option `proxy_protocol`.

use std::fmt;

/// The header of the PROXY protocol, by which a load balancer says who connected to it: connections
/// begin with none, may begin with one, or must.
///
/// # Examples
///
/// ```
/// use kai_tcp_server::{Options, ProxyProtocol};
///
/// let options = Options::new().port(0).proxy_protocol(ProxyProtocol::Required);
/// assert_eq!(ProxyProtocol::Required.to_string(), "required");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum ProxyProtocol {
    /// No header is read.
    #[default]
    Off,
    /// A trusted proxy may send a header. Other peers are served as they connect, and may not send
    /// one.
    Optional,
    /// Each connection comes from a trusted proxy and begins with a header; others are refused.
    Required,
}

impl ProxyProtocol {
    /// All modes.
    pub(crate) const ALL: [ProxyProtocol; 3] = [ProxyProtocol::Off, ProxyProtocol::Optional, ProxyProtocol::Required];
}

/// As the attribute spells it.
impl fmt::Display for ProxyProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ProxyProtocol::Off => "off",
            ProxyProtocol::Optional => "optional",
            ProxyProtocol::Required => "required",
        })
    }
}

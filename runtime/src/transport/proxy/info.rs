//! The contents of a header, as users see them.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use proxy_protocol_rs::{Command, ProxyAddress, SslClientFlags, SslInfo, Tlvs, Version};

use crate::transport::addr::PeerAddr;

/// The types of TLVs that say nothing of the client: the checksum, and one that only fills space.
const CRC32C: u8 = 0x03;
const NOOP: u8 = 0x04;

/// What a proxy has said of a connection: the header of the PROXY protocol with which the
/// connection began. [`Socket::proxy`](crate::Socket::proxy) returns it.
///
/// The [peer's address](crate::Socket::peer_addr) is the one in the header already. Clones share
/// the same header.
///
/// # Examples
///
/// A server that tells its clients who they are, and what they have connected to:
///
/// ```
/// use kai_tcp_server::{Action, Socket, start, tcp_server};
/// use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
/// use tokio::net::TcpStream;
///
/// struct WhoAmI;
///
/// #[tcp_server(port = 0, packet = line, proxy_protocol = required, trusted_proxies = ["127.0.0.1"])]
/// impl WhoAmI {
///     fn handle_call(&self, _: &[u8], socket: &mut Socket) -> Action {
///         let proxy = socket.proxy();
///         match proxy.as_ref().and_then(|proxy| proxy.destination()) {
///             Some(to) => close(format_args!("{} to {to}", socket.peer_addr())),
///             None => close(format_args!("{}", socket.peer_addr())),
///         }
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> kai_tcp_server::Result {
/// let server = start(WhoAmI).await?;
/// // What a proxy sends:
/// let mut proxy = TcpStream::connect(server.local_addr()).await?;
/// proxy.write_all(b"PROXY TCP4 192.0.2.1 203.0.113.7 49152 443\r\nwho am I?\n").await?;
/// let mut answer = String::new();
/// proxy.read_to_string(&mut answer).await?;
/// assert_eq!(answer, "192.0.2.1:49152 to 203.0.113.7:443");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ProxyInfo(Arc<Received>);

#[derive(Debug)]
struct Received {
    header: Header,
    proxy_addr: PeerAddr,
}

/// An end of a connection, as a header of the PROXY protocol names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProxyAddr {
    /// An IP address and a port.
    Ip(SocketAddr),
    /// The path of a Unix socket, up to 108 bytes; empty if the socket has none.
    Unix(Box<[u8]>),
}

/// The contents of a header.
#[derive(Debug)]
pub(crate) struct Header {
    version: Version,
    is_local: bool,
    source: Option<ProxyAddr>,
    destination: Option<ProxyAddr>,
    tlvs: Option<Box<Tlvs>>,
}

impl Header {
    pub(super) fn new(info: proxy_protocol_rs::ProxyInfo) -> Self {
        Header {
            version: info.version,
            is_local: info.command == Command::Local,
            source: info.source.and_then(ProxyAddr::new),
            destination: info.destination.and_then(ProxyAddr::new),
            // Most headers have none.
            tlvs: (!info.tlvs.raw.is_empty()).then(|| Box::new(info.tlvs)),
        }
    }

    /// The header of a connection of the proxy's own.
    pub(super) fn local() -> Self {
        Header {
            is_local: true,
            ..Header::unspecified()
        }
    }

    /// The header of a client of whom the proxy tells nothing.
    pub(super) fn unspecified() -> Self {
        Header {
            version: Version::V2,
            is_local: false,
            source: None,
            destination: None,
            tlvs: None,
        }
    }

    /// The same header as one of this version.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(super) fn of_version(self, version: Version) -> Self {
        Header { version, ..self }
    }

    /// The header of a client whose address the proxy doesn't tell.
    pub(super) fn without_addresses(info: proxy_protocol_rs::ProxyInfo) -> Self {
        Header {
            source: None,
            destination: None,
            ..Header::new(info)
        }
    }
}

impl ProxyAddr {
    fn new(addr: ProxyAddress) -> Option<Self> {
        match addr {
            ProxyAddress::Inet(addr) => Some(ProxyAddr::Ip(addr)),
            ProxyAddress::Unix(path) => Some(ProxyAddr::Unix(path.into())),
            _ => None,
        }
    }

    /// Returns whether both are the same IP address and port, IPv4-mapped or not.
    fn is(&self, connected: &PeerAddr) -> bool {
        let canonical = |addr: SocketAddr| (addr.ip().to_canonical(), addr.port());
        let (this, other) = (self.socket_addr(), connected.socket_addr());
        this.is_some() && this.map(canonical) == other.map(canonical)
    }

    /// Returns the IP address and the port, if it is one.
    pub fn socket_addr(&self) -> Option<SocketAddr> {
        match self {
            ProxyAddr::Ip(addr) => Some(*addr),
            ProxyAddr::Unix(_) => None,
        }
    }
}

/// A path is displayed as `unix:/run/echo.sock`, with the bytes escaped that could harm a log.
impl fmt::Display for ProxyAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProxyAddr::Ip(addr) => addr.fmt(f),
            ProxyAddr::Unix(path) => write!(f, "unix:{}", path.escape_ascii()),
        }
    }
}

impl ProxyInfo {
    pub(crate) fn new(mut header: Header, proxy_addr: PeerAddr) -> Self {
        // Version 1 has no other word for it, so the checks of HAProxy say it like this.
        header.is_local |= header.source.as_ref().is_some_and(|source| source.is(&proxy_addr));
        ProxyInfo(Arc::new(Received { header, proxy_addr }))
    }

    /// Returns the IP address of the client, if the header has one.
    pub(super) fn client(&self) -> Option<SocketAddr> {
        let source = self.source()?.socket_addr()?;
        (!self.is_local()).then_some(source)
    }

    fn header(&self) -> &Header {
        &self.0.header
    }

    fn known_tlvs(&self) -> Option<&Tlvs> {
        self.header().tlvs.as_deref()
    }

    /// Returns the address of the proxy: who connected.
    pub fn proxy_addr(&self) -> &PeerAddr {
        &self.0.proxy_addr
    }

    /// Returns the version of the header, 1 or 2.
    pub fn version(&self) -> u8 {
        match self.header().version {
            Version::V1 => 1,
            _ => 2,
        }
    }

    /// Returns whether the proxy says that the connection is its own, as its health checks are: by
    /// the command LOCAL, or by naming its own address and port as the client's.
    pub fn is_local(&self) -> bool {
        self.header().is_local
    }

    /// Returns the address of the client, if the header has one.
    pub fn source(&self) -> Option<&ProxyAddr> {
        self.header().source.as_ref()
    }

    /// Returns the address that the client has connected to, if the header has one.
    pub fn destination(&self) -> Option<&ProxyAddr> {
        self.header().destination.as_ref()
    }

    /// Returns the protocol that the client and the proxy have agreed on by ALPN, such as `h2`.
    pub fn alpn(&self) -> Option<&[u8]> {
        self.known_tlvs()?.alpn.as_deref()
    }

    /// Returns the name of the host that the client has asked for, in TLS by SNI. Bytes that aren't
    /// UTF-8 are replaced by U+FFFD.
    pub fn authority(&self) -> Option<&str> {
        self.known_tlvs()?.authority.as_deref()
    }

    /// Returns the id that the proxy gave the connection, up to 128 bytes.
    pub fn unique_id(&self) -> Option<&[u8]> {
        self.known_tlvs()?.unique_id.as_deref()
    }

    /// Returns the name of the network namespace on the proxy's side.
    pub fn netns(&self) -> Option<&str> {
        self.known_tlvs()?.netns.as_deref()
    }

    /// Returns what the proxy says of the client's TLS; `None` if the client didn't use it, or the
    /// proxy doesn't say so.
    pub fn tls(&self) -> Option<ProxyTls<'_>> {
        let ssl = self.known_tlvs()?.ssl.as_ref()?;
        ssl.client_flags.contains(SslClientFlags::SSL).then_some(ProxyTls(ssl))
    }

    /// Returns the extensions of the header (TLVs) as they came: the type and the value of each, in
    /// their order, with those that other methods return. The checksum, which was checked, and
    /// padding are left out.
    pub fn tlvs(&self) -> impl Iterator<Item = (u8, &[u8])> {
        let raw = self.known_tlvs().map_or(&[][..], |tlvs| &tlvs.raw);
        raw.iter()
            .filter(|(kind, _)| !matches!(*kind, CRC32C | NOOP))
            .map(|(kind, value)| (*kind, value.as_slice()))
    }
}

impl fmt::Debug for ProxyInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyInfo")
            .field("version", &self.version())
            .field("is_local", &self.is_local())
            .field("source", &self.source())
            .field("destination", &self.destination())
            .field("proxy_addr", &self.proxy_addr())
            .finish_non_exhaustive()
    }
}

/// What a proxy says of the TLS between it and its client, as part of [`ProxyInfo`].
///
/// # Examples
///
/// ```
/// use kai_tcp_server::ProxyInfo;
///
/// /// Returns the name in the certificate that the client has shown, if the proxy verified it.
/// fn user(proxy: &ProxyInfo) -> Option<&str> {
///     proxy.tls().filter(|tls| tls.is_verified())?.common_name()
/// }
/// ```
#[derive(Clone, Copy)]
pub struct ProxyTls<'p>(&'p SslInfo);

impl<'p> ProxyTls<'p> {
    /// Returns whether the client has shown a certificate, on this connection or in the TLS session
    /// that this connection continues.
    pub fn has_certificate(&self) -> bool {
        let flags = SslClientFlags::CERT_CONN | SslClientFlags::CERT_SESS;
        self.0.client_flags.intersects(flags)
    }

    /// Returns whether the client has shown a certificate and the proxy has verified it.
    pub fn is_verified(&self) -> bool {
        self.has_certificate() && self.0.verified
    }

    /// Returns the version of TLS, such as `TLSv1.3`.
    pub fn version(&self) -> Option<&'p str> {
        self.0.version.as_deref()
    }

    /// Returns the name of the cipher.
    pub fn cipher(&self) -> Option<&'p str> {
        self.0.cipher.as_deref()
    }

    /// Returns the common name in the client's certificate. Nobody has verified it unless
    /// [`is_verified`](Self::is_verified).
    pub fn common_name(&self) -> Option<&'p str> {
        self.0.cn.as_deref()
    }

    /// Returns the algorithm that signed the proxy's certificate, such as `RSA-SHA256`.
    pub fn signature_algorithm(&self) -> Option<&'p str> {
        self.0.sig_alg.as_deref()
    }

    /// Returns the algorithm of the key of the proxy's certificate, such as `RSA2048`.
    pub fn key_algorithm(&self) -> Option<&'p str> {
        self.0.key_alg.as_deref()
    }

    /// Returns the client's certificate, in DER, if the proxy has sent it.
    pub fn client_certificate(&self) -> Option<&'p [u8]> {
        self.0.client_cert.as_deref()
    }
}

impl fmt::Debug for ProxyTls<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyTls")
            .field("version", &self.version())
            .field("cipher", &self.cipher())
            .field("common_name", &self.common_name())
            .field("is_verified", &self.is_verified())
            .finish_non_exhaustive()
    }
}

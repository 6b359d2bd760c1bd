//! The terms that the handshake of a connection agreed on.

use std::fmt;

use tokio_rustls::rustls::{ProtocolVersion, ServerConnection};

/// Information about the TLS of a connection, as [`Socket::tls`](crate::Socket::tls) returns it.
///
/// # Examples
///
/// ```
/// use kai_tcp_server::{Action, Result, Socket, tcp_server};
///
/// struct Greeter;
///
/// #[tcp_server(port = 10000, packet = line(crlf | lf))]
/// impl Greeter {
///     fn handle_call(&self, data: &[u8], socket: &mut Socket) -> Action {
///         match (data, socket.tls()) {
///             (b"who am i", Some(tls)) => match tls.client_certificates().next() {
///                 Some(der) => reply(format_args!("a certificate of {} bytes", der.len())),
///                 None => reply(format_args!("nobody, by {}", tls.version())),
///             },
///             (b"who am i", None) => reply("nobody, in plain"),
///             _ => reply("what?"),
///         }
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsInfo {
    server_name: Option<String>,
    alpn: Option<Vec<u8>>,
    version: TlsVersion,
    cipher_suite: &'static str,
    client_certificates: Vec<Vec<u8>>,
}

/// A version of the protocol TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum TlsVersion {
    /// TLS 1.2.
    Tls12,
    /// TLS 1.3.
    Tls13,
}

impl fmt::Display for TlsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TlsVersion::Tls12 => "TLS 1.2",
            TlsVersion::Tls13 => "TLS 1.3",
        })
    }
}

impl TlsInfo {
    pub(super) fn of(session: &ServerConnection) -> Self {
        let version = match session.protocol_version() {
            Some(ProtocolVersion::TLSv1_2) => TlsVersion::Tls12,
            _ => TlsVersion::Tls13,
        };
        let suite = session.negotiated_cipher_suite();
        let certificates = session.peer_certificates().unwrap_or_default();
        TlsInfo {
            server_name: session.server_name().map(str::to_owned),
            alpn: session.alpn_protocol().map(<[u8]>::to_vec),
            version,
            cipher_suite: suite.and_then(|suite| suite.suite().as_str()).unwrap_or("unknown"),
            client_certificates: certificates.iter().map(|der| der.to_vec()).collect(),
        }
    }

    /// Returns the name that the client asked for (SNI), in lower case, if it did.
    pub fn server_name(&self) -> Option<&str> {
        self.server_name.as_deref()
    }

    /// Returns the protocol that client and server agreed on (ALPN), if they did.
    pub fn alpn(&self) -> Option<&[u8]> {
        self.alpn.as_deref()
    }

    /// Returns the version of TLS.
    pub fn version(&self) -> TlsVersion {
        self.version
    }

    /// Returns the name of the cipher suite, such as `TLS13_AES_256_GCM_SHA384`.
    pub fn cipher_suite(&self) -> &'static str {
        self.cipher_suite
    }

    /// Returns the certificates that the client has shown, each in DER: its own, then those that
    /// lead to its issuer. They are verified against `tls_client_ca`; there are none if that isn't
    /// set, or if the client showed none.
    pub fn client_certificates(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.client_certificates.iter().map(Vec::as_slice)
    }
}

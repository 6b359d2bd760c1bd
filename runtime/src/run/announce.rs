//! The line of the log that says how a person reaches a server.

use kai_tcp_server_spec::listen::{Address, Proxy, Tls};

use crate::log::{Quoted, event};
use crate::options::Options;
use crate::options::proxy_protocol::ProxyProtocol;
use crate::packet::{DELIMITER, Packet};
use crate::server::Server;
use crate::transport::addr::LocalAddr;

/// Logs how to reach a server, if a person can type its protocol.
pub(super) fn announce(server: &Server) {
    let label = server.label();
    if let Some(way) = way(server) {
        event!(info, name: "serving", server = label, "reach {label} by `{way}`");
    }
}

/// The place of a listener, as the programs that connect to it are told.
enum Place {
    Port {
        host: String,
        port: u16,
    },
    /// The path of a Unix socket, quoted.
    File(String),
}

/// Returns the command that connects to a server.
fn way(server: &Server) -> Option<String> {
    let options = &server.inner().options;
    let place = Place::of(&server.listen_addr())?;
    let front = Front::of(options, server.inner().tls.port_speaks_tls(options));
    // A connection without a header is closed.
    if front.begins_with_a_header {
        return None;
    }
    let keys = Keys::of(server)?;
    Some(match (keys, front.speaks_tls) {
        (Keys::Curl, tls) => place.curl(tls),
        (Keys::Lf, false) => place.netcat(""),
        (Keys::CrLf, false) => place.netcat("-C "),
        (Keys::Lf, true) => place.openssl(""),
        (Keys::CrLf, true) => place.openssl("-crlf "),
    })
}

/// The beginning of the listener's connections, as far as people are told of it.
struct Front {
    speaks_tls: bool,
    begins_with_a_header: bool,
}

impl Front {
    fn of(options: &Options, port_speaks_tls: bool) -> Self {
        let mut entries = options.listen.entries();
        let first = entries.next();
        let of_the_address = match &first {
            Some(entry) if !matches!(entry.address, Address::Ip(_)) => {
                entries.find(|entry| matches!(entry.address, Address::Ip(_))).or(first)
            }
            _ => first,
        };
        match of_the_address {
            Some(entry) if !options.has_port() => Front {
                speaks_tls: entry.tls == Tls::AtOnce,
                begins_with_a_header: entry.proxy == Proxy::Required,
            },
            _ => Front {
                speaks_tls: port_speaks_tls,
                begins_with_a_header: options.proxy_protocol == ProxyProtocol::Required,
            },
        }
    }
}

/// The way in which a person types the protocol.
enum Keys {
    /// Lines that end in LF, as a terminal has them, or any bytes.
    Lf,
    /// Lines that end in CR LF.
    CrLf,
    /// Requests of HTTP.
    Curl,
}

impl Keys {
    /// Returns `None` if nobody can type it.
    fn of(server: &Server) -> Option<Self> {
        let inner = server.inner();
        if server.takes_items() {
            return None;
        }
        let initial = inner.states.first().and_then(|state| state.packet);
        let packet = initial.or(inner.options.packet).unwrap_or_default();
        let arms = server.info().arms;
        // Terminals end a line with LF, and netcat sends CR LF only if told so: a table with CR LF
        // in its frames is out of reach otherwise.
        let asks_for_crlf = || arms.iter().any(|arm| arm.pattern.contains(r"\r\n"));
        let has_bytes = || arms.iter().any(|arm| is_binary(arm.pattern));
        match packet {
            Packet::LineCrlf => Some(Keys::CrLf),
            Packet::Line if inner.options.delimiter.unwrap_or(DELIMITER) != DELIMITER => None,
            Packet::Raw | Packet::RawExact(_) if has_bytes() => None,
            Packet::Raw | Packet::RawExact(_) | Packet::Line if asks_for_crlf() => Some(Keys::CrLf),
            Packet::Raw | Packet::RawExact(_) | Packet::Line | Packet::LineLf | Packet::LineCrlfOrLf => Some(Keys::Lf),
            Packet::Http => Some(Keys::Curl),
            _ => None,
        }
    }
}

/// Returns whether a pattern is of bytes that no key has.
fn is_binary(pattern: &str) -> bool {
    let has = |bytes: &str| pattern.contains(bytes);
    has("bits!") || has(r"\x") || has(r"\0") || (pattern.starts_with('[') && has("0x"))
}

impl Place {
    /// Returns `None` for what programs have no words for: `nc` knows no names without a file.
    fn of(addr: &LocalAddr) -> Option<Self> {
        match addr {
            LocalAddr::Ip(addr) => {
                let host = match addr.ip() {
                    ip if ip.is_unspecified() => "localhost".to_owned(),
                    ip => ip.to_string(),
                };
                Some(Place::Port {
                    host,
                    port: addr.port(),
                })
            }
            LocalAddr::Unix(path) if path.is_absolute() => Some(Place::File(Quoted(path.display()).to_string())),
            _ => None,
        }
    }

    fn netcat(&self, option: &str) -> String {
        match self {
            Place::Port { host, port } => format!("nc {option}{host} {port}"),
            Place::File(path) => format!("nc {option}-U {path}"),
        }
    }

    fn openssl(&self, option: &str) -> String {
        let to = match self {
            Place::Port { .. } => format!("-connect {}", self.authority()),
            Place::File(path) => format!("-unix {path}"),
        };
        format!("openssl s_client -quiet {option}{to}")
    }

    fn curl(&self, tls: bool) -> String {
        // The certificate may be one that no authority has signed.
        let (scheme, option) = if tls { ("https", "--insecure ") } else { ("http", "") };
        match self {
            Place::Port { .. } => format!("curl {option}{scheme}://{}/", self.authority()),
            Place::File(path) => format!("curl {option}--unix-socket {path} {scheme}://localhost/"),
        }
    }

    /// Returns the host and the port, as in a URL.
    fn authority(&self) -> String {
        match self {
            Place::Port { host, port } if host.contains(':') => format!("[{host}]:{port}"),
            Place::Port { host, port } => format!("{host}:{port}"),
            Place::File(_) => "localhost".to_owned(),
        }
    }
}

//! What can be wrong with a listener, in words that name the way out.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use super::PATH_MAX;
use super::word::{example, word_names};
use crate::suggest;

/// A mistake in the text of a listener. It displays what is wrong, and what to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake<'a> {
    /// The text is empty.
    Empty,
    /// The text has control characters.
    ControlCharacter,
    /// The text has a comma, as if it were several.
    Comma(&'a str),
    /// The address isn't first.
    WordFirst(&'static str),
    /// There are two addresses.
    SecondAddress(&'a str),
    /// An IP address has no port.
    NoPort(IpAddr),
    /// There is a port, and no address.
    PortAlone(&'a str),
    /// The port is larger than a port is.
    PortTooLarge(&'a str),
    /// An IPv6 address with a port has no brackets.
    Brackets {
        /// The address.
        ip: IpAddr,
        /// The port.
        port: &'a str,
    },
    /// `*` is written for every address.
    Everywhere(&'a str),
    /// The name of a host.
    HostName {
        /// The name.
        host: &'a str,
        /// The port.
        port: &'a str,
    },
    /// A URL.
    Scheme {
        /// What stands before `://`.
        scheme: &'a str,
        /// What stands behind it.
        rest: &'a str,
    },
    /// A path without `unix:`.
    NoUnix(&'a str),
    /// Anything else.
    NoAddress(&'a str),
    /// `unix:` alone.
    UnixNothing,
    /// The path begins with two slashes, as that of a URL.
    UnixSlashes(&'a str),
    /// The path isn't absolute.
    UnixRelative(&'a str),
    /// The path ends with a slash.
    UnixFolder(&'a str),
    /// The path is longer than the system takes.
    UnixTooLong {
        /// The path.
        path: &'a str,
        /// Its length.
        bytes: usize,
    },
    /// `systemd:` alone.
    SystemdNothing,
    /// No name that systemd passes.
    SystemdName(&'a str),
    /// A word that isn't known.
    UnknownWord {
        /// The word.
        word: &'a str,
        /// The word that was probably meant.
        meant: Option<&'static str>,
    },
    /// A word of another server's.
    Called {
        /// The word.
        word: &'a str,
        /// What it is called here.
        called: &'static str,
    },
    /// A word is given twice.
    Twice(&'static str),
    /// A word has no value.
    NoValue(&'static str),
    /// A word has a value, and takes none.
    Alone(&'static str),
    /// `proxy_protocol` has another value than it takes.
    ProxyProtocol(&'a str),
    /// `tls` and `starttls`.
    TlsAndStartTls,
    /// A word of TLS without `tls`.
    WithoutTls(&'static str),
    /// Each certificate has a key.
    CertsAndKeys {
        /// How many certificates there are.
        certs: usize,
        /// How many keys there are.
        keys: usize,
    },
    /// The name of a protocol has more bytes than TLS has place for.
    LongProtocol(usize),
    /// A word of a file, and no Unix socket.
    NoFile(&'static str),
    /// A word of a file, and a name without one.
    AbstractFile(&'static str),
    /// A word of a file, and a socket that systemd has made.
    PassedFile(&'static str),
    /// No mode of a file.
    Mode(&'a str),
    /// An owner and a group in one.
    OwnerAndGroup {
        /// The word.
        word: &'static str,
        /// Its value.
        text: &'a str,
    },
    /// A number that no user or group has.
    NoId {
        /// The word.
        word: &'static str,
        /// Its value.
        text: &'a str,
    },
}

impl fmt::Display for Mistake<'_> {
    #[expect(clippy::too_many_lines, reason = "it is a table: a message for each mistake")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Mistake::Empty => f.write_str(r#"an address is missing here, like "0.0.0.0:10000""#),
            Mistake::ControlCharacter => f.write_str("a listener must not contain control characters"),
            Mistake::Comma(text) => {
                let each: Vec<String> = text.split(',').map(|text| format!(r#""{}""#, text.trim())).collect();
                write!(f, "each listener has a text of its own, without a comma in it: {}", each.join(", "))
            }
            Mistake::WordFirst(word) => write!(f, r#"the address comes first: "0.0.0.0:10000 {word}""#),
            Mistake::SecondAddress(word) => write!(f, "one listener has one address: `{word}` is another listener"),
            Mistake::NoPort(ip) => {
                write!(f, r#""{ip}" has no port: write "{}""#, SocketAddr::new(ip, 10000))
            }
            Mistake::PortAlone(port) => write!(
                f,
                r#"the address is missing before the port: "127.0.0.1:{port}" for this machine alone, "0.0.0.0:{port}" for all"#
            ),
            Mistake::PortTooLarge(port) => write!(f, "a port is from 0 to 65535, not {port}"),
            Mistake::Brackets { ip, port } => {
                write!(f, r#"an IPv6 address with a port has brackets: "[{ip}]:{port}""#)
            }
            Mistake::Everywhere(port) => write!(
                f,
                r#"every address is "0.0.0.0:{port}", or "[::]:{port}" for both families"#
            ),
            Mistake::HostName { host, port } => host_name(f, host, port),
            Mistake::Scheme { scheme, rest } => url(f, scheme, rest),
            Mistake::NoUnix(path) => {
                write!(f, r#"a Unix socket is written "unix:{}""#, path.trim_start_matches('.'))
            }
            Mistake::NoAddress(text) => write!(
                f,
                r#""{text}" is no address: one looks like "0.0.0.0:10000", "[::1]:10000", "unix:/run/echo.sock" or "systemd:web""#
            ),
            Mistake::UnixNothing => f.write_str(r#"the path is missing: "unix:/run/echo.sock""#),
            Mistake::UnixSlashes(path) => {
                write!(f, r#"a Unix socket is written without `//`: "unix:/{}""#, path.trim_start_matches('/'))
            }
            Mistake::UnixRelative(path) => write!(
                f,
                r#"the path of a Unix socket begins at the root, as a server may start in any folder: "unix:/run/{}""#,
                path.trim_start_matches("./")
            ),
            Mistake::UnixFolder(path) => {
                write!(f, r#""{path}" is a folder: a Unix socket is a file in it, like "unix:{path}echo.sock""#)
            }
            Mistake::UnixTooLong { bytes, .. } => write!(
                f,
                "the path of a Unix socket has at most {PATH_MAX} bytes, and this one has {bytes}: take a shorter one"
            ),
            Mistake::SystemdNothing => {
                f.write_str(r#"the name is missing: "systemd:web" for `FileDescriptorName=web`, or "systemd:0" for the first"#)
            }
            Mistake::SystemdName(_) => f.write_str(
                "systemd passes a name of up to 255 ASCII characters (`FileDescriptorName=`), or is asked for a number, from 0",
            ),
            Mistake::UnknownWord { word, meant } => match meant {
                Some(meant) => write!(f, "there is no word `{word}` for a listener: did you mean `{meant}`?"),
                None => write!(
                    f,
                    "there is no word `{word}` for a listener; there are {}",
                    suggest::all_of(word_names())
                ),
            },
            Mistake::Called { word, called } => {
                write!(f, "there is no word `{word}` for a listener: it's called `{called}` here")
            }
            Mistake::Twice(word) => write!(f, "`{word}` is given twice: keep one of both"),
            Mistake::NoValue(word) => write!(f, "`{word}` needs a value, without spaces: `{}`", example(word)),
            Mistake::Alone(word) => write!(f, "`{word}` takes no value: write `{word}`, or leave it out"),
            Mistake::ProxyProtocol(_) => f.write_str(
                "`proxy_protocol` means that the header is required; `proxy_protocol=optional` is the other way, and both \
                 versions of the header are read",
            ),
            Mistake::TlsAndStartTls => f.write_str(
                "`tls` begins with the first byte, `starttls` when the server calls `start_tls`: keep one of both",
            ),
            Mistake::WithoutTls(word) => write!(f, "`{word}` is for TLS: add `tls`, or `starttls`"),
            Mistake::CertsAndKeys { certs, keys } => write!(
                f,
                "`cert` and `key` go together, and here are {certs} and {keys}: `tls cert=cert.pem key=key.pem`"
            ),
            Mistake::LongProtocol(bytes) => {
                write!(f, "the name of a protocol has at most 255 bytes, and this one has {bytes}")
            }
            Mistake::NoFile(word) => {
                write!(f, "`{word}` is for the file of a Unix socket, and this listener has none: remove it")
            }
            Mistake::AbstractFile(word) => write!(
                f,
                "an abstract name has no file, so no `{word}`: remove it, or take a path; whoever is on this machine can \
                 connect to a name"
            ),
            Mistake::PassedFile(word) => {
                let setting = match word {
                    "mode" => "SocketMode",
                    "owner" => "SocketUser",
                    _ => "SocketGroup",
                };
                write!(f, "systemd makes this socket: `{setting}=` of its unit says the `{word}`; remove it here")
            }
            Mistake::Mode(text) => write!(
                f,
                "a mode is an octal number from 000 to 777, like 660 for owner and group or 666 for everybody, not `{text}`"
            ),
            Mistake::OwnerAndGroup { word, text } => {
                let (owner, group) = text.split_once(':').unwrap_or((text, ""));
                write!(f, "`{word}` takes one name: write `owner={owner} group={group}`")
            }
            Mistake::NoId { word, text } => write!(f, "`{word}` takes a name or its number, and {text} is none"),
        }
    }
}

fn host_name(f: &mut fmt::Formatter<'_>, host: &str, port: &str) -> fmt::Result {
    if host == "localhost" {
        write!(
            f,
            r#"this takes an address, not the name of a host: "127.0.0.1:{port}", or "[::1]:{port}" for IPv6"#
        )
    } else {
        write!(
            f,
            r#"this takes an address, not the name of a host, like "0.0.0.0:{port}" instead of "{host}:{port}""#
        )
    }
}

fn url(f: &mut fmt::Formatter<'_>, scheme: &str, rest: &str) -> fmt::Result {
    let place = rest.trim_end_matches('/');
    match scheme {
        "unix" => write!(
            f,
            r#"a Unix socket is written without `//`: "unix:/{}""#,
            rest.trim_start_matches('/')
        ),
        "tls" | "ssl" | "https" | "wss" => {
            write!(
                f,
                r#"an address has no `{scheme}://` before it, and TLS is a word behind it: "{place} tls""#
            )
        }
        _ => write!(f, r#"an address has no `{scheme}://` before it: "{place}""#),
    }
}

impl std::error::Error for Mistake<'_> {}

//! What this project's own tests do to a server beside its public API: no release of a program has
//! it.

use crate::options::{self, Options};
use crate::server::{ACCEPTOR, Server};
#[cfg(feature = "proxy")]
use crate::transport::addr::PeerAddr;
#[cfg(feature = "proxy")]
use crate::transport::proxy::{
    header::{self, Begin},
    info::ProxyInfo,
};

/// Kills an acceptor as `exit(Pid, kill)` would. Returns `false` if there is none of this number.
pub fn kill_acceptor(server: &Server, number: usize) -> bool {
    kill_child(server, &format!("{ACCEPTOR}{number}"))
}

/// Kills a child of a server's supervisor. Returns `false` if there is none of this name.
pub fn kill_child(server: &Server, name: &str) -> bool {
    let supervisor = &server.inner().supervisor;
    let child = supervisor.children().into_iter().find(|child| child.name == name);
    child.is_some_and(|child| supervisor.kill(child.id))
}

/// Reads and judges an option as files do.
///
/// # Errors
///
/// Says what is wrong.
pub fn read_option(options: Options, name: &str, text: &str) -> Result<Options, String> {
    options::read(options, name, text)
}

/// The kinds of bytes that a connection may begin with where a PROXY header may come.
#[cfg(feature = "proxy")]
#[derive(Debug)]
pub enum ProxyBegin {
    /// No header, or one with a mistake.
    Refused(String),
    /// Less than a header.
    More,
    /// A header of so many bytes.
    Header(ProxyInfo, usize),
}

/// Reads the first bytes of a connection.
#[cfg(feature = "proxy")]
pub fn read_proxy_header(bytes: &[u8]) -> ProxyBegin {
    match header::read(bytes) {
        Ok(Begin::Other) => ProxyBegin::Refused("what came is no PROXY header".to_owned()),
        Ok(Begin::Unsure | Begin::Part) => ProxyBegin::More,
        Ok(Begin::Header(header, length)) => ProxyBegin::Header(ProxyInfo::new(header, PeerAddr::Memory), length),
        Err(mistake) => ProxyBegin::Refused(mistake.to_string()),
    }
}

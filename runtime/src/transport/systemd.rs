//! The sockets that systemd passes to a program (`sd_listen_fds(3)`).

use std::fmt::Write as _;
use std::mem;
use std::os::fd::OwnedFd;
use std::sync::OnceLock;

use kai_tcp_server_spec::listen::{Entry, Passed as Which, Proxy};
use socket2::{SockRef, Socket};

use super::given::{GivenEndpoint, Kind};
use super::listener::Endpoint;
use super::passed::Passed;
use crate::error::{Error, ErrorKind, Result};
use crate::log::Quoted;
use crate::options::{Options, listen};

/// The most descriptors that are believed to be passed.
const MOST: u32 = 1024;

/// The sockets of this process: they are asked for once, as whoever asks owns them.
static PASSED: OnceLock<std::result::Result<Vec<PassedSocket>, String>> = OnceLock::new();

/// A descriptor that was passed.
struct PassedSocket {
    name: Option<String>,
    /// A socket that listens, or what it is instead.
    socket: std::result::Result<(Socket, Kind), &'static str>,
}

/// Takes the sockets over, so that no child process gets them. `run` does it first of all: later,
/// descriptors of the program's own might have the numbers that an environment which is wrong says.
pub(crate) fn take() {
    let _ = passed();
}

fn passed() -> &'static std::result::Result<Vec<PassedSocket>, String> {
    PASSED.get_or_init(|| {
        let count = std::env::var("LISTEN_FDS").ok().and_then(|count| count.parse().ok());
        if count.is_some_and(|count: u32| count > MOST) {
            return Err(format!(
                "LISTEN_FDS is more than the {MOST} sockets that a program takes"
            ));
        }
        let passed = sd_listen_fds::get().map_err(|error| error.to_string())?;
        let socket = |(name, fd): (Option<String>, sd_listen_fds::OwnedFd)| PassedSocket {
            name,
            socket: judge(fd.into_std()),
        };
        Ok(passed.into_iter().map(socket).collect())
    })
}

fn judge(fd: OwnedFd) -> std::result::Result<(Socket, Kind), &'static str> {
    let judged = Kind::of(&SockRef::from(&fd));
    match judged {
        Ok(kind) => {
            let socket = Socket::from(fd);
            let _ = socket.set_cloexec(true);
            Ok((socket, kind))
        }
        Err(is) => {
            // Whether it is open, and whose it is, only whoever has passed it knows.
            mem::forget(fd);
            Err(is)
        }
    }
}

/// Returns the endpoints of those that `which` names, all in the order in which they were passed.
pub(super) fn endpoints(
    options: &Options,
    entry: &Entry<'_>,
    which: Which<'_>,
    passed: &mut Passed,
) -> Result<Vec<Box<dyn Endpoint>>> {
    // An old process has passed on what systemd has passed to it.
    let mut endpoints = passed_on(which, passed)?;
    if endpoints.is_empty() {
        endpoints = find(which)?;
    }
    // The mode of a Unix socket's file says who may send a header.
    let mut addrs = endpoints.iter().map(|endpoint| endpoint.local_addr());
    if entry.proxy != Proxy::Off && options.trusted_proxies.is_empty() && addrs.any(|addr| addr.socket_addr().is_some())
    {
        return Err(Error::new(ErrorKind::Options, listen::untrusted(&entry.address)));
    }
    Ok(endpoints)
}

fn passed_on(which: Which<'_>, passed: &mut Passed) -> Result<Vec<Box<dyn Endpoint>>> {
    let mut endpoints: Vec<Box<dyn Endpoint>> = Vec::new();
    let key = spelled(which);
    while let Some(socket) = passed.take(&key) {
        let kind = Kind::of(&socket).map_err(|is| Error::new(ErrorKind::Listen, unfit(which, endpoints.len(), is)))?;
        endpoints.push(Box::new(GivenEndpoint::new(socket, kind)?.with_key(key.clone())));
    }
    Ok(endpoints)
}

fn find(which: Which<'_>) -> Result<Vec<Box<dyn Endpoint>>> {
    let failed = |message: String| Error::new(ErrorKind::Listen, message);
    let all = passed()
        .as_ref()
        .map_err(|problem| failed(format!("{} can't be had from systemd: {problem}", spelled(which))))?;
    let is_meant = |(number, one): &(usize, &PassedSocket)| match which {
        Which::Named(name) => one.name.as_deref() == Some(name),
        Which::Numbered(wanted) => *number == wanted,
    };
    let meant: Vec<_> = all.iter().enumerate().filter(is_meant).collect();
    if meant.is_empty() {
        return Err(failed(missing(which, all)));
    }
    let endpoint = |(number, one): (usize, &PassedSocket)| -> Result<Box<dyn Endpoint>> {
        let (socket, kind) = one.socket.as_ref().map_err(|is| failed(unfit(which, number, is)))?;
        let socket = socket
            .try_clone()
            .map_err(|error| failed(format!("{} can't be duplicated", spelled(which))).caused_by(error))?;
        Ok(Box::new(
            GivenEndpoint::new(socket, kind.clone())?.with_key(spelled(which)),
        ))
    };
    meant.into_iter().map(endpoint).collect()
}

fn spelled(which: Which<'_>) -> String {
    match which {
        Which::Named(name) => format!("systemd:{name}"),
        Which::Numbered(number) => format!("systemd:{number}"),
    }
}

fn unfit(which: Which<'_>, number: usize, is: &str) -> String {
    let way_out = match is {
        "a connection" => {
            "the unit says `Accept=yes`, which starts a program for each connection and isn't supported: \
                           write `Accept=no`, and the program accepts them all"
                .to_owned()
        }
        "a datagram socket" => "write `ListenStream=` instead of `ListenDatagram=`".to_owned(),
        _ => "a server needs one of TCP or a Unix socket that listens (`ListenStream=`)".to_owned(),
    };
    format!(
        "{}, number {number} of what systemd has passed, is {is}: {way_out}",
        spelled(which)
    )
}

fn missing(which: Which<'_>, all: &[PassedSocket]) -> String {
    let spelled = spelled(which);
    if all.is_empty() {
        let name = match which {
            Which::Named(name) => format!(" --fdname={name}"),
            Which::Numbered(_) => String::new(),
        };
        return format!(
            "{spelled} isn't there, as systemd has passed no socket: start the program by its `.socket` unit, or try it by \
             `systemd-socket-activate -l 127.0.0.1:10000{name} PROGRAM`"
        );
    }
    let mut message = format!("{spelled} isn't among what systemd has passed: ");
    for (number, one) in all.iter().enumerate() {
        let comma = if number == 0 { "" } else { ", " };
        let name = one.name.as_deref().unwrap_or("without a name");
        let is = one
            .socket
            .as_ref()
            .map_or_else(|is| (*is).to_owned(), |(_, kind)| kind.local_addr().to_string());
        // Writing to a `String` doesn't fail.
        let _ = write!(message, "{comma}{number} is {} ({is})", Quoted(name));
    }
    message.push_str("; a unit names its sockets by `FileDescriptorName=`");
    message
}

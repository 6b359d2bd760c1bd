//! Sockets of this process that a server holds, for tests that inspect and break them.

use std::fs;
use std::net::{SocketAddr, TcpStream};

use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};

/// Duplicates the socket that listens on this IPv4 address.
///
/// # Panics
///
/// If no socket of this process does.
pub fn listener_of(local: SocketAddr) -> TcpStream {
    copy(local, SocketAddr::from(([0, 0, 0, 0], 0)))
}

/// Duplicates this end of the IPv4 connection with `peer`.
///
/// # Panics
///
/// If this process has no such connection.
pub fn connection_of(local: SocketAddr, peer: SocketAddr) -> TcpStream {
    copy(local, peer)
}

/// Duplicates only the requested socket: a duplicate keeps a socket open, and the others belong to
/// other tests.
fn copy(local: SocketAddr, peer: SocketAddr) -> TcpStream {
    let table = fs::read_to_string("/proc/self/net/tcp").expect("Linux says so");
    let addresses = [as_in_table(local), as_in_table(peer)];
    let sockets: Vec<String> = table
        .lines()
        .filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            (fields.get(1..3)? == addresses).then(|| format!("socket:[{}]", fields[9]))
        })
        .collect();
    let descriptors = fs::read_dir("/proc/self/fd").expect("Linux says so");
    let number = descriptors
        .filter_map(Result::ok)
        .find(|entry| {
            fs::read_link(entry.path()).is_ok_and(|link| sockets.iter().any(|socket| link.as_os_str() == &**socket))
        })
        .and_then(|entry| entry.file_name().to_str()?.parse().ok())
        .unwrap_or_else(|| panic!("no socket here is {local} with {peer}"));
    let this = pidfd_open(getpid(), PidfdFlags::empty()).expect("Linux has them since 5.3");
    let copy = pidfd_getfd(&this, number, PidfdGetfdFlags::empty()).expect("it is there still");
    TcpStream::from(copy)
}

/// Formats an address as the kernel does: the bytes of the address as one number, then the port, in
/// hexadecimal digits.
fn as_in_table(addr: SocketAddr) -> String {
    let SocketAddr::V4(addr) = addr else {
        panic!("{addr} is not of IPv4");
    };
    let number = u32::from_ne_bytes(addr.ip().octets());
    format!("{number:08X}:{:04X}", addr.port())
}

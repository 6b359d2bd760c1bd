//! Why nothing can listen at a Unix socket.

use std::io;
use std::path::Path;

use crate::error::{Error, ErrorKind};
use crate::transport::addr::LocalAddr;

pub(super) fn cannot_listen(path: &Path, error: io::Error) -> Error {
    let addr = LocalAddr::Unix(path.to_owned());
    let message = match error.kind() {
        io::ErrorKind::AddrInUse => format!("{addr} is taken"),
        io::ErrorKind::PermissionDenied => format!("not permitted to listen on {addr}"),
        io::ErrorKind::InvalidInput => format!("{addr} is longer than this system takes"),
        _ => format!("cannot listen on {addr}"),
    };
    Error::new(ErrorKind::Listen, message).caused_by(error)
}

//! Erlang/OTP: the process becomes the script beside this file, so that the limits and processors set here are its own.

use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use crate::Result;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/compare/servers/echo.escript");

/// Looks whether it is installed.
pub(super) fn prepare() -> Result {
    let mut command = Command::new("escript");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // Without a script it ends at once, and complains; what counts is that it starts.
    command
        .status()
        .map(drop)
        .map_err(|error| format!("escript: {error}").into())
}

pub(super) fn serve(addr: SocketAddr) -> Result {
    let port = addr.port().to_string();
    let error = Command::new("escript").args([SCRIPT, &port]).exec();
    Err(format!("cannot become escript: {error}").into())
}

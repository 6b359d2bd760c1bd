//! Erlang/OTP: the process becomes the script beside this file, so that the limits and processors set here are its own.

use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use crate::Result;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/compare/servers/echo.escript");

pub(super) fn serve(addr: SocketAddr) -> Result {
    let port = addr.port().to_string();
    let error = Command::new("escript").args([SCRIPT, &port]).exec();
    Err(format!("cannot become escript: {error}").into())
}

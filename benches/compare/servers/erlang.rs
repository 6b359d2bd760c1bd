//! Erlang/OTP: the process executes the script beside this file, so that the limits and processors
//! set here apply.

use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::WORK;
use crate::Result;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/servers/echo.escript");

/// Checks that Erlang is installed.
pub(super) fn prepare() -> Result {
    let mut command = Command::new("escript");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // Without a script it ends at once with an error. Only its start matters.
    command
        .status()
        .map(drop)
        .map_err(|error| format!("escript: {error}").into())
}

pub(super) fn serve(addr: SocketAddr) -> Result {
    become_it(addr, Duration::ZERO)
}

pub(super) fn serve_working(addr: SocketAddr) -> Result {
    become_it(addr, WORK)
}

fn become_it(addr: SocketAddr, work: Duration) -> Result {
    let (port, work) = (addr.port().to_string(), work.as_nanos().to_string());
    let error = Command::new("escript").args([SCRIPT, &port, &work]).exec();
    Err(format!("cannot become escript: {error}").into())
}

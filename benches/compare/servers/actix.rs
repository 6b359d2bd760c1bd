//! actix-server: a separate program, which this module builds and executes.

use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::time::Duration;

use super::WORK;
use crate::Result;

const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/servers/actix/Cargo.toml");
/// The folder where cargo lets benchmarks write.
const TARGET: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/actix");

/// Builds the program if that isn't done yet.
pub(super) fn prepare() -> Result {
    let mut cargo = Command::new("cargo");
    cargo.args([
        "build",
        "--quiet",
        "--release",
        "--locked",
        "--manifest-path",
        MANIFEST,
        "--target-dir",
        TARGET,
    ]);
    let status = cargo.status()?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("cargo build: {status}").into())
    }
}

pub(super) fn serve(addr: SocketAddr) -> Result {
    become_it(addr, Duration::ZERO)
}

pub(super) fn serve_working(addr: SocketAddr) -> Result {
    become_it(addr, WORK)
}

fn become_it(addr: SocketAddr, work: Duration) -> Result {
    let error = Command::new(format!("{TARGET}/release/actix"))
        .arg(addr.to_string())
        .arg(work.as_nanos().to_string())
        .exec();
    Err(format!("cannot become it: {error}").into())
}

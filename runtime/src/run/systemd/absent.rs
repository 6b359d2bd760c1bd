//! The functions of `systemd.rs` without the feature `systemd`: they do nothing.

use std::convert::Infallible;

use tokio::runtime::Handle;

pub(crate) fn take_sockets() {}

pub(crate) fn ready() {}

pub(crate) fn reloading() {}

pub(crate) fn stopping() {}

pub(crate) async fn feed_watchdog(_: &[Handle]) -> Infallible {
    std::future::pending().await
}

#[cfg(all(target_os = "linux", feature = "upgrade"))]
pub(crate) fn main_pid(_: u32) {}

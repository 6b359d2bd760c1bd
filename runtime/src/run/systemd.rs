//! Notifications to systemd about a program that `run` serves: readiness, reloads, the stop and the
//! watchdog (`sd_notify(3)`).

use std::convert::Infallible;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::runtime::Handle;
use tokio::time::{MissedTickBehavior, interval};

use crate::log::event;

/// Takes over the sockets that systemd has passed.
pub(crate) fn take_sockets() {
    crate::transport::systemd::take();
}

/// Notifies systemd that all servers listen.
pub(crate) fn ready() {
    tell(&[NotifyState::Ready]);
}

/// Notifies systemd that a reload begins; `ready` marks its end.
pub(crate) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(_) => tell(&[NotifyState::Reloading]),
    }
}

/// Notifies systemd that another process is the service's main one from here on. It says itself
/// that it is ready, as systemd hears it now.
#[cfg(all(target_os = "linux", feature = "upgrade"))]
pub(crate) fn main_pid(pid: u32) {
    tell(&[NotifyState::MainPid(pid)]);
}

/// Notifies systemd that a stop begins.
pub(crate) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Feeds the watchdog for as long as this runtime and each of `cores` respond. If one of them
/// blocks, the watchdog expires.
pub(crate) async fn feed_watchdog(cores: &[Handle]) -> Infallible {
    let Some(limit) = sd_notify::watchdog_enabled().filter(|limit| !limit.is_zero()) else {
        return std::future::pending().await;
    };
    let mut pulse = interval((limit / 2).max(Duration::from_millis(1)));
    pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        pulse.tick().await;
        for core in cores {
            // The spawn fails only if the core has ended with the program.
            let _ = core.spawn(std::future::ready(())).await;
        }
        tell(&[NotifyState::Watchdog]);
    }
}

/// Sends a notification. Outside systemd there is no receiver, which isn't an error.
fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        event!(warn, name: "systemd not told", %error, "systemd can't be notified: {error}");
    }
}

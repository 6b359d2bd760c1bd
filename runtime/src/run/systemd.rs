//! What systemd is told of a program that `run` serves: readiness, reloads, the stop, and that it lives (`sd_notify(3)`).

use std::convert::Infallible;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::runtime::Handle;
use tokio::time::{MissedTickBehavior, interval};

use crate::log::event;

/// All servers listen.
pub(crate) fn ready() {
    tell(&[NotifyState::Ready]);
}

/// Options are read anew; `ready` says when that is done.
pub(crate) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(_) => tell(&[NotifyState::Reloading]),
    }
}

/// A stop begins.
pub(crate) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Lives as long as the watchdog is fed: as long as this runtime and each of `cores` answer. One that blocks starves it.
pub(crate) async fn feed_watchdog(cores: &[Handle]) -> Infallible {
    let Some(limit) = sd_notify::watchdog_enabled().filter(|limit| !limit.is_zero()) else {
        return std::future::pending().await;
    };
    let mut pulse = interval((limit / 2).max(Duration::from_millis(1)));
    pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        pulse.tick().await;
        for core in cores {
            // Only a core that has ended with the program doesn't run it.
            let _ = core.spawn(std::future::ready(())).await;
        }
        tell(&[NotifyState::Watchdog]);
    }
}

/// Without systemd nobody listens, which is no error.
fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        event!(warn, name: "systemd not told", %error, "systemd can't be told: {error}");
    }
}

//! The signals that a program under `run` obeys: SIGINT and SIGTERM end it, SIGHUP reloads it, and
//! SIGUSR2 upgrades it.

use std::future::pending;
use std::pin::pin;
use std::{io, thread};

use tokio::runtime::Builder;
use tokio::sync::mpsc::{Receiver, UnboundedReceiver, channel, unbounded_channel};

use crate::error::{Error, ErrorKind, Result};
use crate::task::block_on;

/// The signals that request an end, a reload or an upgrade.
///
/// A separate thread waits for them, so that they are noticed even while callbacks block all
/// threads of the runtimes.
pub(super) struct Signals {
    pub(super) ends: Ends,
    pub(super) reloads: Receiver<()>,
    /// Without the feature `upgrade`, none comes.
    pub(super) upgrades: Receiver<()>,
}

pub(super) struct Ends(UnboundedReceiver<()>);

/// The request that a signal makes.
#[cfg_attr(not(unix), expect(dead_code))]
enum Asked {
    End,
    Reload,
    Upgrade,
}

impl Signals {
    pub(super) fn new() -> Result<Self> {
        let cannot = |error| Error::new(ErrorKind::Other, "cannot listen for signals").caused_by(error);
        let runtime = Builder::new_current_thread().enable_io().build().map_err(cannot)?;
        let mut sources = {
            let _inside = runtime.enter();
            Sources::new().map_err(cannot)?
        };
        let (end, ends) = unbounded_channel();
        // A request while another one is pending is the same request.
        let (reload, reloads) = channel(1);
        let (upgrade, upgrades) = channel(1);
        let listen = async move {
            loop {
                tokio::select! {
                    () = end.closed() => return,
                    asked = sources.next() => match asked {
                        Asked::End => drop(end.send(())),
                        Asked::Reload => drop(reload.try_send(())),
                        Asked::Upgrade => drop(upgrade.try_send(())),
                    },
                }
            }
        };
        let thread = thread::Builder::new().name("signals".to_owned());
        thread.spawn(move || block_on(&runtime, pin!(listen))).map_err(cannot)?;
        Ok(Signals {
            ends: Ends(ends),
            reloads,
            upgrades,
        })
    }
}

impl Ends {
    pub(super) async fn next(&mut self) {
        if self.0.recv().await.is_none() {
            pending::<()>().await;
        }
    }
}

/// The sources of signals.
#[cfg(unix)]
struct Sources {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    user: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Sources {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Sources {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            #[cfg(all(target_os = "linux", feature = "upgrade"))]
            user: signal(SignalKind::user_defined2())?,
        })
    }

    async fn next(&mut self) -> Asked {
        #[cfg(all(target_os = "linux", feature = "upgrade"))]
        let user = async {
            let _ = self.user.recv().await;
        };
        #[cfg(not(all(target_os = "linux", feature = "upgrade")))]
        let user = pending::<()>();
        tokio::select! {
            _ = self.interrupt.recv() => Asked::End,
            _ = self.terminate.recv() => Asked::End,
            _ = self.hangup.recv() => Asked::Reload,
            () = user => Asked::Upgrade,
        }
    }
}

#[cfg(not(unix))]
struct Sources;

#[cfg(not(unix))]
impl Sources {
    #[expect(clippy::unnecessary_wraps, reason = "elsewhere signals may not be had")]
    fn new() -> io::Result<Self> {
        Ok(Sources)
    }

    async fn next(&mut self) -> Asked {
        // Without a console there are no signals to wait for.
        if tokio::signal::ctrl_c().await.is_err() {
            pending::<()>().await;
        }
        Asked::End
    }
}

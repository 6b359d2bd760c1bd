//! The new process, as the old one has it: a child with a channel.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::VARIABLE;
use super::channel::{Channel, Incoming, is_end};
use super::message::{Following, Message, OfferedConnection};
use crate::error::{Error, ErrorKind, Result};
use crate::server::Server;
use crate::server::freezer::FrozenConnection;
use crate::task::Task;

/// The time that it has for a word that it has sent already, or for its end.
const WORD: Duration = Duration::from_millis(50);

/// The time between the end of its channel and its own.
const END: Duration = Duration::from_secs(1);

/// The time that a process may take to end that was killed.
const DEATH: Duration = Duration::from_secs(5);

/// The variables that are the old process's alone. Without the number of a process, the new one
/// feeds the watchdog.
const OWN_VARIABLES: [&str; 4] = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "WATCHDOG_PID"];

/// Frozen connections that are handed over in one go, each with the place of its server.
pub(super) type Batch = Vec<(usize, Box<FrozenConnection>)>;

/// The last words of the new process about connections.
pub(super) enum LastWord {
    /// It serves them, but for those that it refuses.
    Serving(Vec<(usize, String)>),
    /// It serves none of them: it has ended, or has closed its end of the channel without a word.
    None,
    /// It says nothing, and is there: the system can't end it now, or it goes on with others.
    Unknown,
}

/// The new process. Whoever drops it leaves it alone.
pub(super) struct NewProcess {
    child: Child,
    pub(super) channel: Channel,
}

impl NewProcess {
    /// Starts it, with the channel as its standard input.
    pub(super) async fn start(mut command: Command, limit: Instant) -> Result<Self> {
        let cannot = |error| Error::new(ErrorKind::Upgrade, "the new process can't be started").caused_by(error);
        let (ours, theirs) = UnixStream::pair().map_err(cannot)?;
        command.stdin(Stdio::from(OwnedFd::from(theirs)));
        command.env(VARIABLE, std::process::id().to_string());
        for variable in OWN_VARIABLES {
            command.env_remove(variable);
        }
        // The command has a duplicate of the other end, and is gone once this is done.
        let mut spawning = tokio::task::spawn_blocking(move || command.spawn());
        let Ok(spawned) = timeout_at(limit, &mut spawning).await else {
            // It has nothing to take over, and must not serve by itself.
            tokio::spawn(Task::new(async move {
                if let Ok(Ok(mut child)) = spawning.await {
                    let _ = child.kill();
                    let _ = child.wait();
                }
            }));
            return Err(late());
        };
        let child = spawned
            .unwrap_or_else(|error| Err(io::Error::other(error)))
            .map_err(cannot)?;
        let channel = Channel::new(ours, Incoming::default()).map_err(cannot)?;
        Ok(NewProcess { child, channel })
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Offers connections, and says how many may follow later.
    pub(super) async fn offer_connections(
        &self,
        servers: &[Server],
        batch: &Batch,
        following: Following,
    ) -> io::Result<()> {
        for (server, frozen) in batch {
            let FrozenConnection {
                socket,
                carried,
                frozen,
                ..
            } = &**frozen;
            let offered = OfferedConnection {
                label: servers[*server].label().to_owned(),
                carried: carried.clone_without_unread(),
                version: frozen.version(),
                session: frozen.bytes().len(),
            };
            let message = Message::Connection(Box::new(offered));
            let bytes = [frozen.bytes(), &carried.unread];
            self.channel.send(&message, &bytes, &[socket.as_fd()]).await?;
        }
        self.channel.send(&Message::Commit { following }, &[], &[]).await
    }

    /// Returns what it has said of the last connections. It is killed for that, unless it serves
    /// others already, which would be lost.
    ///
    /// The end of the channel is a word as well: it serves no connection before it has sent that it
    /// does, and what it has sent comes before the end.
    pub(super) async fn last_word(&mut self, serves: bool) -> LastWord {
        let has_ended = if serves {
            timeout(WORD, self.wait()).await.is_ok()
        } else {
            self.end().await
        };
        loop {
            match timeout(WORD, self.channel.receive()).await {
                Ok(Ok(Some(parcel))) => {
                    if let Message::Serving { refused } = parcel.message {
                        return LastWord::Serving(refused);
                    }
                }
                Ok(Ok(None)) => return LastWord::None,
                Ok(Err(error)) if is_end(&error) => return LastWord::None,
                _ if has_ended => return LastWord::None,
                _ => return LastWord::Unknown,
            }
        }
    }

    pub(super) async fn kill(mut self) {
        self.end().await;
    }

    /// Kills it, and waits until it has ended. Returns whether it has.
    async fn end(&mut self) -> bool {
        // It may have ended by itself.
        let _ = self.child.kill();
        timeout(DEATH, self.wait()).await.is_ok()
    }

    async fn wait(&mut self) {
        while matches!(self.child.try_wait(), Ok(None)) {
            sleep(Duration::from_millis(1)).await;
        }
    }

    /// Returns what is wrong, as it can't be talked to before it is ready.
    pub(super) async fn failed(&mut self, error: &io::Error) -> Error {
        match error.kind() {
            io::ErrorKind::InvalidData => lost(error),
            // It has closed the channel, by its end most likely.
            _ => self.ended().await,
        }
    }

    /// Returns the error that it has ended before it was ready.
    pub(super) async fn ended(&mut self) -> Error {
        // Its channel ends a moment before it does.
        let ended = async {
            loop {
                match self.child.try_wait() {
                    Ok(None) => sleep(Duration::from_millis(1)).await,
                    Ok(Some(status)) => return status.to_string(),
                    Err(error) => return error.to_string(),
                }
            }
        };
        let status = timeout(END, ended).await;
        let status = status.unwrap_or_else(|_| "it runs, and doesn't take over".to_owned());
        Error::new(
            ErrorKind::Upgrade,
            format!("the new process ended before it was ready: {status}"),
        )
    }
}

pub(super) fn late() -> Error {
    Error::new(ErrorKind::Upgrade, "the new process took longer than upgrade_timeout")
}

pub(super) fn lost(error: &io::Error) -> Error {
    Error::new(ErrorKind::Upgrade, format!("the new process is lost: {error}"))
}

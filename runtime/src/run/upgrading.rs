//! Upgrades of a program under `run`: SIGUSR2 starts the file of the program anew.

use std::cell::Cell;
use std::convert::Infallible;
use std::ffi::OsString;
use std::future::pending;
use std::io;
use std::path::PathBuf;
use std::process::Command;

use tokio::sync::mpsc::Receiver;

use super::systemd;
use crate::log::event;
use crate::server::Server;
use crate::upgrade::upgrade;

/// The command by which this program was started.
pub(super) struct Program {
    /// Its file: asked for at the start, as it may be replaced.
    file: io::Result<PathBuf>,
    arguments: Vec<OsString>,
    /// True once a new process is the service's main one.
    is_over: Cell<bool>,
}

impl Program {
    pub(super) fn of_this_process() -> Self {
        crate::upgrade::take();
        Program {
            file: std::env::current_exe(),
            arguments: std::env::args_os().skip(1).collect(),
            is_over: Cell::new(false),
        }
    }

    /// Returns whether a new process has taken over.
    pub(super) fn is_over(&self) -> bool {
        self.is_over.get()
    }

    fn command(&self) -> Option<Command> {
        let mut command = Command::new(self.file.as_ref().ok()?);
        command.args(&self.arguments);
        Some(command)
    }
}

/// Tells an old process that all servers listen.
pub(super) fn ready() {
    crate::upgrade::ready();
}

/// Upgrades the servers whenever a signal asks for it, if one of them has the option.
pub(super) async fn whenever_asked(servers: &[Server], asked: &mut Receiver<()>, program: &Program) -> Infallible {
    let is_wanted = servers.iter().any(|server| server.inner().options.upgrade);
    while asked.recv().await.is_some() {
        if !is_wanted {
            event!(warn, name: "no upgrade", "SIGUSR2 came, and no server has the option `upgrade`: nothing happens");
            continue;
        }
        let Some(command) = program.command() else {
            event!(error, name: "upgrade failed", "the file of this program isn't known");
            continue;
        };
        // It logs what becomes of it. A signal that comes meanwhile is answered behind it.
        if let Ok(upgraded) = upgrade(servers, command).await {
            program.is_over.set(true);
            systemd::main_pid(upgraded.pid);
            // The servers stop, so there is nothing more to upgrade.
            break;
        }
    }
    pending().await
}

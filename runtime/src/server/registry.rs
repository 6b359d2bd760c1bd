//! The registry: the servers in this process that have a name.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, ErrorKind, Result};
use crate::server::Server;

static SERVERS: LazyLock<Mutex<HashMap<&'static str, Option<Server>>>> = LazyLock::new(Mutex::default);

fn servers() -> MutexGuard<'static, HashMap<&'static str, Option<Server>>> {
    SERVERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the server that runs under this name in this process.
///
/// # Examples
///
/// ```
/// assert!(kai_tcp_server::whereis("nobody").is_none());
/// ```
pub fn whereis(name: &str) -> Option<Server> {
    servers().get(name).cloned().flatten()
}

/// A name that stays taken until this is dropped.
#[derive(Debug)]
pub(crate) struct Name(&'static str);

impl Name {
    pub(crate) fn take(name: &'static str) -> Result<Self> {
        match servers().entry(name) {
            Entry::Occupied(_) => Err(Error::new(
                ErrorKind::AlreadyStarted,
                format!("a server named {name:?} is already running in this process"),
            )),
            Entry::Vacant(entry) => {
                entry.insert(None);
                Ok(Name(name))
            }
        }
    }

    pub(crate) fn register(&self, server: Server) {
        servers().insert(self.0, Some(server));
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        // Drop the server outside the lock.
        let server = servers().remove(self.0);
        drop(server);
    }
}

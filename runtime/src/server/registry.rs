//! The registry: the servers in this process, and the names of those that have one.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, ErrorKind, Result};
use crate::server::Server;

static NAMED: LazyLock<Mutex<HashMap<&'static str, Option<Server>>>> = LazyLock::new(Mutex::default);

fn named() -> MutexGuard<'static, HashMap<&'static str, Option<Server>>> {
    NAMED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the server that runs under this name in this process.
///
/// # Examples
///
/// ```
/// assert!(kai_tcp_server::whereis("nobody").is_none());
/// ```
pub fn whereis(name: &str) -> Option<Server> {
    named().get(name).cloned().flatten()
}

/// The servers that run, by their numbers.
static RUNNING: Mutex<BTreeMap<u64, Server>> = Mutex::new(BTreeMap::new());

fn running() -> MutexGuard<'static, BTreeMap<u64, Server>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the number of the next server.
pub(crate) fn next_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Relaxed)
}

/// Returns the servers that run in this process, in the order in which they started: for what looks
/// at all of them, such as a page or a collector of figures.
///
/// A server is in the list from when [`start`](crate::start) has opened its port until it has
/// ended.
///
/// # Examples
///
/// ```
/// # use kai_tcp_server::{Action, servers, start, tcp_server, with};
/// # struct Echo;
/// # #[tcp_server(port = 0)]
/// # impl Echo {
/// #     fn handle_call(&self, data: &[u8]) -> Action { reply(data) }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> kai_tcp_server::Result {
/// let echo = start(Echo).await?;
/// for server in servers() {
///     println!("{} {}: {}", server.number(), server.label(), server.info().state);
/// }
/// assert_eq!(servers().len(), 1);
/// echo.stop().await;
/// assert!(servers().is_empty());
/// # Ok(())
/// # }
/// ```
pub fn servers() -> Vec<Server> {
    running().values().cloned().collect()
}

/// A place in the list of the servers that run, until this is dropped.
#[derive(Debug)]
pub(crate) struct Listed(u64);

impl Listed {
    pub(crate) fn new(server: &Server) -> Self {
        running().insert(server.number(), server.clone());
        Listed(server.number())
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        // Drop the server outside the lock.
        let server = running().remove(&self.0);
        drop(server);
    }
}

/// A name that stays taken until this is dropped.
#[derive(Debug)]
pub(crate) struct Name(&'static str);

impl Name {
    pub(crate) fn take(name: &'static str) -> Result<Self> {
        match named().entry(name) {
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
        named().insert(self.0, Some(server));
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        // Drop the server outside the lock.
        let server = named().remove(self.0);
        drop(server);
    }
}

//! The look-ups of names: some at a time for each client, and some more for all together.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::answer::Code;
use crate::reach::network;

/// The most names that are looked up at a time.
const ALL_MAX: usize = 32;

/// The most of them for one client: all connections from an address, or a /64 of IPv6. A look-up
/// whose name server is silent may take half a minute, so whoever asks for such names has to wait.
/// (Four such clients together still stop the others; `timeout` and `attempts` in `resolv.conf` say
/// for how long.)
const CLIENT_MAX: usize = 8;

/// Looks names up, as the system does. Look-ups beyond the limits wait.
pub struct Lookups {
    /// The permits of all clients.
    pub all: Arc<Semaphore>,
    /// The permits of each client that has look-ups, by its network.
    pub clients: Mutex<HashMap<Option<IpAddr>, Weak<Semaphore>>>,
}

impl Lookups {
    pub fn new() -> Self {
        Lookups {
            all: Arc::new(Semaphore::new(ALL_MAX)),
            clients: Mutex::default(),
        }
    }

    /// Returns the addresses of a name, with the port.
    pub async fn look_up(&self, client: Option<IpAddr>, name: String, port: u16) -> Result<Vec<SocketAddr>, Code> {
        // A client that waits for its own look-ups holds none of the others' permits.
        let own = self.permits_of(client).acquire_owned().await;
        let permit = Arc::clone(&self.all).acquire_owned().await;
        let (Ok(own), Ok(permit)) = (own, permit) else {
            return Err(Code::GeneralFailure);
        };
        // The system's function blocks its thread and can't be stopped, so the permits stay with it
        // when this call is cut.
        let found = spawn_blocking(move || {
            let _permits = (own, permit);
            (name, port).to_socket_addrs()
        });
        match found.await {
            Ok(Ok(addresses)) => Ok(addresses.collect()),
            Ok(Err(_)) => Err(Code::HostUnreachable),
            Err(_) => Err(Code::GeneralFailure),
        }
    }

    /// Returns the permits of a client. Look-ups hold them, so those of clients that have none are
    /// gone, and make room here.
    fn permits_of(&self, client: Option<IpAddr>) -> Arc<Semaphore> {
        let client = client.map(network);
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(permits) = clients.get(&client).and_then(Weak::upgrade) {
            return permits;
        }
        clients.retain(|_, permits| permits.strong_count() > 0);
        let permits = Arc::new(Semaphore::new(CLIENT_MAX));
        clients.insert(client, Arc::downgrade(&permits));
        permits
    }
}

//! A configuration that can be replaced while servers use it.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use tokio_rustls::rustls::ServerConfig;

/// A TLS configuration of the program's own: a `rustls::ServerConfig`, for
/// [`With::tls`](crate::With::tls).
///
/// All clones are the same configuration, and [`replace`](Self::replace) replaces it in all servers
/// that have one.
///
/// # Examples
///
/// ```
/// # use kai_tcp_server::{Action, Tls, start, tcp_server, with};
/// # struct Echo;
/// # #[tcp_server(port = 0)]
/// # impl Echo {
/// #     fn handle_call(&self, data: &[u8]) -> Action { reply(data) }
/// # }
/// async fn serve(config: rustls::ServerConfig) -> kai_tcp_server::Result {
///     let tls = Tls::from(config);
///     let server = start(with(Echo, Echo::OPTIONS).tls(tls.clone())).await?;
///     // Whenever there are new certificates: `tls.replace(new_config)`.
///     server.wait().await
/// }
/// # mod rustls { pub use tokio_rustls::rustls::ServerConfig; }
/// ```
#[derive(Clone)]
pub struct Tls(Arc<RwLock<Arc<ServerConfig>>>);

impl Tls {
    /// Replaces the configuration: handshakes that begin from now on take the new one, and what
    /// has begun goes on.
    ///
    /// Sessions of the former configuration aren't resumed under the new one.
    pub fn replace(&self, config: impl Into<Tls>) {
        // Not under the lock, as both may be the same.
        let config = config.into().config();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = config;
    }

    /// Returns the configuration of the moment.
    pub(super) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl From<ServerConfig> for Tls {
    fn from(config: ServerConfig) -> Self {
        Tls::from(Arc::new(config))
    }
}

impl From<Arc<ServerConfig>> for Tls {
    fn from(config: Arc<ServerConfig>) -> Self {
        Tls(Arc::new(RwLock::new(config)))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

//! Changes to a running server: its number of connections, its options, suspending and resuming it.

use std::sync::Weak;

use tokio::sync::oneshot;

use super::{Inner, Server};
use crate::accept::fd_limit;
use crate::accept::listener_set::SuspendedPort;
use crate::error::{Error, ErrorKind, Result};
use crate::log::{Quoted, event};
use crate::options::Options;
use crate::options::check;
use crate::options::environment::Configured;
use crate::options::reload::{OptionChange, OptionsCell};
use crate::transport::tls::set::TlsReload;

impl Server {
    /// Changes how many connections are served at one time, from now on.
    ///
    /// The limit is as exact as the option. If you raise it, waiting connections are served at
    /// once. If you lower it, no connection is closed, and new ones are served only when fewer than
    /// `max_processes` are left. Surplus acceptors end when their connections end; idle ones end at
    /// once.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Options`] for 0, and [`ErrorKind::NotRunning`] if the server is
    /// stopping or has stopped.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kai_tcp_server::{Action, start, tcp_server, with};
    /// # struct Echo;
    /// # #[tcp_server(port = 0, max_processes = 2)]
    /// # impl Echo {
    /// #     fn handle_call(&self, data: &[u8]) -> Action { reply(data) }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> kai_tcp_server::Result {
    /// let server = start(Echo).await?;
    /// server.set_max_processes(100)?;
    /// assert_eq!(server.info().max_processes, 100);
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_max_processes(&self, max_processes: usize) -> Result {
        if let Some(problem) = check::usize(check::Id::MaxProcesses, max_processes) {
            return Err(Error::new(ErrorKind::Options, problem));
        }
        self.goes_on()?;
        let Inner { slots, acceptors, .. } = &*self.inner;
        let Some(acceptors) = acceptors.get().and_then(Weak::upgrade) else {
            return Err(Error::new(ErrorKind::NotRunning, "the server has stopped"));
        };
        slots.set_max(max_processes);
        acceptors.stand_by();
        fd_limit::warn_if_fd_limit_low(self.label(), &self.inner.options, max_processes);
        event!(info, name: "max_processes set", server = self.label(), max_processes, "{max_processes} connections at a time from now on");
        Ok(())
    }

    /// Changes the options of the running server, as far as they can change, and returns the
    /// differences.
    ///
    /// [The table of options](macro@crate::tcp_server#options) says which can change. They apply to
    /// connections that begin from now on; existing connections keep theirs. Other options that
    /// differ stay unchanged; [`OptionChange::applied`] and a warning in the log report this.
    /// Protocol options that `options` leaves unset stay as they are. If `options` has an `env`, the
    /// environment overrides them as at the start.
    ///
    /// The certificates and keys of TLS are read anew, whether their options have changed or not:
    /// handshakes that begin from now on use them, and existing connections go on.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Options`], also if a file of TLS can't be used, or
    /// [`ErrorKind::NotRunning`] if the server is stopping or has stopped. After an error nothing
    /// has changed.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// # use kai_tcp_server::{Action, start, tcp_server};
    /// # struct Echo;
    /// # #[tcp_server(port = 0)]
    /// # impl Echo {
    /// #     fn handle_call(&self, data: &[u8]) -> Action { reply(data) }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> kai_tcp_server::Result {
    /// let server = start(Echo).await?;
    /// let options = Echo::OPTIONS.recv_timeout(Duration::from_secs(30)).backlog(64);
    /// let changes = server.reload(options)?;
    /// assert_eq!(changes[0].to_string(), "recv_timeout = 30s (was 5m)");
    /// assert_eq!(changes[1].to_string(), "backlog stays 1024: 64 needs a restart");
    /// # Ok(())
    /// # }
    /// ```
    pub fn reload(&self, options: Options) -> Result<Vec<OptionChange>> {
        let configured = Configured::new(options.asked_of(&self.inner.options))?;
        self.goes_on()?;
        let server = self.label();
        configured.tell(server);
        let turn = self.inner.tls.turn();
        let change = OptionsCell::plan(&self.running(), &configured.options);
        let tls = self.inner.tls.prepare(&change.next)?;
        let changes = self.inner.live.take_over(change);
        self.inner.tls.commit(tls, turn, server);
        for change in &changes {
            let (option, said) = (change.name, Quoted(change));
            if change.applied {
                event!(info, name: "option changed", server, option, "{server}: {said}");
            } else {
                event!(warn, name: "option not changed", server, option, "{server}: {said}");
            }
        }
        if changes.iter().any(|change| change.name == "max_processes") {
            self.set_max_processes(configured.options.max_processes)?;
        }
        Ok(changes)
    }

    /// Reads the files of TLS anew, and returns whether there are any. After an error nothing has
    /// changed.
    pub(crate) fn reload_tls(&self) -> Result<bool> {
        let tls = &self.inner.tls;
        if tls.has_files() {
            let turn = tls.turn();
            tls.commit(self.prepare_tls()?, turn, self.label());
        }
        Ok(tls.has_files())
    }

    /// Reads the files of TLS anew, to be taken over.
    pub(crate) fn prepare_tls(&self) -> Result<TlsReload> {
        self.inner.tls.prepare(&self.running())
    }

    /// Asks the server for new options through its callback `reload`; the server logs the result.
    pub(crate) async fn ask_to_reload(&self) {
        let (done, answered) = oneshot::channel();
        if self.inner.reloads.send(done).await.is_ok() {
            let _ = answered.await;
        }
    }

    /// Suspends the server: it accepts no connections, and continues to serve the existing ones.
    /// This takes effect at once and may be called from anywhere, also from a callback.
    ///
    /// [`SuspendedPort::Kept`] keeps the port open, so that new connections wait in the kernel's
    /// backlog. [`SuspendedPort::Released`] closes the port, so that another process can bind it;
    /// connections that wait in the backlog then get a clean close, unserved. In both cases
    /// [`resume`](Self::resume) continues the server. A suspended server can be suspended again to
    /// release its port.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::NotRunning`] if the server is stopping or has stopped.
    ///
    /// # Examples
    ///
    /// ```
    /// use kai_tcp_server::{Action, SuspendedPort, ServerState, start, tcp_server};
    ///
    /// struct Echo;
    ///
    /// #[tcp_server(port = 0)]
    /// impl Echo {
    ///     fn handle_call(&self, data: &[u8]) -> Action {
    ///         reply(data)
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> kai_tcp_server::Result {
    /// let server = start(Echo).await?;
    /// server.suspend(SuspendedPort::Kept)?;
    /// assert_eq!(server.info().state, ServerState::Suspended(SuspendedPort::Kept));
    /// server.resume().await?;
    /// assert_eq!(server.info().state, ServerState::Listening);
    /// # Ok(())
    /// # }
    /// ```
    pub fn suspend(&self, port: SuspendedPort) -> Result {
        self.goes_on()?;
        if self.inner.listeners.suspend(port) {
            let server = self.label();
            event!(info, name: "suspended", server, %port, "{server} is suspended, its port is {port}");
        }
        Ok(())
    }

    /// Accepts connections again after [`suspend`](Self::suspend). Does nothing if the server isn't
    /// suspended.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Listen`] if the port was released and can't be bound again; the server
    /// stays suspended, and the call can be repeated. Returns [`ErrorKind::NotRunning`] if the
    /// server is stopping or has stopped.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the server either suspended or resumed.
    pub async fn resume(&self) -> Result {
        self.goes_on()?;
        if self.inner.listeners.resume().await? {
            let server = self.label();
            event!(info, name: "resumed", server, "{server} takes connections again");
        }
        Ok(())
    }
}

//! What changes while a server runs: how many are served, its options, whether it takes connections.

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
use crate::options::reload::OptionChange;

impl Server {
    /// Changes how many connections are served at one time, from now on.
    ///
    /// It is as exact as the option: raised, who waits is served at once; lowered, nobody is cut, and nobody new is served until fewer
    /// than `max_processes` are. The acceptors beyond it end when their connections do, idle ones at once.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Options`] for 0, [`ErrorKind::NotRunning`] when the server stops or has stopped.
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

    /// Goes on under other options, as far as they can change while it runs, and says what differs.
    ///
    /// `max_processes`, the limits of time and size, `half_close`, `mailbox`, `nodelay`, `keepalive`, `accept_error_sleep_time`, `shutdown` and `stop_delay` can change:
    /// connections that begin from now on have them, and those that there are keep theirs. What else differs stays as it is, which
    /// [`OptionChange::applied`] says, and a warning. What `options` doesn't say of the protocol stays too. The environment is laid over them as at the start, where they ask for
    /// that.
    ///
    /// # Errors
    ///
    /// Nothing changes after an error: [`ErrorKind::Options`], [`ErrorKind::NotRunning`] when the server stops or has stopped.
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
    /// let changes = server.reload(Echo::OPTIONS.recv_timeout(Duration::from_secs(30)).backlog(64))?;
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
        let changes = self.inner.live.change(&self.running(), &configured.options);
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

    /// Asks the server itself for the options to go on under, by its callback `reload`; its log says what came of it.
    pub(crate) async fn ask_to_reload(&self) {
        let (done, answered) = oneshot::channel();
        if self.inner.reloads.send(done).await.is_ok() {
            let _ = answered.await;
        }
    }

    /// Suspends the server: nobody is accepted, and who is connected is served on. Begins at once, from anywhere, a callback included.
    ///
    /// [`SuspendedPort::Kept`] keeps the port open, so that who connects waits in the kernel's backlog. [`SuspendedPort::Released`] closes it, for another
    /// process to have it; those who wait in the backlog then are closed in good order, unserved. In both cases [`resume`](Self::resume) goes
    /// on. A server that is suspended can be suspended anew to release its port.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotRunning`] when the server stops or has stopped.
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

    /// Goes on after [`suspend`](Self::suspend). Nothing happens where the server wasn't suspended.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Listen`] when the port was released and can't be had any more: the server stays suspended then, and this can be tried
    /// again. [`ErrorKind::NotRunning`] when the server stops or has stopped.
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

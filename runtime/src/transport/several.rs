//! Several listeners of one server: an endpoint of endpoints, and a listener of listeners.

use std::collections::VecDeque;
use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::runtime::Handle;

use super::AnyTransport;
use super::addr::LocalAddr;
use super::listener::{Arrived, Backlog, Endpoint, PortListener};
use super::memory::connector::Connector;
use crate::error::Result;

/// Returns the endpoint of several; one alone stays as it is.
pub(super) fn together(mut endpoints: Vec<Box<dyn Endpoint>>) -> Box<dyn Endpoint> {
    match endpoints.pop() {
        Some(one) if endpoints.is_empty() => one,
        last => {
            endpoints.extend(last);
            Box::new(SeveralEndpoint(endpoints))
        }
    }
}

/// Several endpoints, all open or none.
#[derive(Debug)]
struct SeveralEndpoint(Vec<Box<dyn Endpoint>>);

impl Endpoint for SeveralEndpoint {
    fn listen(&self, runtimes: &[Handle]) -> Result<Vec<Box<dyn PortListener>>> {
        let mut shards: Vec<SeveralListener> = runtimes.iter().map(|_| SeveralListener::default()).collect();
        for endpoint in &self.0 {
            // After an error, those that were opened are dropped, which closes them.
            let listeners = endpoint.listen(runtimes)?;
            for (shard, listener) in shards.iter_mut().zip(listeners) {
                shard.listeners.push(listener);
            }
        }
        let boxed = |shard| -> Box<dyn PortListener> { Box::new(shard) };
        Ok(shards.into_iter().map(boxed).collect())
    }

    /// Returns the first IP address; the first address, if there is none.
    fn local_addr(&self) -> LocalAddr {
        let addrs = self.local_addrs();
        let ip = addrs.iter().find(|addr| addr.socket_addr().is_some());
        ip.or(addrs.first()).cloned().unwrap_or(LocalAddr::Memory)
    }

    fn local_addrs(&self) -> Vec<LocalAddr> {
        self.0.iter().flat_map(|endpoint| endpoint.local_addrs()).collect()
    }

    fn close(&self) {
        self.0.iter().for_each(|endpoint| endpoint.close());
    }

    fn connector(&self) -> Option<Connector> {
        self.0.iter().find_map(|endpoint| endpoint.connector())
    }
}

/// The listeners of a shard. They are asked in turn, so that a flood at one of them keeps nobody
/// waiting at another.
#[derive(Debug, Default)]
struct SeveralListener {
    listeners: Vec<Box<dyn PortListener>>,
    /// The one that is asked first the next time.
    next: usize,
}

impl PortListener for SeveralListener {
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Arrived>> {
        let count = self.listeners.len();
        for turn in 0..count {
            let at = (self.next + turn) % count;
            if let Poll::Ready(accepted) = self.listeners[at].poll_accept(cx) {
                // Whatever it is: one that fails again and again keeps nobody waiting either.
                self.next = (at + 1) % count;
                return Poll::Ready(accepted);
            }
        }
        Poll::Pending
    }

    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    fn share(&self, sockets: &mut Vec<(String, std::os::fd::OwnedFd)>) -> io::Result<()> {
        self.listeners.iter().try_for_each(|listener| listener.share(sockets))
    }

    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    fn take_over(&self) {
        self.listeners.iter().for_each(|listener| listener.take_over());
    }

    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    fn give_away(self: Box<Self>) {
        self.listeners.into_iter().for_each(PortListener::give_away);
    }

    fn into_backlog(self: Box<Self>) -> Option<Backlog> {
        // All take no new connections from here on, before any of them is emptied.
        let backlogs: VecDeque<Backlog> = self
            .listeners
            .into_iter()
            .filter_map(PortListener::into_backlog)
            .collect();
        if backlogs.is_empty() {
            return None;
        }
        let most = backlogs
            .iter()
            .fold(0_usize, |most, backlog| most.saturating_add(backlog.most));
        let settles = backlogs.iter().map(|backlog| backlog.settles).max();
        let mut waiting = backlogs;
        Some(Backlog {
            accept: Box::new(move || accept(&mut waiting)),
            most,
            settles: settles.unwrap_or(Duration::ZERO),
        })
    }
}

/// Accepts from the backlogs in turn. One that has ended is dropped, which closes it.
fn accept(backlogs: &mut VecDeque<Backlog>) -> io::Result<AnyTransport> {
    for _ in 0..backlogs.len() {
        let Some(mut backlog) = backlogs.pop_front() else { break };
        match (backlog.accept)() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => backlogs.push_back(backlog),
            Err(error) if error.kind() == io::ErrorKind::NotConnected => {}
            accepted => {
                backlogs.push_back(backlog);
                return accepted;
            }
        }
    }
    Err(if backlogs.is_empty() {
        io::ErrorKind::NotConnected.into()
    } else {
        io::ErrorKind::WouldBlock.into()
    })
}

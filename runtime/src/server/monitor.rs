//! The monitor: an exact table of the current connections. A connection is in it for as long as its
//! permit lives (`permit.rs`).

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tokio::sync::Notify;

use crate::io::link::{ConnectionId, Counts, Link, Signal};
use crate::reason::CloseReason;
use crate::table::state::{ListedState, StateInfo};
use crate::transport::addr::PeerAddr;

/// A connection in the list of [`Server::connections`](crate::Server::connections).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConnectionInfo {
    /// The id of the connection.
    pub id: ConnectionId,
    /// The address of the peer.
    pub peer_addr: PeerAddr,
    /// The time at which the connection was accepted.
    pub since: SystemTime,
    /// The number of frames that were handled.
    pub calls: u64,
    /// The number of bytes received.
    pub bytes_in: u64,
    /// The number of bytes sent.
    pub bytes_out: u64,
    /// The state of the protocol that the connection is in; `None` if the protocol has no states.
    pub state: Option<&'static str>,
}

/// The number of connections that have ended for a reason, as listed in
/// [`ServerInfo`](crate::ServerInfo).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClosedInfo {
    /// The reason, as passed to `closed`.
    pub reason: CloseReason,
    /// The number of connections, including those of which the server wasn't told.
    pub connections: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Monitor {
    state: Mutex<MonitorState>,
    /// Notified when the last connection has ended.
    empty: Notify,
}

#[derive(Debug, Default)]
struct MonitorState {
    connections: HashMap<ConnectionId, Arc<Link>, BuildHasherDefault<Spread>>,
    accepted: u64,
    /// The figures of the connections that have ended.
    past: Counts,
    /// The part of all figures that is another process's: carried connections brought it along.
    carried: Counts,
    /// The number of those, by reason.
    closed: [u64; CloseReason::ALL.len()],
    /// The number of connections at the moment when the server was told to stop.
    stopping: Option<usize>,
    /// The number of connections that were cut while they were still in use.
    cut: usize,
}

/// A hasher of connection ids. Ids are counted, not chosen by peers, so it only has to spread them.
#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(byte.into());
        }
    }

    fn write_u64(&mut self, n: u64) {
        // A multiple of the golden ratio spreads neighbours far apart, in the upper bits too.
        self.0 = (self.0 ^ n).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl MonitorState {
    fn add(&mut self, link: Link) -> Arc<Link> {
        let link = Arc::new(link);
        self.connections.insert(link.id, Arc::clone(&link));
        if self.stopping.is_some() {
            link.tell(Signal::Stop);
        }
        link
    }
}

impl Monitor {
    fn state(&self) -> MutexGuard<'_, MonitorState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a connection to the table. If the server is stopping, the connection gets the stop
    /// signal at once.
    pub(crate) fn count(&self, link: Link) -> Arc<Link> {
        let mut state = self.state();
        state.accepted += 1;
        state.add(link)
    }

    /// Adds a connection that another process has accepted and served so far. That process has its
    /// figures in totals, so those of this process have only what comes from here on.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(crate) fn count_carried(&self, link: Link) -> Arc<Link> {
        let mut state = self.state();
        state.carried += link.counts();
        state.add(link)
    }

    /// Removes a connection that has ended.
    pub(crate) fn forget(&self, link: &Link) {
        let mut state = self.state();
        state.connections.remove(&link.id);
        state.past += link.counts();
        let reason = link.close_reason().unwrap_or(CloseReason::Stopped);
        state.closed[reason as usize] += 1;
        let empty = state.connections.is_empty();
        drop(state);
        if empty {
            self.empty.notify_waiters();
        }
    }

    /// Tells all connections to freeze, and returns them.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(crate) fn freeze(&self) -> std::collections::HashSet<ConnectionId> {
        let state = self.state();
        state.connections.values().for_each(|link| link.tell(Signal::Freeze));
        state.connections.keys().copied().collect()
    }

    /// Takes that back, for those that aren't frozen.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(crate) fn unfreeze(&self) {
        self.state().connections.values().for_each(|link| link.unfreeze());
    }

    /// Returns whether a connection is there.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(crate) fn has(&self, id: ConnectionId) -> bool {
        self.state().connections.contains_key(&id)
    }

    /// Tells all current and future connections that the server stops; returns how many there were
    /// at the first call.
    pub(crate) fn stop(&self) -> usize {
        let mut state = self.state();
        let connected = state.connections.len();
        state.connections.values().for_each(|link| link.tell(Signal::Stop));
        *state.stopping.get_or_insert(connected)
    }

    /// Ends all connections now.
    pub(crate) fn cut(&self) {
        let links: Vec<_> = self.state().connections.values().cloned().collect();
        // Read the state before the signal, because the connection may end as soon as it is
        // signalled.
        let cut = |link: &&Arc<Link>| {
            let in_conversation = !link.is_over() && link.signal() < Signal::Cut;
            link.tell(Signal::Cut);
            in_conversation
        };
        let cut = links.iter().filter(cut).count();
        self.state().cut += cut;
    }

    /// Returns how many connections were cut while they were still in use.
    pub(crate) fn were_cut(&self) -> usize {
        self.state().cut
    }

    pub(crate) fn kick(&self, id: ConnectionId) -> bool {
        self.link(id).inspect(|link| link.tell(Signal::Kick)).is_some()
    }

    pub(crate) fn link(&self, id: ConnectionId) -> Option<Arc<Link>> {
        self.state().connections.get(&id).cloned()
    }

    /// Waits until there are no connections.
    pub(crate) async fn wait_until_empty(&self) {
        loop {
            let empty = self.empty.notified();
            if self.curr_connections() == 0 {
                return;
            }
            empty.await;
        }
    }

    pub(crate) fn curr_connections(&self) -> usize {
        self.state().connections.len()
    }

    pub(crate) fn accepted(&self) -> u64 {
        self.state().accepted
    }

    /// Returns the figures of all connections, past and present, without those of the processes
    /// that served them before.
    pub(crate) fn totals(&self) -> Counts {
        let state = self.state();
        let mut totals = state.past;
        state.connections.values().for_each(|link| totals += link.counts());
        totals -= state.carried;
        totals
    }

    /// Returns how many connections have ended for each reason.
    pub(crate) fn closed(&self) -> Vec<ClosedInfo> {
        let closed = self.state().closed;
        let all = CloseReason::ALL.into_iter().zip(closed);
        all.map(|(reason, connections)| ClosedInfo { reason, connections })
            .collect()
    }

    /// Returns how many of the current connections are in each state.
    pub(crate) fn by_state(&self, states: &'static [ListedState]) -> Vec<StateInfo> {
        let counted = states.iter().map(|state| StateInfo {
            name: state.name,
            connections: 0,
        });
        let mut counted: Vec<_> = counted.collect();
        if !counted.is_empty() {
            for link in self.state().connections.values() {
                if let Some(state) = counted.get_mut(link.state()) {
                    state.connections += 1;
                }
            }
        }
        counted
    }

    pub(crate) fn links(&self) -> Vec<Arc<Link>> {
        let mut links: Vec<_> = self.state().connections.values().cloned().collect();
        links.sort_unstable_by_key(|link| link.id);
        links
    }
}

impl ConnectionInfo {
    pub(crate) fn of(link: &Link, states: &'static [ListedState]) -> Self {
        let Counts { calls, received, sent } = link.counts();
        ConnectionInfo {
            id: link.id,
            peer_addr: link.peer_addr(),
            since: link.since(),
            calls,
            bytes_in: received,
            bytes_out: sent,
            state: states.get(link.state()).map(|state| state.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::hash::BuildHasher as _;

    use super::*;

    #[test]
    fn a_connection_that_is_over_or_was_cut_before_is_not_counted_as_cut() {
        let monitor = Monitor::default();
        let [_first, over] = [(); 2].map(|()| monitor.count(Link::new(PeerAddr::Memory, 0)));
        over.end(CloseReason::Peer);
        monitor.cut();
        assert_eq!(monitor.were_cut(), 1);
        monitor.cut();
        assert_eq!(monitor.were_cut(), 1);
        let _another = monitor.count(Link::new(PeerAddr::Memory, 0));
        monitor.cut();
        assert_eq!(monitor.were_cut(), 2);
    }

    #[test]
    fn one_that_comes_while_the_server_stops_is_told_so_and_not_counted_with_those_before() {
        let monitor = Monitor::default();
        let first = monitor.count(Link::new(PeerAddr::Memory, 0));
        assert_eq!((monitor.stop(), first.signal()), (1, Signal::Stop));
        let second = monitor.count(Link::new(PeerAddr::Memory, 0));
        assert_eq!((second.signal(), monitor.stop()), (Signal::Stop, 1));
    }

    /// If neighbours were close, each lookup would pass all of them.
    #[test]
    fn neighbours_lie_far_apart_in_the_table() {
        let hash = |n: u64| BuildHasherDefault::<Spread>::default().hash_one(n);
        // The hash table takes the bucket from the lower bits and distinguishes entries by the
        // upper bits.
        let places: HashSet<_> = (0..1024).map(|n| hash(n) % 1024).collect();
        let tags: HashSet<_> = (0..1024).map(|n| hash(n) >> 57).collect();
        assert!(places.len() > 512 && tags.len() > 64, "{} {}", places.len(), tags.len());
        let bytes: HashSet<_> = (0..64)
            .map(|byte: u8| {
                let mut spread = Spread::default();
                spread.write(&[byte]);
                spread.finish()
            })
            .collect();
        assert_eq!(bytes.len(), 64);
    }
}

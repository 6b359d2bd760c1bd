//! The slots of the acceptors: counts those that exist, wait and serve, and keeps them within
//! `max_processes`. Everything that decides on these numbers is behind one lock here.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::{io, mem};

/// The counted acceptors of one server.
#[derive(Debug)]
pub(crate) struct AcceptorSlots {
    /// Never locked across an await. At most one accept(2) and the counting of its connection run
    /// while it is locked.
    state: Mutex<SlotsState>,
    /// Whether there is more than one shard.
    others: bool,
}

#[derive(Debug)]
struct SlotsState {
    max: usize,
    /// The highest number that any acceptor has had.
    highest: u32,
    /// The numbers up to `highest` that are free, as `max_processes` was higher before.
    free: BinaryHeap<Reverse<u32>>,
    /// The number of connections that are served.
    busy: usize,
    /// The number of slots that are kept for connections that another process serves still.
    kept: usize,
    shards: Box<[ShardSlots]>,
    /// Wakes the refuser, which waits until all slots are busy.
    refuser: Option<Waker>,
}

/// The acceptors that wait at one listener. Under `run` each core has a shard.
#[derive(Debug, Default)]
struct ShardSlots {
    /// The number of acceptors that wait for a connection, or for their turn to accept.
    idle: usize,
    /// The numbers of the acceptors that were started and don't wait yet.
    coming: Vec<u32>,
    /// The number of accepted connections that no acceptor has taken yet.
    handed: usize,
    /// The number of connections that are served, with those in `handed`.
    busy: usize,
    /// The number of connections that may come from another process and go on here.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    expected: usize,
    /// Wakes the acceptor that accepts for the shard.
    leader: Option<Waker>,
    /// Whether the leader leaves new connections to shards that serve fewer.
    leaves: bool,
}

impl ShardSlots {
    /// Returns how many acceptors wait here, or will, and have no connection yet.
    fn waiting(&self) -> usize {
        (self.idle + self.coming.len()).saturating_sub(self.handed)
    }

    fn arrived(&mut self, number: u32) {
        self.coming.retain(|&coming| coming != number);
    }
}

impl SlotsState {
    fn is_full(&self) -> bool {
        self.busy.saturating_add(self.kept) >= self.max
    }

    fn acceptors(&self) -> usize {
        self.highest as usize - self.free.len()
    }

    /// Returns whether the shard needs one more acceptor: an accepted connection has none, or the
    /// next connection may be accepted and no acceptor waits for it.
    fn lacks_one(&self, shard: usize) -> bool {
        let ShardSlots {
            idle, coming, handed, ..
        } = &self.shards[shard];
        idle + coming.len() < handed + usize::from(!self.is_full())
    }

    /// Returns whether the shard may have one more acceptor.
    ///
    /// Acceptors that wait at other shards don't count, as a blocked core keeps them from serving.
    /// An accepted connection is served even if `max` is lower by now.
    fn may_have_one_more(&self, shard: usize) -> bool {
        let shards = self.shards.iter().enumerate();
        let elsewhere = shards.filter(|(other, _)| *other != shard);
        let waiting_elsewhere: usize = elsewhere.map(|(_, shard)| shard.waiting()).sum();
        self.acceptors().saturating_sub(waiting_elsewhere) < self.max.max(self.busy)
    }

    /// Returns whether there are more acceptors than `max` and one that waits at each other shard.
    fn has_too_many(&self) -> bool {
        self.acceptors() >= self.max.saturating_add(self.shards.len())
    }

    /// Returns whether an acceptor that waits beside `others_waiting` in its shard is to end.
    fn is_one_too_many(&self, others_waiting: usize) -> bool {
        self.has_too_many() && (others_waiting > 0 || self.is_full())
    }

    /// Returns whether the shard serves more connections than another shard where an acceptor
    /// waits, by more than one in sixteen.
    fn is_ahead(&self, shard: usize) -> bool {
        let waiting = self.shards.iter().filter(|shard| shard.idle > shard.handed);
        let least = waiting.map(|shard| shard.busy).min().unwrap_or_default();
        self.shards.len() > 1 && self.shards[shard].busy > least + least / 16
    }

    /// Takes the leaders that left connections to other shards and needn't any more. If they
    /// weren't woken, all shards would wait for each other.
    fn caught_up(&mut self) -> Vec<Waker> {
        let caught_up = |shard: &usize| self.shards[*shard].leaves && !self.is_ahead(*shard);
        let shards: Vec<_> = (0..self.shards.len()).filter(caught_up).collect();
        let leaders = shards.into_iter().filter_map(|shard| {
            self.shards[shard].leaves = false;
            self.shards[shard].leader.take()
        });
        leaders.collect()
    }

    fn waiting(&mut self) -> Vec<Waker> {
        let leaders = self.shards.iter_mut().filter_map(|shard| shard.leader.take());
        leaders.chain(self.refuser.take()).collect()
    }
}

fn register(waiting: &mut Option<Waker>, cx: &Context<'_>) {
    match waiting {
        Some(waker) => waker.clone_from(cx.waker()),
        None => *waiting = Some(cx.waker().clone()),
    }
}

/// The next step of an acceptor that waits.
#[derive(Debug)]
pub(crate) enum Next<T, R> {
    /// The connection has its slot; `full` if that was the last free one.
    Served { accepted: T, full: bool },
    /// The connection isn't to be served.
    Refused(R),
    /// The acceptor is to end: there are more than there may be.
    Retire,
}

/// The acceptor that a connection is accepted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum For {
    /// The one that calls.
    Me,
    /// Another one of the same shard.
    Another,
}

impl AcceptorSlots {
    pub(crate) fn new(max: usize, shards: usize) -> Self {
        AcceptorSlots {
            state: Mutex::new(SlotsState {
                max,
                highest: 0,
                free: BinaryHeap::new(),
                busy: 0,
                kept: 0,
                shards: (0..shards).map(|_| ShardSlots::default()).collect(),
                refuser: None,
            }),
            others: shards > 1,
        }
    }

    fn state(&self) -> MutexGuard<'_, SlotsState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn max(&self) -> usize {
        self.state().max
    }

    /// Returns how many acceptors wait for a connection.
    #[cfg(feature = "metrics")]
    pub(crate) fn waiting(&self) -> usize {
        self.state().shards.iter().map(ShardSlots::waiting).sum()
    }

    /// Sets the limit. From when this returns, no connection is accepted while `max` are served.
    pub(crate) fn set_max(&self, max: usize) {
        let mut state = self.state();
        state.max = max;
        let waiting = state.waiting();
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Returns whether any other shard needs one more acceptor.
    pub(crate) fn others_lack_one(&self, shard: usize) -> bool {
        self.others && {
            let state = self.state();
            (0..state.shards.len()).any(|other| other != shard && state.lacks_one(other))
        }
    }

    /// Reserves a number for one more acceptor of the shard. Returns `None` if the shard needs
    /// none, or if there may be none.
    pub(crate) fn reserve(&self, shard: usize) -> Option<u32> {
        let mut state = self.state();
        if !state.lacks_one(shard) || !state.may_have_one_more(shard) {
            return None;
        }
        let number = if let Some(Reverse(number)) = state.free.pop() {
            number
        } else {
            state.highest = state.highest.checked_add(1)?;
            state.highest
        };
        state.shards[shard].coming.push(number);
        // Shards where several wait give one up.
        let too_many = state.has_too_many();
        let crowded = state.shards.iter_mut().filter(|shard| too_many && shard.waiting() > 1);
        let leaders: Vec<_> = crowded.filter_map(|shard| shard.leader.take()).collect();
        drop(state);
        leaders.into_iter().for_each(Waker::wake);
        Some(number)
    }

    /// Gives back a reserved number whose acceptor couldn't be started.
    pub(crate) fn cancel(&self, number: u32, shard: usize) {
        let mut state = self.state();
        state.shards[shard].arrived(number);
        state.free.push(Reverse(number));
    }

    /// Counts an acceptor as idle while the guard lives. Returns `None` if it is to end, as there
    /// are more than there may be; its number is free from then on.
    pub(crate) fn wait(&self, number: u32, shard: usize) -> Option<Idle<'_>> {
        let mut state = self.state();
        state.shards[shard].arrived(number);
        let others = &state.shards[shard];
        // An acceptor that a connection waits for stays.
        let is_wanted = others.idle + others.coming.len() < others.handed;
        if !is_wanted && state.is_one_too_many(others.waiting()) {
            state.free.push(Reverse(number));
            return None;
        }
        state.shards[shard].idle += 1;
        Some(Idle { slots: self, shard })
    }

    /// Returns `Ready` while all slots are busy. In any case the task of `cx` is woken when they
    /// become busy.
    pub(crate) fn poll_full(&self, cx: &Context<'_>) -> Poll<()> {
        let mut state = self.state();
        register(&mut state.refuser, cx);
        if state.is_full() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    /// Accepts a connection and gives it a slot, both under the lock, so that `max_processes` is
    /// exact.
    ///
    /// `accept` is told whether this shard serves more than others, and returns an `Err` for a
    /// connection that isn't to be served. The caller must call [`leave`](Self::leave) when the
    /// connection ends. In any case the task of `cx` is woken when the result may change.
    pub(crate) fn poll_take<T, R>(
        &self,
        shard: usize,
        whose: For,
        cx: &mut Context<'_>,
        accept: impl FnOnce(bool, &mut Context<'_>) -> Poll<io::Result<Result<T, R>>>,
    ) -> Poll<io::Result<Next<T, R>>> {
        let mut state = self.state();
        register(&mut state.shards[shard].leader, cx);
        let others = state.shards[shard].waiting().saturating_sub(1);
        if whose == For::Me && state.is_one_too_many(others) {
            return Poll::Ready(Ok(Next::Retire));
        }
        if state.is_full() {
            return Poll::Pending;
        }
        let ahead = state.is_ahead(shard);
        state.shards[shard].leaves = ahead;
        let accepted = match ready!(accept(ahead, cx))? {
            Ok(accepted) => accepted,
            Err(refused) => return Poll::Ready(Ok(Next::Refused(refused))),
        };
        state.busy += 1;
        state.shards[shard].busy += 1;
        state.shards[shard].handed += usize::from(whose == For::Another);
        state.shards[shard].leaves = false;
        let caught_up = state.caught_up();
        let full = state.is_full();
        let refuser = if full { state.refuser.take() } else { None };
        drop(state);
        refuser.into_iter().chain(caught_up).for_each(Waker::wake);
        Poll::Ready(Ok(Next::Served { accepted, full }))
    }

    /// Gives a connection a slot of a shard that another process has served so far, however many
    /// are served. It waits for an acceptor, as one that was handed over.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(crate) fn take_carried(&self, shard: usize) {
        let mut state = self.state();
        state.busy += 1;
        state.kept = state.kept.saturating_sub(1);
        let shard = &mut state.shards[shard];
        shard.expected -= 1;
        shard.busy += 1;
        shard.handed += 1;
        let refuser = if state.is_full() { state.refuser.take() } else { None };
        drop(state);
        refuser.into_iter().for_each(Waker::wake);
    }

    /// Returns which of the first `shards` serves the fewest connections, and expects one more
    /// there, until `take_carried` or `expect_no_more`.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(crate) fn expect(&self, shards: usize) -> usize {
        let mut state = self.state();
        let load = |shard: &usize| state.shards[*shard].busy + state.shards[*shard].expected;
        let least = (0..shards).min_by_key(load).unwrap_or_default();
        state.shards[least].expected += 1;
        least
    }

    /// The connection that was expected doesn't come.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(crate) fn expect_no_more(&self, shard: usize) {
        self.state().shards[shard].expected -= 1;
    }

    /// Keeps slots for the connections that are expected, and for so many that may follow: no other
    /// connection gets these.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(crate) fn keep(&self, following: usize) {
        let mut state = self.state();
        let expected: usize = state.shards.iter().map(|shard| shard.expected).sum();
        state.kept = expected.saturating_add(following);
        let waiting = state.waiting();
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Frees the slot of a connection that has ended.
    pub(crate) fn leave(&self, shard: usize) {
        let mut state = self.state();
        let was_full = state.is_full();
        state.busy -= 1;
        state.shards[shard].busy -= 1;
        let waiting = if was_full && !state.is_full() {
            state.waiting()
        } else {
            state.caught_up()
        };
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Calls `accept` for a connection to be refused, if all slots are busy.
    pub(crate) fn poll_refuse<T>(&self, accept: impl FnOnce() -> Poll<T>) -> Poll<T> {
        let state = self.state();
        if state.is_full() { accept() } else { Poll::Pending }
    }
}

/// A guard that counts an acceptor as idle.
#[derive(Debug)]
pub(crate) struct Idle<'a> {
    slots: &'a AcceptorSlots,
    shard: usize,
}

impl Idle<'_> {
    /// Takes a connection that was handed over, and stops counting as idle at the same moment: a
    /// look in between would find an idle acceptor that has a connection already.
    pub(crate) fn take_handed(self) {
        let mut state = self.slots.state();
        let shard = &mut state.shards[self.shard];
        shard.handed -= 1;
        shard.idle -= 1;
        drop(state);
        mem::forget(self);
    }
}

impl Drop for Idle<'_> {
    fn drop(&mut self) {
        self.slots.state().shards[self.shard].idle -= 1;
    }
}

#[cfg(test)]
mod tests;

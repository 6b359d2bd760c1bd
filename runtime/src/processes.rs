//! How many acceptors there are, how many of them serve, and how many there may be: `max_processes`, kept in one place.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// The acceptors of one server, counted.
#[derive(Debug)]
pub(crate) struct Processes {
    /// Never locked across an await. What is called meanwhile is one accept(2) at most.
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    max: usize,
    /// The highest number that an acceptor has had.
    highest: usize,
    /// The numbers up to `highest` that no acceptor has, since the server was lowered.
    free: BinaryHeap<Reverse<usize>>,
    /// How many lead or wait to lead.
    idle: usize,
    /// How many connections are served.
    busy: usize,
    /// Who waits at the listener until fewer are busy, and who until all are.
    leader: Option<Waker>,
    refuser: Option<Waker>,
}

impl State {
    fn is_full(&self) -> bool {
        self.busy >= self.max
    }

    fn acceptors(&self) -> usize {
        self.highest - self.free.len()
    }

    fn waiting(&mut self) -> [Option<Waker>; 2] {
        [self.leader.take(), self.refuser.take()]
    }
}

fn wake(waiting: [Option<Waker>; 2]) {
    waiting.into_iter().flatten().for_each(Waker::wake);
}

fn register(waiting: &mut Option<Waker>, cx: &Context<'_>) {
    match waiting {
        Some(waker) => waker.clone_from(cx.waker()),
        None => *waiting = Some(cx.waker().clone()),
    }
}

/// What an acceptor at the listener is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    Accept,
    /// There are more acceptors than there may be: end.
    Retire,
}

impl Processes {
    pub(crate) fn new(max: usize) -> Arc<Self> {
        Arc::new(Processes {
            state: Mutex::new(State {
                max,
                highest: 0,
                free: BinaryHeap::new(),
                idle: 0,
                busy: 0,
                leader: None,
                refuser: None,
            }),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn max(&self) -> usize {
        self.state().max
    }

    /// From when this returns on, nobody is accepted while `max` are served.
    pub(crate) fn set_max(&self, max: usize) {
        let mut state = self.state();
        state.max = max;
        let waiting = state.waiting();
        drop(state);
        wake(waiting);
    }

    pub(crate) fn idle(&self) -> usize {
        self.state().idle
    }

    pub(crate) fn is_full(&self) -> bool {
        self.state().is_full()
    }

    /// The number of one more acceptor, if there may be one.
    pub(crate) fn hire(&self) -> Option<usize> {
        let mut state = self.state();
        if state.acceptors() >= state.max {
            return None;
        }
        if let Some(Reverse(number)) = state.free.pop() {
            return Some(number);
        }
        state.highest += 1;
        Some(state.highest)
    }

    /// Whether an acceptor is to end, as there are more than there may be. Its number is free from then on.
    pub(crate) fn retire(&self, number: usize) -> bool {
        let mut state = self.state();
        let retires = state.acceptors() > state.max;
        if retires {
            state.free.push(Reverse(number));
        }
        retires
    }

    /// What was hired, and couldn't be started.
    pub(crate) fn dismiss(&self, number: usize) {
        self.state().free.push(Reverse(number));
    }

    /// Counts an acceptor as idle while the guard lives.
    pub(crate) fn wait(&self) -> Idle<'_> {
        self.state().idle += 1;
        Idle(self)
    }

    /// Ready when the acceptor at the listener is to accept or to end. Whatever is ready, a change wakes the task of `cx`.
    pub(crate) fn poll_turn(&self, cx: &Context<'_>) -> Poll<Turn> {
        let mut state = self.state();
        register(&mut state.leader, cx);
        if state.acceptors() > state.max {
            Poll::Ready(Turn::Retire)
        } else if state.is_full() {
            Poll::Pending
        } else {
            Poll::Ready(Turn::Accept)
        }
    }

    /// Ready while all processes are busy. Whatever is ready, a change wakes the task of `cx`.
    pub(crate) fn poll_full(&self, cx: &Context<'_>) -> Poll<()> {
        let mut state = self.state();
        register(&mut state.refuser, cx);
        if state.is_full() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    /// Accepts a connection to be served, which has its place from the moment on that it is there.
    pub(crate) fn poll_take<T>(
        self: &Arc<Self>,
        accept: impl FnOnce() -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<(T, Busy)>> {
        let mut state = self.state();
        if state.is_full() {
            return Poll::Pending;
        }
        let accepted = std::task::ready!(accept())?;
        state.busy += 1;
        let refuser = if state.is_full() { state.refuser.take() } else { None };
        drop(state);
        wake([None, refuser]);
        Poll::Ready(Ok((accepted, Busy(Arc::clone(self)))))
    }

    /// Accepts a connection to be refused, as long as nobody could serve it.
    pub(crate) fn poll_refuse<T>(&self, accept: impl FnOnce() -> Poll<T>) -> Poll<T> {
        let state = self.state();
        if state.is_full() { accept() } else { Poll::Pending }
    }
}

/// Counts an acceptor as idle.
#[derive(Debug)]
pub(crate) struct Idle<'a>(&'a Processes);

impl Idle<'_> {
    /// Says how many others are idle.
    pub(crate) fn end(self) -> usize {
        let mut state = self.0.state();
        state.idle -= 1;
        let others = state.idle;
        drop(state);
        std::mem::forget(self);
        others
    }
}

impl Drop for Idle<'_> {
    fn drop(&mut self) {
        self.0.state().idle -= 1;
    }
}

/// The place of a connection that is served.
#[derive(Debug)]
pub(crate) struct Busy(Arc<Processes>);

impl Drop for Busy {
    fn drop(&mut self) {
        let mut state = self.0.state();
        let was_full = state.is_full();
        state.busy -= 1;
        let waiting = if was_full && !state.is_full() {
            state.waiting()
        } else {
            [None, None]
        };
        drop(state);
        wake(waiting);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Accepts a connection, where one has come.
    fn take(processes: &Arc<Processes>) -> Option<Busy> {
        match processes.poll_take(|| Poll::Ready(Ok(()))) {
            Poll::Ready(taken) => taken.ok().map(|((), busy)| busy),
            Poll::Pending => None,
        }
    }

    fn refuse(processes: &Processes) -> bool {
        processes.poll_refuse(|| Poll::Ready(())).is_ready()
    }

    fn turn(processes: &Processes) -> Poll<Turn> {
        processes.poll_turn(&Context::from_waker(Waker::noop()))
    }

    #[test]
    fn each_connection_is_either_served_or_refused() {
        let processes = Processes::new(2);
        let busy = [take(&processes), take(&processes)];
        assert!(busy.iter().all(Option::is_some));
        assert!(take(&processes).is_none() && refuse(&processes));
        drop(busy);
        assert!(!refuse(&processes) && take(&processes).is_some());
    }

    /// Whoever was told to accept, and whoever was told that all are busy, asks again while nothing can change.
    #[test]
    fn a_change_between_the_turn_and_the_accept_counts() {
        let processes = Processes::new(2);
        let one = take(&processes);
        assert_eq!(turn(&processes), Poll::Ready(Turn::Accept));
        processes.set_max(1);
        assert!(take(&processes).is_none() && turn(&processes).is_pending());
        let refuser = Context::from_waker(Waker::noop());
        assert!(processes.poll_full(&refuser).is_ready());
        drop(one);
        assert!(!refuse(&processes) && processes.poll_full(&refuser).is_pending());
        assert!(take(&processes).is_some());
    }

    #[test]
    fn no_more_are_hired_than_there_may_be() {
        let processes = Processes::new(2);
        assert_eq!([(); 3].map(|()| processes.hire()), [Some(1), Some(2), None]);
        processes.set_max(1);
        assert_eq!(turn(&processes), Poll::Ready(Turn::Retire));
        assert!(processes.retire(1) && !processes.retire(2));
        assert_eq!(processes.hire(), None);
        processes.set_max(2);
        assert_eq!([(); 2].map(|()| processes.hire()), [Some(1), None]);
    }
}

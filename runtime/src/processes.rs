//! How many acceptors there are, how many of them serve, and how many there may be: `max_processes`, kept in one place.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

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
    highest: u32,
    /// The numbers up to `highest` that no acceptor has, since the server was lowered.
    free: BinaryHeap<Reverse<u32>>,
    /// How many connections are served.
    busy: usize,
    places: Box<[Place]>,
    /// Who waits until all are busy.
    refuser: Option<Waker>,
}

/// Where acceptors wait: one for each core that has any.
#[derive(Debug, Default)]
struct Place {
    /// How many wait for a connection or for their turn to.
    idle: usize,
    /// The number of one that was started and hasn't begun to wait yet.
    coming: Option<u32>,
    /// How many serve one.
    busy: usize,
    /// Who waits for a connection, and until fewer are busy.
    leader: Option<Waker>,
    /// Whether that one leaves connections to places that serve fewer.
    leaves: bool,
}

impl Place {
    /// Nobody waits there, nor is about to.
    fn is_empty(&self) -> bool {
        self.idle == 0 && self.coming.is_none()
    }

    fn arrived(&mut self, number: u32) {
        if self.coming == Some(number) {
            self.coming = None;
        }
    }
}

impl State {
    fn is_full(&self) -> bool {
        self.busy >= self.max
    }

    fn acceptors(&self) -> usize {
        self.highest as usize - self.free.len()
    }

    /// Whether more are served at a place than at another one where somebody waits, by more than a few in a hundred.
    fn is_ahead(&self, place: usize) -> bool {
        let waiting = self.places.iter().filter(|place| place.idle > 0);
        let least = waiting.map(|place| place.busy).min().unwrap_or_default();
        self.places.len() > 1 && self.places[place].busy > least + least / 16
    }

    /// Whoever leaves connections to others and needn't any more: else all would wait for each other.
    fn caught_up(&mut self) -> Vec<Waker> {
        let caught_up = |place: &usize| self.places[*place].leaves && !self.is_ahead(*place);
        let places: Vec<_> = (0..self.places.len()).filter(caught_up).collect();
        let leaders = places.into_iter().filter_map(|place| {
            self.places[place].leaves = false;
            self.places[place].leader.take()
        });
        leaders.collect()
    }

    fn waiting(&mut self) -> Vec<Waker> {
        let leaders = self.places.iter_mut().filter_map(|place| place.leader.take());
        leaders.chain(self.refuser.take()).collect()
    }
}

fn register(waiting: &mut Option<Waker>, cx: &Context<'_>) {
    match waiting {
        Some(waker) => waker.clone_from(cx.waker()),
        None => *waiting = Some(cx.waker().clone()),
    }
}

/// The place of a connection that was accepted, and who is left at the listener.
#[derive(Debug)]
pub(crate) struct Taken<'p> {
    pub(crate) busy: Busy<'p>,
    /// Whether nobody else waits at the same place.
    pub(crate) last: bool,
    pub(crate) full: bool,
}

impl Processes {
    pub(crate) fn new(max: usize, places: usize) -> Self {
        Processes {
            state: Mutex::new(State {
                max,
                highest: 0,
                free: BinaryHeap::new(),
                busy: 0,
                places: (0..places).map(|_| Place::default()).collect(),
                refuser: None,
            }),
        }
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
        waiting.into_iter().for_each(Waker::wake);
    }

    /// The number of one more acceptor for a place, if nobody waits there and there may be one.
    pub(crate) fn hire(&self, place: usize) -> Option<u32> {
        let mut state = self.state();
        if !state.places[place].is_empty() || state.acceptors() >= state.max {
            return None;
        }
        let number = if let Some(Reverse(number)) = state.free.pop() {
            number
        } else {
            state.highest = state.highest.checked_add(1)?;
            state.highest
        };
        state.places[place].coming = Some(number);
        Some(number)
    }

    /// What was hired, and couldn't be started.
    pub(crate) fn dismiss(&self, number: u32, place: usize) {
        let mut state = self.state();
        state.places[place].arrived(number);
        state.free.push(Reverse(number));
    }

    /// Counts an acceptor as idle while the guard lives. None: it is to end, as there are more than there may be, and its number is free from
    /// then on.
    pub(crate) fn wait(&self, number: u32, place: usize) -> Option<Idle<'_>> {
        let mut state = self.state();
        state.places[place].arrived(number);
        if state.acceptors() > state.max {
            state.free.push(Reverse(number));
            return None;
        }
        state.places[place].idle += 1;
        Some(Idle { processes: self, place })
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

    /// Accepts a connection to be served, which has its place from the moment on that it is there; `accept` is told whether more are
    /// served there than elsewhere. None: there are more acceptors than there may be, so that the one who asks is to end.
    ///
    /// Whatever is ready, a change wakes the task of `cx`.
    pub(crate) fn poll_take<T>(
        &self,
        place: usize,
        cx: &mut Context<'_>,
        accept: impl FnOnce(bool, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<Option<(T, Taken<'_>)>>> {
        let mut state = self.state();
        register(&mut state.places[place].leader, cx);
        if state.acceptors() > state.max {
            return Poll::Ready(Ok(None));
        }
        if state.is_full() {
            return Poll::Pending;
        }
        let ahead = state.is_ahead(place);
        state.places[place].leaves = ahead;
        let accepted = ready!(accept(ahead, cx))?;
        state.busy += 1;
        state.places[place].busy += 1;
        state.places[place].leaves = false;
        let caught_up = state.caught_up();
        let Place { idle, coming, .. } = &state.places[place];
        let (last, full) = (*idle <= 1 && coming.is_none(), state.is_full());
        let refuser = if full { state.refuser.take() } else { None };
        drop(state);
        refuser.into_iter().chain(caught_up).for_each(Waker::wake);
        let busy = Busy { processes: self, place };
        Poll::Ready(Ok(Some((accepted, Taken { busy, last, full }))))
    }

    /// A connection that was served has ended.
    pub(crate) fn leave(&self, place: usize) {
        let mut state = self.state();
        let was_full = state.is_full();
        state.busy -= 1;
        state.places[place].busy -= 1;
        let waiting = if was_full && !state.is_full() {
            state.waiting()
        } else {
            state.caught_up()
        };
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Accepts a connection to be refused, as long as nobody could serve it.
    pub(crate) fn poll_refuse<T>(&self, accept: impl FnOnce() -> Poll<T>) -> Poll<T> {
        let state = self.state();
        if state.is_full() { accept() } else { Poll::Pending }
    }
}

/// Counts an acceptor as idle.
#[derive(Debug)]
pub(crate) struct Idle<'a> {
    processes: &'a Processes,
    place: usize,
}

impl Drop for Idle<'_> {
    fn drop(&mut self) {
        self.processes.state().places[self.place].idle -= 1;
    }
}

/// The place of a connection that is served.
#[derive(Debug)]
pub(crate) struct Busy<'p> {
    processes: &'p Processes,
    place: usize,
}

impl Busy<'_> {
    /// It is the caller's to tell that the connection [leaves](Processes::leave).
    pub(crate) fn keep(self) {
        std::mem::forget(self);
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.processes.leave(self.place);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn ask(processes: &Processes, place: usize) -> Poll<Option<(bool, Busy<'_>)>> {
        let mut cx = Context::from_waker(Waker::noop());
        let taken = processes.poll_take(place, &mut cx, |ahead, _| Poll::Ready(Ok(ahead)));
        taken.map(|taken| taken.unwrap().map(|(ahead, taken)| (ahead, taken.busy)))
    }

    /// Accepts a connection, where one has come.
    fn take(processes: &Processes) -> Option<Busy<'_>> {
        match ask(processes, 0) {
            Poll::Ready(taken) => taken.map(|(_, busy)| busy),
            Poll::Pending => None,
        }
    }

    fn refuse(processes: &Processes) -> bool {
        processes.poll_refuse(|| Poll::Ready(())).is_ready()
    }

    fn is_to_end(processes: &Processes) -> bool {
        matches!(ask(processes, 0), Poll::Ready(None))
    }

    #[test]
    fn each_connection_is_either_served_or_refused() {
        let processes = Processes::new(2, 1);
        let busy = [take(&processes), take(&processes)];
        assert!(busy.iter().all(Option::is_some));
        assert!(take(&processes).is_none() && refuse(&processes));
        drop(busy);
        assert!(!refuse(&processes) && take(&processes).is_some());
    }

    /// Whoever was told that all are busy asks again while nothing can change.
    #[test]
    fn a_change_before_the_accept_counts() {
        let processes = Processes::new(2, 1);
        let one = take(&processes);
        processes.set_max(1);
        assert!(take(&processes).is_none() && !is_to_end(&processes));
        let refuser = Context::from_waker(Waker::noop());
        assert!(processes.poll_full(&refuser).is_ready());
        drop(one);
        assert!(!refuse(&processes) && processes.poll_full(&refuser).is_pending());
        assert!(take(&processes).is_some());
    }

    #[test]
    fn no_more_are_hired_than_there_may_be() {
        let processes = Processes::new(2, 3);
        assert_eq!([0, 1, 2].map(|place| processes.hire(place)), [Some(1), Some(2), None]);
        processes.set_max(1);
        assert!(is_to_end(&processes));
        assert!(processes.wait(1, 0).is_none());
        let waiting = processes.wait(2, 1);
        assert!(waiting.is_some() && processes.hire(0).is_none());
        processes.set_max(2);
        assert_eq!([0, 2].map(|place| processes.hire(place)), [Some(1), None]);
    }

    #[test]
    fn nobody_is_hired_for_a_place_where_somebody_waits_or_is_about_to() {
        let processes = Processes::new(9, 1);
        assert_eq!([(); 2].map(|()| processes.hire(0)), [Some(1), None]);
        let waiting = processes.wait(1, 0);
        assert!(processes.hire(0).is_none());
        drop(waiting);
        assert_eq!(processes.hire(0), Some(2));
        processes.dismiss(2, 0);
        assert_eq!(processes.hire(0), Some(2));
    }

    /// Tells whether it was woken.
    #[derive(Default)]
    struct Woken(std::sync::atomic::AtomicBool);

    impl std::task::Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.store(true, std::sync::atomic::Ordering::SeqCst);
        }
    }

    /// Else each of two places would wait for the other one.
    #[test]
    fn a_place_that_is_ahead_no_more_is_told_so() {
        let processes = Processes::new(9, 2);
        let _waiting = [processes.wait(1, 0), processes.wait(2, 1)];
        let _busy = ask(&processes, 0);
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let mut cx = Context::from_waker(&waker);
        let left = processes.poll_take(0, &mut cx, |ahead, _| {
            assert!(ahead);
            Poll::<io::Result<()>>::Pending
        });
        assert!(left.is_pending());
        let _taken = ask(&processes, 1);
        assert!(woken.0.load(std::sync::atomic::Ordering::SeqCst));
    }

    /// Where nobody waits nobody is waited for.
    #[test]
    fn a_place_is_ahead_of_those_alone_where_somebody_waits() {
        let processes = Processes::new(9, 2);
        let waiting = [processes.wait(1, 0), processes.wait(2, 1)];
        let ahead = |place| match ask(&processes, place) {
            Poll::Ready(Some((ahead, busy))) => (ahead, busy),
            other => panic!("{other:?}"),
        };
        let (first, _one) = ahead(0);
        let (second, _two) = ahead(0);
        let (behind, three) = ahead(1);
        assert!(!first && second && !behind);
        drop((three, waiting));
        let _waiting = processes.wait(1, 0);
        assert!(!ahead(0).0);
    }
}

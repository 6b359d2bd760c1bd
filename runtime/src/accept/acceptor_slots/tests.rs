//! Counts and wake-ups of acceptors, without sockets.

use std::sync::Arc;

use super::*;

/// A connection that was accepted: whether its place was ahead, and what ends it.
struct Busy<'p> {
    slots: &'p AcceptorSlots,
    shard: usize,
    ahead: bool,
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.slots.leave(self.shard);
    }
}

fn ask(slots: &AcceptorSlots, shard: usize, whose: For) -> Poll<Option<Busy<'_>>> {
    let mut cx = Context::from_waker(Waker::noop());
    let taken = slots.poll_take(shard, whose, &mut cx, |ahead, _| Poll::Ready(Ok(Ok::<_, ()>(ahead))));
    taken.map(|taken| match taken.unwrap() {
        Next::Served { accepted: ahead, .. } => Some(Busy { slots, shard, ahead }),
        Next::Refused(()) => panic!("nobody is refused"),
        Next::Retire => None,
    })
}

/// Accepts a connection, where one has come.
fn take(slots: &AcceptorSlots) -> Option<Busy<'_>> {
    match ask(slots, 0, For::Me) {
        Poll::Ready(taken) => taken,
        Poll::Pending => None,
    }
}

fn refuse(slots: &AcceptorSlots) -> bool {
    slots.poll_refuse(|| Poll::Ready(())).is_ready()
}

fn is_to_end(slots: &AcceptorSlots) -> bool {
    matches!(ask(slots, 0, For::Me), Poll::Ready(None))
}

/// Starts an acceptor, which waits from then on.
fn start(slots: &AcceptorSlots, shard: usize) -> Option<Idle<'_>> {
    let number = slots.reserve(shard)?;
    slots.wait(number, shard)
}

#[test]
fn each_connection_is_either_served_or_refused() {
    let slots = AcceptorSlots::new(2, 1);
    let busy = [take(&slots), take(&slots)];
    assert!(busy.iter().all(Option::is_some));
    assert!(take(&slots).is_none() && refuse(&slots));
    drop(busy);
    assert!(!refuse(&slots) && take(&slots).is_some());
}

/// The refuser, which was told that all are busy, asks again while nothing can change.
#[test]
fn a_change_before_the_accept_counts() {
    let slots = AcceptorSlots::new(2, 1);
    let one = take(&slots);
    slots.set_max(1);
    assert!(take(&slots).is_none() && !is_to_end(&slots));
    let refuser = Context::from_waker(Waker::noop());
    assert!(slots.poll_full(&refuser).is_ready());
    drop(one);
    assert!(!refuse(&slots) && slots.poll_full(&refuser).is_pending());
    assert!(take(&slots).is_some());
}

#[test]
fn one_that_is_not_to_be_served_takes_no_place() {
    let slots = AcceptorSlots::new(1, 1);
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..3 {
        let refused = slots.poll_take(0, For::Me, &mut cx, |_, _| Poll::Ready(Ok(Err::<(), _>("denied"))));
        assert!(matches!(refused, Poll::Ready(Ok(Next::Refused("denied")))));
    }
    assert!(take(&slots).is_some());
}

#[test]
fn at_one_place_there_are_never_more_than_may_be() {
    let slots = AcceptorSlots::new(2, 1);
    let first = start(&slots, 0);
    assert!(slots.reserve(0).is_none(), "somebody waits");
    let _busy = take(&slots);
    drop(first);
    let _second = start(&slots, 0).expect("one more may be served");
    assert!(slots.reserve(0).is_none());
    slots.set_max(1);
    assert!(is_to_end(&slots), "all are busy");
    assert!(slots.wait(1, 0).is_none());
}

/// Else an acceptor that says goodbye would be one more for each connection that ends
/// meanwhile.
#[test]
fn nobody_is_hired_for_one_who_has_left_and_does_not_wait_again_yet() {
    let slots = AcceptorSlots::new(2, 1);
    let busy = [(); 2].map(|()| {
        drop(start(&slots, 0));
        take(&slots)
    });
    drop(busy);
    assert_eq!(slots.reserve(0), None, "both may come back");
}

#[test]
fn numbers_that_became_free_are_given_again() {
    let slots = AcceptorSlots::new(3, 1);
    let busy = [(); 3].map(|()| {
        drop(start(&slots, 0));
        take(&slots)
    });
    slots.set_max(1);
    drop(busy);
    let waiting = slots.wait(1, 0).unwrap();
    assert!(slots.wait(2, 0).is_none() && slots.wait(3, 0).is_none());
    slots.set_max(3);
    let _busy = take(&slots);
    drop(waiting);
    assert_eq!(slots.reserve(0), Some(2));
}

#[test]
fn nobody_is_hired_for_a_place_where_somebody_waits_or_is_about_to() {
    let slots = AcceptorSlots::new(9, 1);
    assert_eq!([(); 2].map(|()| slots.reserve(0)), [Some(1), None]);
    let waiting = slots.wait(1, 0);
    assert!(slots.reserve(0).is_none());
    drop(waiting);
    assert_eq!(slots.reserve(0), Some(2));
    slots.cancel(2, 0);
    assert_eq!(slots.reserve(0), Some(2));
}

#[test]
fn each_connection_that_is_handed_over_has_an_acceptor_and_one_more_waits() {
    let slots = AcceptorSlots::new(9, 1);
    let leader = start(&slots, 0).unwrap();
    let _mine = take(&slots);
    let _handed = [(); 3].map(|()| ask(&slots, 0, For::Another));
    drop(leader);
    let reserved: Vec<_> = std::iter::from_fn(|| slots.reserve(0)).collect();
    assert_eq!(reserved, [2, 3, 4, 5]);
    // Lowered, those whom a connection waits for stay, and the one that only waits ends.
    slots.set_max(1);
    let waiting: Vec<_> = reserved.iter().filter_map(|&number| slots.wait(number, 0)).collect();
    assert_eq!(waiting.len(), 3);
    waiting.into_iter().for_each(Idle::take_handed);
    // An acceptor that has its connection waits no more: one is reserved to wait for the next.
    slots.set_max(9);
    assert!(slots.reserve(0).is_some() && slots.reserve(0).is_none());
}

/// A burst at the only place isn't put off.
#[test]
fn the_only_place_is_never_ahead() {
    let slots = AcceptorSlots::new(9, 1);
    let _leader = start(&slots, 0);
    let taken = [For::Me, For::Another, For::Another].map(|whose| ask(&slots, 0, whose));
    for busy in &taken {
        assert!(matches!(busy, Poll::Ready(Some(busy)) if !busy.ahead));
    }
}

#[test]
fn while_all_are_busy_nobody_is_hired_to_wait() {
    let slots = AcceptorSlots::new(1, 2);
    let leader = start(&slots, 0);
    let busy = take(&slots);
    drop(leader);
    assert_eq!([slots.reserve(0), slots.reserve(1)], [None, None]);
    drop(busy);
    let _waiting = slots.wait(1, 0).unwrap();
    assert!(slots.others_lack_one(0) && slots.reserve(1).is_some());
}

/// A core that is blocked keeps those who wait there.
#[test]
fn those_who_wait_at_one_place_keep_no_process_from_another() {
    let slots = AcceptorSlots::new(3, 2);
    let first: Vec<_> = (0..3)
        .map(|_| {
            let idle = start(&slots, 0).unwrap();
            let busy = take(&slots);
            drop(idle);
            busy
        })
        .collect();
    drop(first);
    let blocked: Vec<_> = (1..=3).filter_map(|number| slots.wait(number, 0)).collect();
    assert_eq!(blocked.len(), 3);
    let mut served = Vec::new();
    for _ in 0..3 {
        let idle = start(&slots, 1).expect("a process is free");
        served.push(ask(&slots, 1, For::Me));
        drop(idle);
    }
    assert!(slots.reserve(1).is_none(), "all are busy");
    // When the core goes on one of them is left to wait.
    assert!(is_to_end(&slots));
    drop(blocked);
    assert!(slots.wait(1, 0).is_none());
}

/// Else a core would be of no use any more.
#[test]
fn lowered_each_place_has_somebody_who_waits_all_the_same() {
    let slots = AcceptorSlots::new(8, 2);
    let busy: Vec<_> = (0..4)
        .map(|_| {
            drop(start(&slots, 0));
            take(&slots)
        })
        .collect();
    let _idle = [start(&slots, 0), start(&slots, 1)];
    slots.set_max(2);
    drop(busy);
    assert!(!is_to_end(&slots));
    assert!(matches!(ask(&slots, 1, For::Me), Poll::Ready(Some(_))));
}

/// Those who were accepted are served, also when there may be fewer by then.
#[test]
fn lowered_before_anybody_was_hired_for_them_those_who_were_handed_over_have_acceptors_all_the_same() {
    let slots = AcceptorSlots::new(9, 1);
    let leader = start(&slots, 0).unwrap();
    let _mine = take(&slots);
    let _handed = [(); 3].map(|()| ask(&slots, 0, For::Another));
    slots.set_max(1);
    drop(leader);
    let reserved: Vec<_> = std::iter::from_fn(|| slots.reserve(0)).collect();
    assert_eq!(reserved, [2, 3, 4]);
}

/// Else the one who looks meanwhile hires nobody, and nobody waits from then on.
#[test]
fn whoever_takes_what_was_handed_over_waits_no_more_at_the_same_moment() {
    for _ in 0..200 {
        let slots = AcceptorSlots::new(9, 1);
        let another = start(&slots, 0).unwrap();
        let _handed = ask(&slots, 0, For::Another);
        std::thread::scope(|scope| {
            let taking = scope.spawn(|| another.take_handed());
            while !taking.is_finished() {
                let number = slots.reserve(0).expect("nobody waits for the next one");
                slots.cancel(number, 0);
            }
        });
    }
}

/// Tells whether it was woken.
#[derive(Default)]
struct Woken(std::sync::atomic::AtomicBool);

impl std::task::Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, std::sync::atomic::Ordering::SeqCst);
    }
}

impl Woken {
    fn is(&self) -> bool {
        self.0.load(std::sync::atomic::Ordering::SeqCst)
    }
}

/// Somebody who waits at a place for the next connection, and whether it was told that the
/// place is ahead.
fn lead(slots: &AcceptorSlots, shard: usize) -> (Arc<Woken>, bool) {
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let mut ahead = false;
    let taken = slots.poll_take(shard, For::Me, &mut Context::from_waker(&waker), |is_ahead, _| {
        ahead = is_ahead;
        Poll::<io::Result<std::result::Result<(), ()>>>::Pending
    });
    assert!(taken.is_pending());
    (woken, ahead)
}

/// Else each of two places would wait for the other one.
#[test]
fn a_place_that_is_ahead_no_more_is_told_so() {
    let slots = AcceptorSlots::new(9, 2);
    let _waiting = [slots.wait(1, 0), slots.wait(2, 1)];
    let _busy = ask(&slots, 0, For::Me);
    let (woken, ahead) = lead(&slots, 0);
    assert!(ahead);
    let _taken = ask(&slots, 1, For::Me);
    assert!(woken.is());
    let busy = ask(&slots, 0, For::Me);
    let (woken, ahead) = lead(&slots, 0);
    assert!(ahead);
    drop(busy);
    assert!(woken.is(), "as one of its own has left");
}

/// Else it would wait there though a place is free, as long as the core of the one who left is
/// blocked.
#[test]
fn an_end_tells_who_waits_elsewhere_that_one_more_may_be_served() {
    let slots = AcceptorSlots::new(1, 2);
    let _waiting = [slots.wait(1, 0), slots.wait(2, 1)];
    let busy = ask(&slots, 0, For::Me);
    let (woken, _) = lead(&slots, 1);
    drop(busy);
    assert!(woken.is());
}

/// Each connection and each end would wake all cores.
#[test]
fn a_change_that_is_nothing_to_a_place_wakes_nobody_there() {
    let slots = AcceptorSlots::new(9, 2);
    let _waiting = [slots.wait(1, 0), slots.wait(2, 1)];
    let (woken, ahead) = lead(&slots, 0);
    assert!(!ahead);
    drop(ask(&slots, 1, For::Me));
    assert!(!woken.is());
}

/// Places are for those who serve: one that waits is enough, and the last one at a place is
/// never sent away.
#[test]
fn those_who_wait_beside_others_are_told_when_there_are_too_many() {
    let slots = AcceptorSlots::new(2, 3);
    let _one = start(&slots, 0);
    drop(start(&slots, 1));
    let busy = ask(&slots, 1, For::Me);
    let _two = [start(&slots, 1), slots.wait(2, 1)];
    drop(busy);
    let [(alone, _), (beside, _)] = [0, 1].map(|shard| lead(&slots, shard));
    drop(start(&slots, 2));
    let _busy = ask(&slots, 2, For::Me);
    assert!(!alone.is() && !beside.is(), "four are as many as there may be");
    assert!(slots.reserve(2).is_some());
    assert!(!alone.is() && beside.is());
}

#[test]
fn others_are_asked_for_only_where_somebody_is_lacking() {
    let slots = AcceptorSlots::new(9, 2);
    let _waiting = start(&slots, 0);
    assert!(slots.others_lack_one(0) && !slots.others_lack_one(1));
    let _waiting = start(&slots, 1);
    assert!(!slots.others_lack_one(0) && !slots.others_lack_one(1));
}

/// Cores that serve hundreds each would else leave connections to each other for ever.
#[test]
fn a_few_more_in_a_hundred_are_not_ahead() {
    let slots = AcceptorSlots::new(99, 2);
    let _waiting = [slots.wait(1, 0), slots.wait(2, 1)];
    let _behind: Vec<_> = (0..32).map(|_| ask(&slots, 1, For::Me)).collect();
    let mut served: Vec<_> = (0..34).map(|_| ask(&slots, 0, For::Me)).collect();
    assert!(!lead(&slots, 0).1, "34 and 32");
    served.push(ask(&slots, 0, For::Me));
    assert!(lead(&slots, 0).1, "35 and 32");
    // Those who have left count no more.
    served.truncate(33);
    assert!(!lead(&slots, 0).1);
}

/// A shard where no acceptor waits makes no other shard wait.
#[test]
fn a_place_is_ahead_of_those_alone_where_somebody_waits() {
    let slots = AcceptorSlots::new(9, 2);
    let waiting = [slots.wait(1, 0), slots.wait(2, 1)];
    let served = |shard| match ask(&slots, shard, For::Me) {
        Poll::Ready(Some(busy)) => busy,
        _ => panic!("nobody is served"),
    };
    let (first, second, behind) = (served(0), served(0), served(1));
    assert!(!first.ahead && second.ahead && !behind.ahead);
    drop((behind, waiting));
    let _waiting = slots.wait(1, 0);
    assert!(!served(0).ahead);
}

#[cfg(all(target_os = "linux", feature = "upgrade"))]
#[test]
fn slots_are_kept_for_connections_of_another_process_until_they_come_or_do_not() {
    let slots = AcceptorSlots::new(4, 1);
    let [one, another] = [slots.expect(1), slots.expect(1)];
    slots.keep(1);
    let mine = take(&slots);
    assert!(mine.is_some() && take(&slots).is_none() && refuse(&slots));
    // One comes, and gets its own.
    slots.take_carried(one);
    assert!(take(&slots).is_none());
    // Another one won't.
    slots.expect_no_more(another);
    slots.keep(1);
    let instead = take(&slots);
    assert!(instead.is_some() && take(&slots).is_none());
    // None follows.
    slots.keep(0);
    assert!(take(&slots).is_some());
}

/// The process that has said so may have been wrong, or may have ended.
#[cfg(all(target_os = "linux", feature = "upgrade"))]
#[test]
fn a_connection_of_another_process_gets_a_slot_though_none_is_kept() {
    let slots = AcceptorSlots::new(1, 1);
    let mine = take(&slots);
    slots.take_carried(slots.expect(1));
    slots.leave(0);
    assert!(take(&slots).is_none() && refuse(&slots));
    drop(mine);
    assert!(take(&slots).is_some());
}

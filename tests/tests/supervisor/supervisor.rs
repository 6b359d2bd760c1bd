//! The promises of a supervisor.
//!
//! Time is paused: it moves when a test advances it, or when all tasks wait for it.
//!
//! Longer than other files, as all tests share one way to start children that report.

use std::future::pending;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc as blocking};
use std::time::Duration;

use kai_tcp_server::{
    BRUTAL_KILL, ChildInfo, ChildSpec, ErrorKind, ExitReason, ExitSignal, INFINITY, Restart, Supervisor, Tree,
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, advance, sleep, timeout};

const PERIOD: Duration = Duration::from_mins(1);

/// Longer than anything in these tests takes.
const HANGS: Duration = Duration::from_hours(1);

/// The way in which a child ends.
#[derive(Clone, Copy, Debug)]
enum End {
    Normal,
    Error,
    Panic,
}

/// Reports its name when it is dropped.
struct Gone(&'static str, UnboundedSender<&'static str>);

impl Drop for Gone {
    fn drop(&mut self) {
        let _ = self.1.send(self.0);
    }
}

/// A child that reports each start, and ends each life as the next message says.
struct Puppet {
    starts: UnboundedReceiver<()>,
    ends: UnboundedSender<End>,
}

impl Puppet {
    fn new() -> (Self, ChildSpec) {
        let (started, starts) = unbounded_channel();
        let (ends, orders) = unbounded_channel();
        let orders = Arc::new(tokio::sync::Mutex::new(orders));
        let spec = ChildSpec::new("puppet", move || {
            started.send(()).unwrap();
            let orders = orders.clone();
            async move {
                match orders.lock().await.recv().await {
                    Some(End::Error) => Err("told to fail"),
                    Some(End::Panic) => panic!("told to panic"),
                    Some(End::Normal) | None => Ok(()),
                }
            }
        });
        (Puppet { starts, ends }, spec)
    }

    async fn started(&mut self) {
        next(&mut self.starts).await.unwrap();
    }

    fn end(&self, end: End) {
        self.ends.send(end).unwrap();
    }

    /// Ends the child, and waits for its restart.
    async fn comes_back_after(&mut self, end: End) {
        self.end(end);
        self.started().await;
    }
}

/// Creates a child that lives until it is cut, and reports its end.
fn cut(name: &'static str, gone: &UnboundedSender<&'static str>) -> ChildSpec {
    let gone = gone.clone();
    ChildSpec::new(name, move || {
        let gone = Gone(name, gone.clone());
        async move {
            let _gone = gone;
            pending::<()>().await;
        }
    })
}

/// Creates a child that takes this time after the request to exit, and reports its end.
fn slow(name: &'static str, time: Duration, gone: &UnboundedSender<&'static str>) -> ChildSpec {
    let gone = gone.clone();
    ChildSpec::trapping(name, move |exit| {
        let gone = Gone(name, gone.clone());
        async move {
            let _gone = gone;
            exit.requested().await;
            assert!(exit.is_requested());
            sleep(time / 2).await;
            sleep(time / 2).await;
        }
    })
}

/// Lets all tasks do all they can without waiting.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

fn drained(gone: &mut UnboundedReceiver<&'static str>) -> Vec<&'static str> {
    std::iter::from_fn(|| gone.try_recv().ok()).collect()
}

async fn stopped(supervisor: &Supervisor) -> Duration {
    let begin = Instant::now();
    supervisor.stop();
    assert_eq!(ended(supervisor).await, ExitReason::Stopped);
    begin.elapsed()
}

/// Returns the reason of the end. A hang becomes a failure, because paused time reaches the timeout
/// at once.
async fn ended(supervisor: &Supervisor) -> ExitReason {
    timeout(HANGS, supervisor.wait()).await.expect("the supervisor ends")
}

/// Returns the next report, or `None` when no sender is left.
async fn next<T>(reports: &mut UnboundedReceiver<T>) -> Option<T> {
    timeout(HANGS, reports.recv()).await.expect("a report comes")
}

fn names(supervisor: &Supervisor) -> Vec<String> {
    supervisor
        .children()
        .into_iter()
        .map(|child| child.name.into_owned())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_permanent_child_is_restarted_after_any_exit() {
    let supervisor = Supervisor::new(3, PERIOD);
    let (mut puppet, spec) = Puppet::new();
    let id = supervisor.start_child(spec).unwrap();
    puppet.started().await;
    for end in [End::Normal, End::Error, End::Panic] {
        puppet.comes_back_after(end).await;
    }
    let children = supervisor.children();
    let [
        ChildInfo {
            id: same,
            restarts: 3,
            running: true,
            ..
        },
    ] = children[..]
    else {
        panic!("{children:?}")
    };
    assert_eq!(same, id);
}

#[tokio::test(start_paused = true)]
async fn a_transient_child_is_restarted_after_an_abnormal_exit_only() {
    let supervisor = Supervisor::new(10, PERIOD);
    let (mut puppet, spec) = Puppet::new();
    let id = supervisor.start_child(spec.restart(Restart::Transient)).unwrap();
    puppet.started().await;
    puppet.comes_back_after(End::Error).await;
    puppet.comes_back_after(End::Panic).await;
    assert!(supervisor.kill(id));
    puppet.started().await;
    puppet.end(End::Normal);
    assert_eq!(
        next(&mut puppet.starts).await,
        None,
        "its closure is dropped as it is forgotten"
    );
    assert!(supervisor.children().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_temporary_child_is_never_restarted_and_never_counts() {
    let supervisor = Supervisor::new(0, PERIOD);
    for end in [End::Normal, End::Error, End::Panic] {
        let (mut puppet, spec) = Puppet::new();
        supervisor.start_child(spec.restart(Restart::Temporary)).unwrap();
        puppet.started().await;
        puppet.end(end);
        assert_eq!(next(&mut puppet.starts).await, None, "{end:?}");
    }
    let (mut puppet, spec) = Puppet::new();
    let id = supervisor.start_child(spec.restart(Restart::Temporary)).unwrap();
    puppet.started().await;
    assert!(supervisor.kill(id));
    assert_eq!(next(&mut puppet.starts).await, None);
    assert!(!supervisor.kill(id));
    stopped(&supervisor).await;
}

#[tokio::test(start_paused = true)]
async fn more_restarts_than_allowed_in_the_period_end_the_supervisor() {
    let supervisor = Supervisor::new(3, PERIOD);
    let (left, mut gone) = unbounded_channel();
    supervisor
        .start_child(slow("other", Duration::from_secs(2), &left))
        .unwrap();
    let (mut puppet, spec) = Puppet::new();
    supervisor.start_child(spec).unwrap();
    puppet.started().await;
    for _ in 0..3 {
        puppet.comes_back_after(End::Panic).await;
    }
    puppet.end(End::Normal);
    assert_eq!(ended(&supervisor).await, ExitReason::RestartIntensity);
    assert_eq!(next(&mut puppet.starts).await, None);
    assert_eq!(drained(&mut gone), ["other"]);
    supervisor.stop();
    assert_eq!(
        ended(&supervisor).await,
        ExitReason::RestartIntensity,
        "and it stays so"
    );
}

#[tokio::test(start_paused = true)]
async fn restarts_of_different_children_count_together() {
    let supervisor = Supervisor::new(1, PERIOD);
    let (mut one, spec) = Puppet::new();
    supervisor.start_child(spec).unwrap();
    let (mut two, spec) = Puppet::new();
    supervisor.start_child(spec).unwrap();
    one.started().await;
    two.started().await;
    one.comes_back_after(End::Error).await;
    two.end(End::Error);
    assert_eq!(ended(&supervisor).await, ExitReason::RestartIntensity);
}

#[tokio::test(start_paused = true)]
async fn the_window_slides() {
    let supervisor = Supervisor::new(2, PERIOD);
    let (mut puppet, spec) = Puppet::new();
    supervisor.start_child(spec).unwrap();
    puppet.started().await;
    // At 0 s and 40 s, then at 61 s and 101 s, when the restart before the previous one has left
    // the window.
    for pause in [0, 40, 21, 40] {
        advance(Duration::from_secs(pause)).await;
        puppet.comes_back_after(End::Error).await;
    }
    // At 121 s those of 61 s and 101 s still count.
    advance(Duration::from_secs(20)).await;
    puppet.end(End::Error);
    assert_eq!(ended(&supervisor).await, ExitReason::RestartIntensity);
}

#[tokio::test(start_paused = true)]
async fn max_restarts_0_ends_at_the_first_exit() {
    let supervisor = Supervisor::new(0, PERIOD);
    let (mut puppet, spec) = Puppet::new();
    supervisor.start_child(spec).unwrap();
    puppet.started().await;
    puppet.end(End::Normal);
    assert_eq!(ended(&supervisor).await, ExitReason::RestartIntensity);
}

#[tokio::test(start_paused = true)]
async fn kill_counts_as_a_restart() {
    let supervisor = Supervisor::new(1, PERIOD);
    let (mut puppet, spec) = Puppet::new();
    let id = supervisor.start_child(spec).unwrap();
    puppet.started().await;
    assert!(supervisor.kill(id));
    puppet.started().await;
    assert!(supervisor.kill(id));
    assert_eq!(ended(&supervisor).await, ExitReason::RestartIntensity);
    assert!(!supervisor.kill(id));
}

#[tokio::test(start_paused = true)]
async fn a_child_killed_before_its_first_poll_is_restarted() {
    let supervisor = Supervisor::new(1, PERIOD);
    let (mut puppet, spec) = Puppet::new();
    let id = supervisor.start_child(spec).unwrap();
    assert!(supervisor.kill(id));
    puppet.started().await;
    assert_eq!(supervisor.children()[0].restarts, 1);
}

#[tokio::test(start_paused = true)]
async fn a_child_that_exits_at_once_lets_others_run() {
    let supervisor = Supervisor::new(u32::MAX, PERIOD);
    supervisor.start_child(ChildSpec::new("hasty", || async {})).unwrap();
    settle().await;
    assert!(supervisor.children()[0].restarts > 1);
    stopped(&supervisor).await;
}

#[tokio::test(start_paused = true)]
async fn a_panicking_child_takes_nobody_with_it() {
    let supervisor = Supervisor::new(10, PERIOD);
    let (left, mut gone) = unbounded_channel();
    supervisor.start_child(cut("neighbour", &left)).unwrap();
    supervisor
        .start_child(
            ChildSpec::new("closure", || -> std::future::Ready<()> { panic!("in the closure") })
                .restart(Restart::Temporary),
        )
        .unwrap();
    supervisor
        .start_child(ChildSpec::new("poll", || async { panic!("in the future") }).restart(Restart::Temporary))
        .unwrap();
    let id = supervisor
        .start_child(
            ChildSpec::new("drop", || async {
                let _on_drop = PanicOnDrop;
                pending::<()>().await;
            })
            .restart(Restart::Temporary),
        )
        .unwrap();
    let captured = PanicOnDrop;
    supervisor
        .start_child(
            ChildSpec::new("captured", move || {
                let _ = &captured;
                async {}
            })
            .restart(Restart::Temporary),
        )
        .unwrap();
    settle().await;
    supervisor.kill(id);
    settle().await;
    assert_eq!(names(&supervisor), ["neighbour"]);
    assert_eq!(drained(&mut gone), [""; 0]);
    stopped(&supervisor).await;
}

struct PanicOnDrop;

impl Drop for PanicOnDrop {
    fn drop(&mut self) {
        panic!("in drop");
    }
}

#[tokio::test(start_paused = true)]
async fn children_end_in_reverse_order() {
    let supervisor = Supervisor::new(3, PERIOD);
    let (left, mut gone) = unbounded_channel();
    // The children are stopped one after the other. If all were stopped at once, the quickest would
    // end first.
    supervisor
        .start_child(slow("first", Duration::from_secs(1), &left))
        .unwrap();
    supervisor.start_child(cut("second", &left)).unwrap();
    supervisor
        .start_child(slow("third", Duration::from_secs(2), &left))
        .unwrap();
    supervisor
        .start_child(slow("fourth", Duration::from_secs(3), &left))
        .unwrap();
    settle().await;
    assert_eq!(names(&supervisor), ["first", "second", "third", "fourth"]);
    assert_eq!(stopped(&supervisor).await, Duration::from_secs(6));
    assert_eq!(drained(&mut gone), ["fourth", "third", "second", "first"]);
}

#[tokio::test(start_paused = true)]
async fn a_child_that_is_cut_ends_after_those_behind_it_that_take_their_time() {
    let supervisor = Supervisor::new(3, PERIOD);
    let (left, mut gone) = unbounded_channel();
    // If all were cut together, the first would end before the second.
    supervisor.start_child(cut("first", &left)).unwrap();
    supervisor
        .start_child(slow("second", Duration::from_secs(1), &left))
        .unwrap();
    supervisor.start_child(cut("third", &left)).unwrap();
    settle().await;
    assert_eq!(stopped(&supervisor).await, Duration::from_secs(1));
    assert_eq!(drained(&mut gone), ["third", "second", "first"]);
}

#[tokio::test(start_paused = true)]
async fn a_restarted_child_keeps_its_place_in_the_order() {
    let supervisor = Supervisor::new(3, PERIOD);
    let (left, mut gone) = unbounded_channel();
    let first = supervisor
        .start_child(slow("first", Duration::from_secs(1), &left))
        .unwrap();
    supervisor
        .start_child(slow("second", Duration::from_secs(1), &left))
        .unwrap();
    settle().await;
    supervisor.kill(first);
    settle().await;
    assert_eq!(drained(&mut gone), ["first"]);
    assert_eq!(names(&supervisor), ["first", "second"]);
    stopped(&supervisor).await;
    assert_eq!(drained(&mut gone), ["second", "first"]);
}

#[tokio::test(start_paused = true)]
async fn a_trapping_child_gets_its_shutdown_time_then_is_cut() {
    for (needs, has, takes) in [(4, 5, 4), (6, 5, 5)] {
        let supervisor = Supervisor::new(3, PERIOD);
        let (left, mut gone) = unbounded_channel();
        let spec = slow("slow", Duration::from_secs(needs), &left).shutdown(Duration::from_secs(has));
        supervisor.start_child(spec).unwrap();
        settle().await;
        assert_eq!(stopped(&supervisor).await.as_secs(), takes);
        assert_eq!(drained(&mut gone), ["slow"]);
    }
}

#[tokio::test(start_paused = true)]
async fn the_shutdown_time_is_5_s_by_default() {
    let supervisor = Supervisor::new(3, PERIOD);
    let (left, _gone) = unbounded_channel();
    supervisor
        .start_child(slow("slow", Duration::from_secs(100), &left))
        .unwrap();
    settle().await;
    assert_eq!(stopped(&supervisor).await.as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_child_that_does_not_trap_is_cut_at_once() {
    let supervisor = Supervisor::new(3, PERIOD);
    let (left, mut gone) = unbounded_channel();
    supervisor.start_child(cut("cut", &left).shutdown(INFINITY)).unwrap();
    settle().await;
    assert_eq!(stopped(&supervisor).await, Duration::ZERO);
    assert_eq!(drained(&mut gone), ["cut"]);
}

#[tokio::test(start_paused = true)]
async fn brutal_kill_cuts_a_trapping_child_without_telling_it() {
    let supervisor = Supervisor::new(3, PERIOD);
    let told = Arc::new(AtomicBool::new(false));
    let seen = told.clone();
    let spec = ChildSpec::trapping("deaf", move |exit| {
        let witness = Witness(exit, seen.clone());
        async move {
            let _witness = witness;
            pending::<()>().await;
        }
    });
    supervisor.start_child(spec.shutdown(BRUTAL_KILL)).unwrap();
    settle().await;
    assert_eq!(stopped(&supervisor).await, Duration::ZERO);
    assert!(!told.load(Ordering::Relaxed));
}

/// Records at its end whether it was asked to exit.
struct Witness(ExitSignal, Arc<AtomicBool>);

impl Drop for Witness {
    fn drop(&mut self) {
        self.1.store(self.0.is_requested(), Ordering::Relaxed);
    }
}

#[tokio::test(start_paused = true)]
async fn infinity_waits_for_as_long_as_it_takes() {
    let supervisor = Supervisor::new(3, PERIOD);
    let (left, _gone) = unbounded_channel();
    // tokio's own longest sleep is 30 years.
    let year = Duration::from_hours(365 * 24);
    supervisor
        .start_child(slow("slow", 40 * year, &left).shutdown(INFINITY))
        .unwrap();
    let id = supervisor
        .start_child(slow("killed", 50 * year, &left).shutdown(INFINITY))
        .unwrap();
    settle().await;
    supervisor.stop();
    assert!(timeout(year, supervisor.wait()).await.is_err());
    assert!(supervisor.kill(id), "an operator can still cut it");
    let begin = Instant::now();
    assert!(timeout(29 * year, supervisor.wait()).await.is_err());
    assert_eq!(timeout(29 * year, supervisor.wait()).await, Ok(ExitReason::Stopped));
    assert_eq!(begin.elapsed().as_secs(), (40 * year).as_secs());
}

#[tokio::test(start_paused = true)]
async fn children_marked_together_share_one_shutdown_time() {
    let supervisor = Supervisor::new(3, PERIOD);
    let (left, mut gone) = unbounded_channel();
    supervisor
        .start_child(slow("hangs", Duration::from_secs(100), &left).together())
        .unwrap();
    supervisor
        .start_child(slow("between", Duration::from_secs(1), &left))
        .unwrap();
    supervisor
        .start_child(slow("quick", Duration::from_secs(2), &left).together())
        .unwrap();
    supervisor
        .start_child(slow("hangs too", Duration::from_secs(100), &left).together())
        .unwrap();
    settle().await;
    assert_eq!(stopped(&supervisor).await.as_secs(), 6);
    let order = drained(&mut gone);
    assert_eq!((order[0], order[3]), ("quick", "between"));
}

#[tokio::test(start_paused = true)]
async fn a_child_that_dies_during_the_shutdown_is_not_restarted() {
    let supervisor = Supervisor::new(3, PERIOD);
    let (mut puppet, spec) = Puppet::new();
    supervisor.start_child(spec).unwrap();
    puppet.started().await;
    let (left, _gone) = unbounded_channel();
    supervisor
        .start_child(slow("last", Duration::from_secs(2), &left))
        .unwrap();
    settle().await;
    supervisor.stop();
    settle().await;
    puppet.end(End::Panic);
    assert_eq!(next(&mut puppet.starts).await, None);
    assert_eq!(names(&supervisor), ["last"]);
    assert_eq!(ended(&supervisor).await, ExitReason::Stopped);
}

#[tokio::test(start_paused = true)]
async fn start_child_after_stop_is_an_error() {
    let supervisor = Supervisor::named("app", 3, PERIOD);
    supervisor.stop();
    let error = supervisor
        .start_child(ChildSpec::new("late", pending::<()>))
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (ErrorKind::NotRunning, "app is not running any more")
    );
    ended(&supervisor).await;
    assert!(supervisor.start_child(ChildSpec::new("late", pending::<()>)).is_err());
}

#[tokio::test(start_paused = true)]
async fn all_who_wait_are_told_and_giving_up_waiting_changes_nothing() {
    let supervisor = Supervisor::new(3, PERIOD);
    let waiters: Vec<_> = (0..3)
        .map(|_| supervisor.clone())
        .map(|s| tokio::spawn(async move { s.wait().await }))
        .collect();
    assert!(timeout(Duration::from_secs(1), supervisor.wait()).await.is_err());
    supervisor.stop();
    supervisor.stop();
    for waiter in waiters {
        assert_eq!(waiter.await.unwrap(), ExitReason::Stopped);
    }
}

#[tokio::test(start_paused = true)]
async fn dropping_the_handles_stops_nothing() {
    let (mut puppet, spec) = Puppet::new();
    Supervisor::new(3, PERIOD).start_child(spec).unwrap();
    puppet.started().await;
    puppet.comes_back_after(End::Error).await;
}

#[tokio::test(start_paused = true)]
async fn a_child_can_use_and_stop_its_own_supervisor() {
    let supervisor = Supervisor::new(3, PERIOD);
    let own = supervisor.clone();
    let spec = ChildSpec::new("parent", move || {
        let own = own.clone();
        async move {
            own.start_child(ChildSpec::new("child", pending::<()>)).unwrap();
            assert_eq!(names(&own), ["parent", "child"]);
            own.stop();
            own.wait().await;
        }
    });
    supervisor.start_child(spec).unwrap();
    assert_eq!(ended(&supervisor).await, ExitReason::Stopped);
}

/// Creates a supervisor `inner` with one child, under `outer`.
fn nested(
    outer: &Supervisor,
    shutdown: Duration,
    child: impl Fn() -> ChildSpec + Send + 'static,
) -> kai_tcp_server::ChildId {
    let spec = ChildSpec::supervisor("inner", 0, PERIOD, move |inner| inner.start_child(child()).map(drop));
    outer.start_child(spec.shutdown(shutdown)).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_nested_supervisor_ends_with_its_owner() {
    let outer = Supervisor::new(3, PERIOD);
    let (left, mut gone) = unbounded_channel();
    nested(&outer, INFINITY, move || slow("leaf", Duration::from_secs(2), &left));
    settle().await;
    assert_eq!(outer.tree("outer").to_string(), "outer\n└── inner\n    └── leaf");
    assert_eq!(stopped(&outer).await.as_secs(), 2, "the leaf has its time");
    assert_eq!(drained(&mut gone), ["leaf"]);
}

#[tokio::test(start_paused = true)]
async fn a_nested_supervisor_that_is_cut_takes_its_children_along() {
    let outer = Supervisor::new(3, PERIOD);
    let (left, mut gone) = unbounded_channel();
    let id = nested(&outer, BRUTAL_KILL, move || slow("leaf", Duration::from_secs(2), &left));
    settle().await;
    assert!(outer.kill(id));
    assert_eq!(next(&mut gone).await, Some("leaf"));
    settle().await;
    assert_eq!(
        outer.tree("outer").children[0].children,
        [leaf("leaf")],
        "and is restarted with a new one"
    );
    stopped(&outer).await;
    assert_eq!(next(&mut gone).await, Some("leaf"));
    assert_eq!(next(&mut gone).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_nested_supervisor_that_gives_up_is_an_abnormal_exit() {
    let outer = Supervisor::new(1, PERIOD);
    let (started, mut starts) = unbounded_channel();
    let spec = ChildSpec::supervisor("inner", 0, PERIOD, move |inner| {
        started.send(()).unwrap();
        inner.start_child(ChildSpec::new("hasty", || async {})).map(drop)
    });
    outer.start_child(spec.restart(Restart::Transient)).unwrap();
    assert_eq!(ended(&outer).await, ExitReason::RestartIntensity);
    next(&mut starts).await.unwrap();
    next(&mut starts).await.unwrap();
    assert_eq!(next(&mut starts).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_nested_supervisor_whose_init_fails_leaves_nothing_behind() {
    let outer = Supervisor::new(0, PERIOD);
    let (left, mut gone) = unbounded_channel();
    let spec = ChildSpec::supervisor("inner", 0, PERIOD, move |inner| {
        inner.start_child(cut("leaf", &left)).unwrap();
        Err("no")
    });
    outer.start_child(spec.restart(Restart::Transient)).unwrap();
    assert_eq!(ended(&outer).await, ExitReason::RestartIntensity);
    assert_eq!(drained(&mut gone), [""; 0], "the leaf never began");
    assert_eq!(next(&mut gone).await, None);
}

/// Creates a child that blocks its thread until `go`.
fn blocking_child(go: blocking::Receiver<()>) -> (ChildSpec, blocking::Receiver<()>) {
    let (entered, entries) = blocking::channel();
    let go = Arc::new(Mutex::new(go));
    let spec = ChildSpec::new("blocking", move || {
        let (entered, go) = (entered.clone(), go.clone());
        async move {
            entered.send(()).unwrap();
            let _ = go.lock().unwrap().recv();
        }
    });
    (spec, entries)
}

#[test]
fn a_child_that_blocks_its_thread_does_not_hold_the_end_up_for_ever() {
    // It blocks its own runtime, because the paused time of the supervisor's wouldn't move beside a
    // blocked worker.
    let elsewhere = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let here = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let (release, go) = blocking::channel();
    let (spec, entries) = blocking_child(go);
    here.block_on(async {
        let supervisor = Supervisor::new(3, PERIOD);
        let (left, mut gone) = unbounded_channel();
        supervisor.start_child(slow("earlier", Duration::ZERO, &left)).unwrap();
        settle().await;
        supervisor
            .start_child(spec.runtime(elsewhere.handle().clone()))
            .unwrap();
        entries.recv().unwrap();
        assert_eq!(stopped(&supervisor).await.as_secs(), 1);
        assert_eq!(drained(&mut gone), ["earlier"]);
    });
    release.send(()).unwrap();
}

#[test]
fn a_child_on_another_runtime_ends_with_the_supervisor() {
    let elsewhere = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .unwrap();
    let here = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    here.block_on(async {
        let supervisor = Supervisor::new(3, PERIOD);
        let (left, mut gone) = unbounded_channel();
        let (mut puppet, spec) = Puppet::new();
        supervisor
            .start_child(cut("away", &left).runtime(elsewhere.handle().clone()))
            .unwrap();
        // The only worker there takes the tasks in order: when this one has begun, the other has
        // begun too.
        supervisor
            .start_child(spec.runtime(elsewhere.handle().clone()))
            .unwrap();
        puppet.started().await;
        stopped(&supervisor).await;
        assert_eq!(drained(&mut gone), ["away"]);
    });
}

#[test]
fn a_runtime_that_ends_ends_its_supervisors() {
    let outer = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let inner = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (left, mut gone) = unbounded_channel();
    let supervisor = inner.block_on(async {
        let supervisor = Supervisor::new(3, PERIOD);
        supervisor.start_child(cut("leaf", &left)).unwrap();
        settle().await;
        supervisor
    });
    drop(inner);
    assert_eq!(drained(&mut gone), ["leaf"]);
    assert_eq!(outer.block_on(supervisor.wait()), ExitReason::Stopped);
    assert!(supervisor.start_child(cut("late", &left)).is_err());
}

#[test]
#[should_panic(expected = "runtime")]
fn new_outside_a_runtime_panics() {
    Supervisor::new(3, PERIOD);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_children_start_and_stop() {
    const CHILDREN: usize = 10_000;
    let alive = Arc::new(AtomicUsize::new(0));
    let (started, mut starts) = unbounded_channel();
    let supervisor = Supervisor::new(0, PERIOD);
    for n in 0..CHILDREN {
        let (alive, started) = (alive.clone(), started.clone());
        let spec = ChildSpec::new(format!("acceptor_{n}"), move || {
            let (alive, started) = (Alive::new(&alive), started.clone());
            async move {
                let _alive = alive;
                started.send(()).unwrap();
                pending::<()>().await;
            }
        });
        supervisor.start_child(spec).unwrap();
    }
    for _ in 0..CHILDREN {
        next(&mut starts).await.unwrap();
    }
    assert_eq!(
        (alive.load(Ordering::SeqCst), supervisor.children().len()),
        (CHILDREN, CHILDREN)
    );
    supervisor.stop();
    ended(&supervisor).await;
    assert_eq!((alive.load(Ordering::SeqCst), supervisor.children().len()), (0, 0));
}

/// Counts itself while it lives.
struct Alive(Arc<AtomicUsize>);

impl Alive {
    fn new(alive: &Arc<AtomicUsize>) -> Self {
        alive.fetch_add(1, Ordering::SeqCst);
        Alive(alive.clone())
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn leaf(label: &str) -> Tree {
    Tree {
        label: label.into(),
        children: Vec::new(),
    }
}

#[test]
fn a_tree_is_drawn_with_lines() {
    let mut workers = leaf("workers");
    workers.children = vec![leaf("worker_1"), leaf("worker_2")];
    let mut tree = leaf("app");
    tree.children = vec![workers, leaf("monitor")];
    assert_eq!(
        tree.to_string(),
        "app\n├── workers\n│   ├── worker_1\n│   └── worker_2\n└── monitor"
    );
}

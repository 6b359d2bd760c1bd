//! A callback that blocks its thread fails the test, and says where.

use std::panic::catch_unwind;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kai_tcp_server::test::{explore, transcript};
use kai_tcp_server::{Action, tcp_server};

/// Held by a test: who waits for it blocks.
static HELD: Mutex<()> = Mutex::new(());

fn held() -> MutexGuard<'static, ()> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Blocked;

#[tcp_server(port = 0, packet = line(crlf))]
impl Blocked {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            b"block" => {
                drop(held());
                reply("free")
            }
            data => reply(data),
        }
    }
}

/// Blocks before it serves.
struct Unborn;

#[tcp_server(port = 0)]
impl Unborn {
    fn init(&mut self) {
        drop(held());
    }

    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

fn report(failing: fn()) -> String {
    let failed = catch_unwind(failing).expect_err("it fails");
    failed.downcast_ref::<String>().expect("the report is text").clone()
}

#[test]
fn a_blocked_callback_fails_a_test_that_says_where() {
    let held = held();
    let reports = std::thread::scope(|scope| {
        let failing: [fn(); 3] = [
            || transcript(Blocked, "C: a\nS: a\nC: block\nS: free"),
            || transcript(Unborn, "C: a\nS: a"),
            || explore(Blocked, 1, 100),
        ];
        let threads = failing.map(|failing| scope.spawn(move || report(failing)));
        threads.map(|thread| thread.join().expect("it is caught"))
    });
    // The threads that are blocked end.
    drop(held);
    let [step, start, explored] = reports;
    assert_eq!(
        step,
        "line 4 of the transcript: the server hangs: something has blocked its thread for 20 s"
    );
    assert_eq!(
        start,
        "line 1 of the transcript: the server doesn't start: something has blocked its thread for 20 s"
    );
    let begin = "the server hangs: something has blocked its thread for 20 s\n  seed 1, step ";
    assert!(explored.starts_with(begin), "{explored}");
    let last = explored.lines().rev().nth(1).expect(&explored);
    assert!(last.contains("block"), "{explored}");
}

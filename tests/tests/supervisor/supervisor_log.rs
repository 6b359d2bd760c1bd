//! The log of a supervisor.

use std::time::Duration;

use kai_tcp_server::{ChildSpec, Supervisor};
use kai_tcp_server_tests::Log;

#[tokio::test(start_paused = true)]
async fn a_panicking_child_is_logged_in_one_bounded_line() {
    let log = Log::new();
    let supervisor = Supervisor::named("app", 1, Duration::from_mins(1));
    let spec = ChildSpec::new("liar", || async { panic!("first\nERROR second{}", "!".repeat(10_000)) });
    supervisor.start_child(spec).unwrap();
    supervisor.wait().await;
    let text = log.text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[0].contains("WARN") && lines[1].contains("ERROR"), "{text}");
    for line in lines {
        assert!(
            line.contains(r#"supervisor="app" child="liar" reason=panic: first\nERROR second"#),
            "{line}"
        );
        assert!(line.len() < 500, "{line}");
    }
}

/// A test of the tests' own helper: without it, a thread without a subscriber could disable an
/// event for all threads.
#[test]
fn what_a_thread_without_a_log_comes_by_first_is_logged_where_there_is_one() {
    let says = || tracing::warn!("said");
    let log = Log::new();
    std::thread::spawn(says).join().unwrap();
    assert_eq!(log.take(), "");
    says();
    assert!(log.text().contains("said"), "{}", log.text());
}

//! What a supervisor logs. Alone in its process: while other threads log without a subscriber, events can get lost.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kai_tcp_server::{ChildSpec, Supervisor};
use tracing_subscriber::util::SubscriberInitExt;

/// A writer that the log can write to while a test reads it.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_panicking_child_is_logged_in_one_bounded_line() {
    let log = Log::default();
    let writer = log.clone();
    let _guard = tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .without_time()
        .set_default();
    let supervisor = Supervisor::named("app", 1, Duration::from_mins(1));
    let spec = ChildSpec::new("liar", || async { panic!("first\nERROR second{}", "!".repeat(10_000)) });
    supervisor.start_child(spec).unwrap();
    supervisor.wait().await;
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
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

//! The variable of the environment by which a program prints a document and ends.

use std::io::Read as _;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use kai_tcp_server_tests::Example;

use super::abnf::read;

/// The examples with their variables.
const EXAMPLES: [(&str, &str); 8] = [
    ("echo", "ECHO_DESCRIBE"),
    ("memcached", "KAI_MEMCACHED_DESCRIBE"),
    ("smtp", "SINK_DESCRIBE"),
    ("dns", "DNS_DESCRIBE"),
    ("chat", "CHAT_DESCRIBE"),
    ("ledger", "LEDGER_DESCRIBE"),
    ("rpc", "RPC_DESCRIBE"),
    ("modbus", "KAI_MODBUS_DESCRIBE"),
];

fn describe(example: &str, variable: &str, form: &str) -> Output {
    let mut command = Command::new(Example::path(example));
    // On a free port, and ended by force, if it serves.
    let command = command.arg("0").env(variable, form).stdin(Stdio::null());
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the example runs");
    let id = child.id();
    let (ended, end) = std::sync::mpsc::channel::<()>();
    let guard = std::thread::spawn(move || {
        if let Err(RecvTimeoutError::Timeout) = end.recv_timeout(Duration::from_mins(1)) {
            let _ = Command::new("kill").arg("-KILL").arg(id.to_string()).status();
        }
    });
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let errors = child
        .stderr
        .take()
        .map(|mut errors| std::thread::spawn(move || errors.read_to_end(&mut stderr).map(|_| stderr)));
    child
        .stdout
        .take()
        .expect("it is piped")
        .read_to_end(&mut stdout)
        .expect("it is read");
    let stderr = errors
        .expect("it is piped")
        .join()
        .expect("it doesn't panic")
        .expect("it is read");
    let status = child.wait().expect("it ends");
    drop(ended);
    guard.join().expect("it doesn't panic");
    Output { status, stdout, stderr }
}

#[test]
fn each_example_prints_its_grammar_and_ends() {
    for (example, variable) in EXAMPLES {
        let output = describe(example, variable, "abnf");
        let grammar = String::from_utf8(output.stdout).expect("it is text");
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{example}: {log}");
        assert_eq!(log, "", "{example}: it doesn't listen");
        assert!(read(&grammar).len() >= 2, "{example}: {grammar}");
    }
}

#[test]
fn every_form_is_printed() {
    for (form, part) in [
        ("table", "packet = line\n"),
        ("abnf", "bye = %x62.79.65.0D.0A"),
        ("wireshark", "Proto(\"kai_echo\""),
        ("dictionary", "bye=\"bye\\x0D\\x0A\""),
        ("corpus", "bye\\r\\n\n"),
        ("dot", "digraph \"Echo\""),
        ("svg", "<svg "),
    ] {
        let output = describe("echo", "ECHO_DESCRIBE", form);
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "{form}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(printed.contains(part), "{form}: {printed}");
    }
}

#[test]
fn a_corpus_is_saved_into_a_folder() {
    let folder = kai_tcp_server_tests::Folder::new();
    let corpus = folder.path("a corpus");
    let output = describe("echo", "ECHO_DESCRIBE", &format!("corpus:{}", corpus.display()));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(std::fs::read(corpus.join("bye-1")).expect("it is there"), b"bye\r\n");
}

#[test]
fn a_form_that_is_not_there_is_an_error_that_lists_them() {
    for form in ["abnff", "", "abnf:x", "corpus:", "\u{1b}[31m"] {
        let output = describe("echo", "ECHO_DESCRIBE", form);
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && output.stdout.is_empty(), "{form}: {log}");
        assert!(log.contains("ECHO_DESCRIBE"), "{form}: {log}");
        assert!(
            log.contains("table, abnf, wireshark, dictionary, corpus, corpus:FOLDER, dot, svg"),
            "{form}: {log}"
        );
        assert!(!log.contains('\u{1b}'), "{form}: {log}");
    }
}

#[test]
fn a_grammar_of_a_codecs_frames_says_that_the_codec_decides() {
    let output = describe("redis", "KAI_REDIS_DESCRIBE", "abnf");
    let log = String::from_utf8_lossy(&output.stderr);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{log}");
    assert!(printed.contains("the codec decides"), "{printed}");
}

//! The variable of the environment by which a program prints a document and ends.

use std::process::{Command, Output, Stdio};

use kai_tcp_server_tests::Example;

use super::abnf::read;

/// The examples with their variables.
const EXAMPLES: [(&str, &str); 7] = [
    ("echo", "ECHO_DESCRIBE"),
    ("memcached", "CACHE_DESCRIBE"),
    ("smtp", "SINK_DESCRIBE"),
    ("dns", "DNS_DESCRIBE"),
    ("chat", "CHAT_DESCRIBE"),
    ("ledger", "LEDGER_DESCRIBE"),
    ("rpc", "RPC_DESCRIBE"),
];

fn describe(example: &str, variable: &str, form: &str) -> Output {
    let mut command = Command::new(Example::path(example));
    let command = command.env(variable, form).stdin(Stdio::null());
    command.output().expect("the example runs")
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
        assert!(output.status.success(), "{form}: {}", String::from_utf8_lossy(&output.stderr));
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
fn a_server_without_a_table_says_so() {
    let output = describe("redis", "REDIS_DESCRIBE", "abnf");
    let log = String::from_utf8_lossy(&output.stderr);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{log}");
    assert!(printed.contains("the codec decides"), "{printed}");
}

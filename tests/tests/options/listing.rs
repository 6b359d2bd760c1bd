//! The spelling of option values, in listings and in error messages.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::time::Duration;

use kai_tcp_server::__private::read_option;
use kai_tcp_server::{Action, BRUTAL_KILL, ErrorKind, Options, start, tcp_server, with};

struct Listed;

#[tcp_server(port = 0, packet = line)]
impl Listed {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

async fn is_listed(options: Options, line: &str) {
    let server = start(with(Listed, options.in_memory())).await.unwrap();
    let lines: Vec<String> = server.options().iter().map(ToString::to_string).collect();
    assert!(lines.iter().any(|listed| listed == line), "{line} in {lines:?}");
}

#[tokio::test]
async fn what_has_a_name_of_its_own_is_listed_by_that_and_what_only_a_program_can_say_as_it_is() {
    is_listed(
        Listed::OPTIONS.shutdown(BRUTAL_KILL),
        "shutdown = brutal_kill (program)",
    )
    .await;
    let fine = Listed::OPTIONS.recv_timeout(Duration::from_micros(1500));
    is_listed(fine, "recv_timeout = 1.5ms (program)").await;
    is_listed(Listed::OPTIONS, r"delimiter = b'\n' (default)").await;
}

#[test]
fn a_duration_that_is_none_is_told_how_it_is_written() {
    let unit = "250ms, 30s, 5m, 1h or infinity";
    for (text, way_out) in [
        ("", unit),
        ("s", unit),
        ("5x", "the units are ms, s, m and h, like 5s"),
        ("5 s", "the units are ms, s, m and h, like 5s"),
        ("5", "5s is seconds, 5ms milliseconds"),
    ] {
        let expected = format!("recv_timeout takes a number with its unit, not \"{text}\": {way_out}");
        let error = read_option(Options::new(), "recv_timeout", text).unwrap_err();
        assert_eq!(error, expected);
    }
}

#[test]
fn a_prefix_that_is_none_is_judged_with_the_options() {
    let error = Options::new().port(1).env("").check().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Options);
    Options::new().port(1).env("ECHO").check().unwrap();
}

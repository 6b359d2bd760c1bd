//! Errors in the environment: their number in the message, and variables that Kubernetes sets for a
//! service.

#![cfg(target_os = "linux")]

use std::process::Command;

use kai_tcp_server_tests::Example;

/// Returns the errors of a server that doesn't start with these variables.
fn mistakes(variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_env_probe"));
    let (success, log) = Example::run(command.envs(variables.iter().copied())).wait();
    assert!(!success, "it started: {log:?}");
    log.into_iter().next().unwrap_or_default()
}

#[test]
fn twenty_mistakes_are_told_and_how_many_more_there_are() {
    for (count, end) in [(20, None), (21, Some("; and 1 more")), (100, Some("; and 80 more"))] {
        let names: Vec<String> = (0..count).map(|n| format!("PROBE_{n}_X")).collect();
        let variables: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
        let error = mistakes(&variables);
        assert_eq!(error.matches("(environment)").count(), 20, "{error}");
        match end {
            Some(end) => assert!(error.ends_with(end), "{error}"),
            None => assert!(!error.contains(" more"), "{error}"),
        }
    }
}

#[test]
fn a_service_link_has_no_other_parts_than_those_that_kubernetes_writes() {
    for variable in [
        "PROBE_PORT_7_TCP_HOST",
        "PROBE_PORT_7_TCP_ADDR_X",
        "PROBE_REDIS_PORT_6379_TCP_HOST",
        "PROBE_REDIS_PORT_6379_TCP_ADDR_X",
        "PROBE_REDIS_PORT_6379_QUIC",
    ] {
        let error = mistakes(&[(variable, "10.0.0.1")]);
        assert!(error.contains(&format!("{variable} (")), "{error}");
    }
}

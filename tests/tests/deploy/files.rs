//! The files of `examples/deploy`, each checked by the tool that is made for it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use kai_tcp_server_tests::{Folder, available};

use super::front;

pub(crate) fn shipped(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../examples/deploy")
        .join(name);
    fs::read_to_string(path).expect("it is there")
}

/// Returns the output of a tool over files with these contents.
fn checked(tool: &[&str], files: &[(&str, &str)]) -> Output {
    let folder = Folder::new();
    for (name, content) in files {
        fs::write(folder.path(name), content).expect("the folder is there");
    }
    let paths = files.iter().map(|(name, _)| folder.path(name));
    let output = Command::new(tool[0]).args(&tool[1..]).args(paths).output();
    output.expect("it is installed")
}

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn misspelt(content: &str, word: &str) -> String {
    assert!(content.contains(word), "no {word}");
    content.replace(word, &format!("{word}x"))
}

#[test]
fn haproxy_takes_its_configuration_and_none_that_is_misspelt() {
    if !front::is_there() {
        return;
    }
    let tool = ["haproxy", "-c", "-f"];
    let config = shipped("haproxy.cfg");
    let output = checked(&tool, &[("haproxy.cfg", &config)]);
    assert!(output.status.success(), "{}", text(&output));
    assert!(!text(&output).contains("[WARNING]"), "{}", text(&output));
    for word in ["option redispatch", "agent-inter", "fd-hard-limit", "timeout tunnel"] {
        let output = checked(&tool, &[("haproxy.cfg", &misspelt(&config, word))]);
        assert!(!output.status.success(), "{word}: {}", text(&output));
    }
}

/// Returns what systemd finds wrong with the units, which is nothing if they are right.
fn wrong_units(service: &str, socket: &str) -> String {
    // The program needn't be installed.
    let service = service.replace("/usr/local/bin/chat_nats", "/bin/true");
    let units = [("chat_nats.service", &*service), ("chat_nats.socket", socket)];
    let output = checked(&["systemd-analyze", "verify", "--man=no"], &units);
    let text = text(&output);
    // The units of the machine aren't under test.
    let ours: Vec<&str> = text.lines().filter(|line| line.contains("chat_nats.")).collect();
    assert!(output.status.success() || !ours.is_empty(), "{text}");
    ours.join("\n")
}

#[test]
fn systemd_takes_its_units_and_none_that_is_misspelt() {
    if !available("systemd-analyze", &["--version"], "the Debian package systemd") {
        return;
    }
    let (service, socket) = (shipped("chat_nats.service"), shipped("chat_nats.socket"));
    assert_eq!(wrong_units(&service, &socket), "");
    for word in [
        "StartLimitIntervalSec",
        "TimeoutStopSec",
        "NoNewPrivileges",
        "WatchdogSec",
    ] {
        let wrong = wrong_units(&misspelt(&service, word), &socket);
        assert!(wrong.contains(&format!("{word}x")), "{word}: {wrong:?}");
    }
    let wrong = wrong_units(&service, &misspelt(&socket, "FileDescriptorName"));
    assert!(wrong.contains("FileDescriptorNamex"), "{wrong:?}");
    // The exposure of a service, from 0 to 100.
    let tool = [
        "systemd-analyze",
        "security",
        "--offline=yes",
        "--threshold=20",
        "--no-pager",
    ];
    let output = checked(&tool, &[("chat_nats.service", &service)]);
    assert!(output.status.success(), "{}", text(&output));
}

#[test]
fn kubernetes_takes_its_manifest_and_none_that_is_misspelt() {
    if !available("kubernetes-validate", &["--version"], "pip install kubernetes-validate") {
        return;
    }
    let manifest = shipped("kubernetes.yaml");
    // The oldest version that takes it, and the newest one that the tool knows.
    for version in [&["-k", "1.30"][..], &[]] {
        let tool = [&["kubernetes-validate", "--strict"], version].concat();
        let output = checked(&tool, &[("kubernetes.yaml", &manifest)]);
        assert!(output.status.success(), "{}", text(&output));
        assert_eq!(
            text(&output).matches(" passed for resource ").count(),
            3,
            "{}",
            text(&output)
        );
        for word in [
            "readinessProbe",
            "preStop",
            "maxSurge",
            "externalTrafficPolicy",
            "maxUnavailable: 1\n  selector",
        ] {
            let output = checked(&tool, &[("kubernetes.yaml", &misspelt(&manifest, word))]);
            assert!(!output.status.success(), "{word}: {}", text(&output));
        }
    }
}

/// Returns the seconds that stand behind a text, such as `5s`.
fn seconds(content: &str, before: &str) -> Duration {
    let (_, rest) = content.split_once(before).unwrap_or_else(|| panic!("no {before}"));
    let digits = rest
        .trim_start_matches([' ', '"'])
        .split(|c: char| !c.is_ascii_digit())
        .next();
    let seconds = digits.and_then(|digits| digits.parse().ok());
    Duration::from_secs(seconds.unwrap_or_else(|| panic!("no seconds behind {before}")))
}

#[test]
fn whoever_stops_a_node_waits_for_longer_than_it_takes() {
    let service = shipped("chat_nats.service");
    let takes = seconds(&service, "CHAT_STOP_DELAY=") + seconds(&service, "CHAT_SHUTDOWN=");
    assert!(seconds(&service, "\nTimeoutStopSec=") >= takes + Duration::from_secs(5));
    let manifest = shipped("kubernetes.yaml");
    let takes = seconds(&manifest, "\n              sleep: {seconds:")
        + seconds(&manifest, "CHAT_STOP_DELAY, value:")
        + seconds(&manifest, "CHAT_SHUTDOWN, value:");
    assert!(seconds(&manifest, "\n      terminationGracePeriodSeconds:") >= takes + Duration::from_secs(5));
}

#[test]
fn a_node_that_stops_serves_on_until_haproxy_has_noticed() {
    let agent = seconds(&shipped("haproxy.cfg"), "agent-inter ");
    assert!(seconds(&shipped("chat_nats.service"), "CHAT_STOP_DELAY=") >= agent * 3);
}

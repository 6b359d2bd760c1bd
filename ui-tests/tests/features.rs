//! What is said where a feature is missing. The packages here that have it would turn it on for all cases of trybuild, so a
//! package without it has this one.

use std::process::Command;

/// Calls cargo for an example of a package that has no feature but these, and returns what it says,
/// with what the program says.
fn cargo(command: &[&str], example: &str, features: &str) -> String {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/renamed"))
        .args(command)
        .args(["--quiet", "--package", "kai-tcp-server-renamed"])
        .args(["--example", example, "--features", features])
        .output()
        .expect("cargo runs");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(!output.status.success(), "{said}");
    said
}

/// Compiles an example without features.
fn without_features(example: &str) -> String {
    cargo(&["check"], example, "mistakes")
}

#[test]
fn without_the_feature_a_codec_is_one_mistake_with_the_way_out() {
    let said = without_features("codec");
    let errors: Vec<&str> = said.lines().filter(|line| line.starts_with("error")).collect();
    let codec = "error: `packet = Lines` is a codec, for which `kai-tcp-server` needs its feature `codec`: \
                 `cargo add kai-tcp-server --features codec`";
    assert!(
        matches!(errors[..], [first, last] if first == codec && last.starts_with("error: could not compile")),
        "{said}"
    );
    assert!(
        said.contains("examples/codec.rs:9:48"),
        "it is said where the codec stands: {said}"
    );
}

#[test]
fn without_their_features_tls_the_proxy_protocol_and_latency_are_one_mistake_each_with_the_way_out() {
    let said = without_features("tls");
    for (feature, place) in [
        ("tls", "examples/tls.rs:10:9"),
        ("proxy", "examples/tls.rs:11:5"),
        ("metrics", "examples/tls.rs:13:5"),
    ] {
        let way_out = format!("`cargo add kai-tcp-server --features {feature}`");
        assert!(said.contains(&way_out) && said.contains(place), "{feature}: {said}");
    }
    let errors = said.lines().filter(|line| line.starts_with("error[")).count();
    assert_eq!(errors, 3, "{said}");
}

#[test]
fn without_its_feature_a_recording_is_one_mistake_with_the_way_out() {
    let said = without_features("record");
    let way_out = "`cargo add kai-tcp-server --features record`";
    assert!(
        said.contains(way_out) && said.contains("examples/record.rs:10:12"),
        "{said}"
    );
    let errors = said.lines().filter(|line| line.starts_with("error[")).count();
    assert_eq!(errors, 1, "{said}");
}

#[test]
fn without_its_feature_a_transcript_is_one_mistake_with_the_way_out() {
    let said = cargo(&["check", "--profile", "test"], "transcript", "mistakes");
    assert!(
        said.contains("`cargo add --dev kai-tcp-server --features test`"),
        "{said}"
    );
    let errors = said.lines().filter(|line| line.starts_with("error")).count();
    assert_eq!(errors, 2, "the second is that it doesn't compile: {said}");
}

#[test]
fn a_transcript_without_a_server_is_one_mistake_with_the_way_out() {
    let command = ["check", "--profile", "test"];
    let said = cargo(&command, "transcript_without_a_default", "mistakes,transcripts");
    assert!(said.contains("there is no default for `Server`"), "{said}");
    assert!(said.contains("examples/transcript_without_a_default.rs:16:6"), "{said}");
    let errors = said.lines().filter(|line| line.starts_with("error[")).count();
    assert_eq!(errors, 1, "{said}");
}

#[test]
fn a_transcript_that_fails_shows_its_line_and_both_frames() {
    let said = cargo(&["test"], "transcript", "mistakes,transcripts");
    assert!(
        said.contains("the transcript at ui-tests/renamed/examples/transcript.rs:14:"),
        "{said}"
    );
    assert!(said.contains("expected `hallo`"), "{said}");
    assert!(said.contains("received `hello`"), "{said}");
}

#[test]
fn without_their_features_listeners_are_one_mistake_each_with_the_way_out() {
    let said = without_features("systemd");
    for (feature, place) in [("systemd", "10:15"), ("tls", "10:30"), ("proxy", "10:70")] {
        let way_out = format!("`cargo add kai-tcp-server --features {feature}`");
        assert!(
            said.contains(&way_out) && said.contains(&format!("examples/systemd.rs:{place}")),
            "{feature}: {said}"
        );
    }
    let errors = said.lines().filter(|line| line.starts_with("error[")).count();
    assert_eq!(errors, 3, "{said}");
}

#[test]
fn without_its_feature_a_session_version_is_one_mistake_with_the_way_out() {
    let said = without_features("session_version");
    assert!(
        said.contains("`cargo add kai-tcp-server --features upgrade`")
            && said.contains("examples/session_version.rs:9:39"),
        "{said}"
    );
    let errors = said.lines().filter(|line| line.starts_with("error[")).count();
    assert_eq!(errors, 1, "{said}");
}

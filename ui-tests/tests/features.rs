//! What is said where a feature is missing. The packages here that have it would turn it on for all cases of trybuild, so a
//! package without it has this one.

use std::process::Command;

#[test]
fn without_the_feature_a_codec_is_one_mistake_with_the_way_out() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/renamed"))
        .args(["check", "--quiet", "--package", "kai-tcp-server-renamed"])
        .args(["--example", "codec", "--features", "mistakes"])
        .output()
        .expect("cargo runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{said}");
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

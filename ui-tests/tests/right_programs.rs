//! Compiles every program of `pass/` without a warning, and runs it: all in one build, where trybuild would take three runs of cargo for each.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// A package of all programs, with what this one has for its cases.
fn manifest(programs: &[PathBuf]) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let runtime = root.join("runtime").display().to_string();
    let mut manifest = format!(
        r#"
[package]
name = "right-programs"
edition = "2024"
publish = false

[workspace]

[profile.dev]
debug = false

[dependencies]
bytes = "1"
kai-tcp-server = {{ path = {runtime:?}, features = ["codec", "proxy", "tls", "upgrade"] }}
serde = {{ version = "1", features = ["derive"] }}
tokio = "1"
tokio-util = {{ version = "0.7", features = ["codec"] }}
"#
    );
    for program in programs {
        let (name, path) = (name(program), program.display().to_string());
        let _ = write!(manifest, "\n[[bin]]\nname = {name:?}\npath = {path:?}\n");
    }
    manifest
}

fn name(program: &Path) -> &str {
    program.file_stem().and_then(|name| name.to_str()).expect("a name")
}

fn programs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("pass");
    let entries = fs::read_dir(folder)
        .expect("the programs")
        .map(|entry| entry.expect("a file").path());
    let mut programs: Vec<PathBuf> = entries
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .collect();
    programs.sort();
    programs
}

#[test]
fn right_programs_compile() {
    let programs = programs();
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("right-programs");
    fs::create_dir_all(&package).expect("a place to write to");
    fs::write(package.join("Cargo.toml"), manifest(&programs)).expect("a place to write to");
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
    fs::copy(lock, package.join("Cargo.lock")).expect("a place to write to");
    // Beside what trybuild builds, which so has built `syn` for both.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../tests/trybuild");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .current_dir(&package)
        .env("CARGO_TARGET_DIR", &target)
        .env("CARGO_INCREMENTAL", "0")
        .args(["build", "--quiet", "--offline", "--keep-going"])
        .status();
    assert!(status.expect("cargo runs").success(), "a right program doesn't compile");
    for program in &programs {
        let run = Command::new(target.join("debug").join(name(program))).status();
        assert!(run.expect("it runs").success(), "{} fails", program.display());
    }
}

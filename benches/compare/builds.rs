//! The costs of a build: the echo server as a user's package, and the same server on plain tokio
//! with the same features of tokio.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::stats::Estimate;
use crate::{Result, machine};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Reads tokio's features from the manifest of the runtime, so that they can't differ.
fn features_of_tokio() -> Result<String> {
    let manifest = fs::read_to_string(Path::new(ROOT).join("runtime/Cargo.toml"))?;
    let line = manifest
        .lines()
        .find(|line| line.starts_with("tokio = "))
        .ok_or("the runtime has no tokio")?;
    let features = line
        .split_once("features = ")
        .and_then(|(_, features)| features.strip_suffix(" }"));
    Ok(features.ok_or("the runtime's tokio has no features")?.to_owned())
}

/// A user's package with the server.
struct Package {
    name: &'static str,
    dependency: String,
    program: String,
}

const PLAIN: &str = r#"use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:10000").await?;
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(echo(stream));
    }
}

async fn echo(mut stream: TcpStream) -> std::io::Result<()> {
    let (reader, mut writer) = stream.split();
    let mut reader = BufReader::new(reader);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).await? > 0 {
        if line == b"bye\r\n" {
            return writer.write_all(b"cya\r\n").await;
        }
        writer.write_all(&line).await?;
        line.clear();
    }
    Ok(())
}
"#;

/// Builds each package `rounds` times, and prints a table.
pub(crate) fn compare(rounds: usize) -> Result {
    let runtime = Path::new(ROOT).join("runtime").canonicalize()?;
    let echo = fs::read_to_string(Path::new(ROOT).join("examples/echo.rs"))?;
    let kai = |features: &str| {
        format!(
            "kai-tcp-server = {{ path = {:?}{features} }}",
            runtime.display().to_string()
        )
    };
    let packages = [
        Package {
            name: "kai",
            dependency: kai(""),
            program: echo.clone(),
        },
        Package {
            name: "kai without log",
            dependency: kai(", default-features = false"),
            program: echo,
        },
        Package {
            name: "plain tokio",
            dependency: format!("tokio = {{ version = \"1\", features = {} }}", features_of_tokio()?),
            program: PLAIN.to_owned(),
        },
    ];
    let scratch = std::env::temp_dir().join(format!("compare-builds-{}", std::process::id()));
    let measured = measure(&packages, &scratch, rounds);
    fs::remove_dir_all(&scratch)?;
    let measured = measured?;
    println!("# Building the echo server\n\n{}\n", machine::describe()?);
    println!(
        "Development profile, medians of {rounds} interleaved builds, in seconds; ratios to plain tokio by pairs.\n"
    );
    println!("| | crates | cold | ratio | its processor seconds | ratio | after a change | ratio |");
    println!("| --- |{}", " ---: |".repeat(7));
    let plain = &measured[2];
    for (package, built) in packages.iter().zip(&measured) {
        print!("| {} | {} |", package.name, built.crates);
        let columns = [
            (&built.cold, &plain.cold),
            (&built.work, &plain.work),
            (&built.change, &plain.change),
        ];
        for (own, plain) in columns {
            let ratios = own.iter().zip(plain).map(|(own, plain)| own / plain);
            print!(" {} | {} |", median(own.iter().copied()), median(ratios));
        }
        println!();
    }
    Ok(())
}

#[derive(Default)]
struct Built {
    /// The crates in the package's tree, without the package.
    crates: usize,
    /// The seconds of each cold build.
    cold: Vec<f64>,
    /// The processor seconds of each cold build.
    work: Vec<f64>,
    change: Vec<f64>,
}

fn measure(packages: &[Package], scratch: &Path, rounds: usize) -> Result<Vec<Built>> {
    let mut places = Vec::new();
    for (number, package) in packages.iter().enumerate() {
        let place = scratch.join(number.to_string());
        fs::create_dir_all(place.join("src"))?;
        let manifest =
            "[package]\nname = \"echo\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n";
        fs::write(place.join("Cargo.toml"), format!("{manifest}{}\n", package.dependency))?;
        fs::write(place.join("src/main.rs"), &package.program)?;
        // Build with the same versions as everything else here.
        fs::copy(Path::new(ROOT).join("Cargo.lock"), place.join("Cargo.lock"))?;
        cargo(&place, &["fetch"])?;
        places.push(place);
    }
    let mut built: Vec<Built> = packages.iter().map(|_| Built::default()).collect();
    for (place, built) in places.iter().zip(&mut built) {
        built.crates = crates(place)?;
    }
    for round in 0..rounds {
        eprintln!("round {} of {rounds}", round + 1);
        for step in 0..packages.len() {
            let number = (step + round) % packages.len();
            let place = &places[number];
            // Remove only what cargo wrote here. It may not exist yet.
            let _ = fs::remove_dir_all(place.join("target"));
            let (seconds, work) = build(place)?;
            built[number].cold.push(seconds);
            built[number].work.push(work);
            change(place, round)?;
            built[number].change.push(build(place)?.0);
        }
    }
    Ok(built)
}

/// Changes the program's answer.
fn change(place: &Path, round: usize) -> Result {
    let source = place.join("src/main.rs");
    let program = fs::read_to_string(&source)?;
    let (before, rest) = program.split_once("(b\"").ok_or("the program answers nothing")?;
    let (_, after) = rest.split_once("\\r\\n").ok_or("the program answers no line")?;
    Ok(fs::write(source, format!("{before}(b\"cya{round}\\r\\n{after}"))?)
}

/// Builds, and returns the seconds and the processor seconds. Processor seconds are reliable on a
/// busy machine too.
fn build(place: &Path) -> Result<(f64, f64)> {
    let (begin, before) = (Instant::now(), work_of_children()?);
    cargo(place, &["build", "--quiet", "--offline"])?;
    Ok((begin.elapsed().as_secs_f64(), work_of_children()? - before))
}

/// Returns the processor time of all ended children, in steps of 10 ms.
fn work_of_children() -> Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // Fields 16 and 17. The second field is in parentheses and may contain blanks.
    let (_, fields) = stat.rsplit_once(')').ok_or("the kernel says no processor time")?;
    let ticks: Vec<f64> = fields
        .split_whitespace()
        .skip(13)
        .take(2)
        .filter_map(|field| field.parse().ok())
        .collect();
    Ok(ticks.iter().sum::<f64>() / 100.0)
}

fn crates(place: &Path) -> Result<usize> {
    let tree = cargo(
        place,
        &[
            "tree",
            "--quiet",
            "--offline",
            "--edges",
            "normal,build",
            "--prefix",
            "none",
            "--no-dedupe",
        ],
    )?;
    let crates: BTreeSet<&str> = tree.lines().filter_map(|line| line.split_whitespace().next()).collect();
    Ok(crates.len() - 1)
}

fn cargo(place: &Path, arguments: &[&str]) -> Result<String> {
    // Don't build where other builds are, whatever the environment says.
    let mut command = Command::new("cargo");
    command
        .args(arguments)
        .current_dir(place)
        .env("CARGO_TARGET_DIR", place.join("target"));
    let output = command.output()?;
    if !output.status.success() {
        return Err(format!(
            "cargo {}: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr)
        )
        .into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

fn median(of: impl Iterator<Item = f64>) -> String {
    Estimate::of(of).map_or_else(String::new, |of| {
        format!("{:.2} ({:.2}–{:.2})", of.median, of.low, of.high)
    })
}

//! The description of the machine.

use std::fs;
use std::process::Command;

use crate::{Result, process};

/// The load above which other programs were running.
const QUIET: f64 = 0.5;

const LOCK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock");
const LOCK_OF_ACTIX: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/servers/actix/Cargo.lock");

/// Returns lines for the report.
pub(crate) fn describe() -> Result<String> {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo")?;
    let model = cpuinfo
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let model = model.map_or("unknown processor", |(_, model)| model.trim());
    let (servers, generators) = (process::server_cores()?, process::load_cores()?);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let kernel = kernel.split('-').next().unwrap_or_default().trim();
    let rustc = Command::new("rustc").arg("--version").output()?;
    let rustc = String::from_utf8_lossy(&rustc.stdout);
    let rustc = rustc.split_whitespace().nth(1).unwrap_or("unknown");
    let load = fs::read_to_string("/proc/loadavg")?;
    let load: f64 = load.split_whitespace().next().ok_or("no load average")?.parse()?;
    let noise = if load > QUIET {
        format!(" **The machine was not quiet: its load was {load} before this began.**")
    } else {
        String::new()
    };
    Ok(format!(
        "{model}, servers on {}, load from {}; Linux {kernel}, rustc {rustc}, tokio {}, tokio-util {}, actix-server {}.{noise}",
        processors(servers.len()),
        if servers == generators {
            "the same".to_owned()
        } else {
            format!("{} other", generators.len())
        },
        version("tokio", LOCK),
        version("tokio-util", LOCK),
        version("actix-server", LOCK_OF_ACTIX),
    ))
}

fn processors(count: usize) -> String {
    format!("{count} processor{}", if count == 1 { "" } else { "s" })
}

/// Returns a package's version from the lock file.
fn version(package: &str, lock: &str) -> String {
    let lock = fs::read_to_string(lock).unwrap_or_default();
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name).skip(1);
    let version = lines
        .next()
        .and_then(|line| line.strip_prefix("version = \"")?.strip_suffix('"'));
    version.unwrap_or("unknown").to_owned()
}

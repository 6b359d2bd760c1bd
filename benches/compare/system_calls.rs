//! The system calls of a call, counted by strace between the first call and the last.

use std::fs;
use std::io::Read as _;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::Result;
use crate::figures::{Count, Counted};
use crate::plan::Kind;
use crate::served::Served;
use crate::servers::Rival;
use crate::workloads::SHORT;

const CONNECTIONS: usize = 64;
/// The batches of calls on each connection.
const BATCHES: usize = 200;

/// Counts with one call in flight and with sixteen, on 64 connections.
pub(crate) fn count(rivals: &[&'static Rival]) -> Result<Vec<Counted>> {
    if let Err(error) = Command::new("strace").arg("-V").stdout(Stdio::null()).status() {
        eprintln!("system calls are not counted: strace: {error}");
        return Ok(Vec::new());
    }
    let mut counted = Vec::new();
    for in_flight in [1, 16] {
        eprintln!("system calls, {in_flight} in flight");
        let each = rivals
            .iter()
            .map(|rival| of(rival, in_flight).map(Some))
            .collect::<Result<_>>()?;
        counted.push(Counted {
            what: Count::SystemCalls,
            in_flight,
            each,
        });
    }
    Ok(counted)
}

fn of(rival: &Rival, in_flight: usize) -> Result<f64> {
    let served = Served::start(rival)?;
    let summary = std::env::temp_dir().join(format!("compare-strace-{}", served.pid()));
    let kind = Kind::Calls((BATCHES * in_flight) as u64);
    let begin = || attach(served.pid(), &summary.to_string_lossy());
    let outcome = served.load_between((CONNECTIONS, in_flight, SHORT), kind, begin, detach)?;
    let table = fs::read_to_string(&summary)?;
    fs::remove_file(&summary)?;
    // The line is like `100.00    0.123456           5     23456       123 total`.
    let total = table
        .lines()
        .rev()
        .find(|line| line.ends_with("total"))
        .and_then(|line| line.split_whitespace().nth(3));
    let total: f64 = total.ok_or("strace says no total")?.parse()?;
    Ok(total / outcome.calls as f64)
}

/// Starts to count.
fn attach(pid: i32, summary: &str) -> Result<Child> {
    let mut strace = Command::new("strace")
        .args(["-c", "-f", "-o", summary, "-p", &pid.to_string()])
        .stderr(Stdio::piped())
        .spawn()?;
    // strace prints "Process N attached" once it counts.
    strace
        .stderr
        .as_mut()
        .ok_or("no standard error")?
        .read_exact(&mut [0; 8])?;
    Ok(strace)
}

/// Stops counting, which writes the summary.
fn detach(mut strace: Child) -> Result {
    kill_process(Pid::from_child(&strace), Signal::INT)?;
    strace.wait()?;
    Ok(())
}

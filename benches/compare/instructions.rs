//! The instructions of a call in user space, counted by valgrind's callgrind. Counts repeat, while
//! times don't.

use std::process::{Command, Stdio};

use kai_tcp_server_callgrind as callgrind;

use crate::Result;
use crate::figures::{Count, Counted};
use crate::plan::Kind;
use crate::served::Served;
use crate::servers::Rival;
use crate::workloads::SHORT;

const CONNECTIONS: usize = 64;

/// Counts with one call in flight and with sixteen, on 64 connections.
pub(crate) fn count(rivals: &[&'static Rival]) -> Result<Vec<Counted>> {
    if let Err(error) = Command::new("valgrind").arg("--version").stdout(Stdio::null()).status() {
        eprintln!("instructions are not counted: valgrind: {error}");
        return Ok(Vec::new());
    }
    let mut counted = Vec::new();
    for in_flight in [1, 16] {
        eprintln!("instructions, {in_flight} in flight");
        let each = |rival: &&'static Rival| {
            if rival.counted {
                of(rival, in_flight).map(Some)
            } else {
                Ok(None)
            }
        };
        let each = rivals.iter().map(each).collect::<Result<_>>()?;
        counted.push(Counted {
            what: Count::Instructions,
            in_flight,
            each,
        });
    }
    Ok(counted)
}

/// Returns the difference that additional calls make, which excludes the server's start and end,
/// and its connections.
fn of(rival: &Rival, in_flight: usize) -> Result<f64> {
    let (fewer, more) = callgrind::ROUNDS;
    let counted = callgrind::additional(run(rival, in_flight, fewer)?, run(rival, in_flight, more)?)?;
    let calls = CONNECTIONS * in_flight * (more - fewer) as usize;
    Ok(counted as f64 / calls as f64)
}

/// Counts a run of `batches` batches of calls on each connection.
fn run(rival: &Rival, in_flight: usize, batches: u32) -> Result<u64> {
    // A server may replace itself by another program.
    let program = [callgrind::PROGRAM, &["--trace-children=yes"]].concat();
    let served = Served::start_under(rival, &program)?;
    let calls = u64::from(batches) * in_flight as u64;
    served.load(CONNECTIONS, in_flight, SHORT, Kind::Calls(calls))?;
    let said = served.end()?.stderr;
    let said = String::from_utf8_lossy(&said);
    callgrind::collected(&said).map_err(|error| format!("{}: {error}", rival.name).into())
}

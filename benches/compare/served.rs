//! A server in its process, and load for it.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::Result;
use crate::place::{Carrier, Place};
use crate::plan::{Kind, Outcome, Plan};
use crate::process;
use crate::servers::Rival;

/// A running server. Dropping it ends the process.
pub(crate) struct Served {
    child: Option<Child>,
    place: Place,
    pid: i32,
}

impl Served {
    pub(crate) fn start(rival: &Rival) -> Result<Self> {
        Served::start_under(rival, &[])
    }

    /// Starts the variant that works at each call, as `servers::work` does.
    pub(crate) fn start_working(rival: &Rival) -> Result<Self> {
        Served::begin(rival, &[], &["working"])
    }

    /// Starts the server under another program, such as `valgrind`.
    pub(crate) fn start_under(rival: &Rival, program: &[&str]) -> Result<Self> {
        Served::begin(rival, program, &[])
    }

    fn begin(rival: &Rival, program: &[&str], how: &[&str]) -> Result<Self> {
        let place = free(rival.carrier)?;
        let this = std::env::current_exe()?;
        let mut command = if let [program, arguments @ ..] = program {
            let mut command = Command::new(program);
            command.args(arguments).arg(this);
            command
        } else {
            Command::new(this)
        };
        command.args(["serve", rival.name, &place.to_string()]).args(how);
        // kai logs with its defaults.
        command
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command.stderr(if program.is_empty() {
            Stdio::null()
        } else {
            Stdio::piped()
        });
        let child = command.spawn()?;
        let pid = i32::try_from(child.id())?;
        let mut served = Served {
            child: Some(child),
            place,
            pid,
        };
        served
            .until_it_listens()
            .map_err(|error| format!("{}: {error}", rival.name))?;
        Ok(served)
    }

    fn until_it_listens(&mut self) -> Result {
        let begin = Instant::now();
        while !listens(&self.place) {
            if let Some(child) = &mut self.child
                && let Some(status) = child.try_wait()?
            {
                return Err(format!("it ended: {status}; `compare serve` says why").into());
            }
            if begin.elapsed() > Duration::from_secs(30) {
                return Err("it doesn't listen".into());
            }
            thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }

    pub(crate) fn pid(&self) -> i32 {
        self.pid
    }

    /// Runs a load of lines of `size` bytes.
    pub(crate) fn load(&self, connections: usize, in_flight: usize, size: usize, kind: Kind) -> Result<Outcome> {
        let plan = self.plan(connections, in_flight, size, kind, false);
        let mut command = Command::new(std::env::current_exe()?);
        command
            .arg("load")
            .args(plan.to_words())
            .stdin(Stdio::null())
            .stderr(Stdio::inherit());
        answer(&command.output()?)
    }

    /// Runs a load in two steps: `begin` is called when all is connected and warm, `end` when all
    /// is answered and nothing is closed yet.
    pub(crate) fn load_between<T>(
        &self,
        (connections, in_flight, size): (usize, usize, usize),
        kind: Kind,
        begin: impl FnOnce() -> Result<T>,
        end: impl FnOnce(T) -> Result,
    ) -> Result<Outcome> {
        let plan = self.plan(connections, in_flight, size, kind, true);
        let mut command = Command::new(std::env::current_exe()?);
        command
            .arg("load")
            .args(plan.to_words())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut load = command.spawn()?;
        let mut go = load.stdin.take().ok_or("no standard input")?;
        let mut said = BufReader::new(load.stdout.take().ok_or("no standard output")?).lines();
        let mut next = || {
            said.next()
                .ok_or("the load generator ended")?
                .map_err(crate::Error::from)
        };
        next()?;
        let counting = begin()?;
        writeln!(go)?;
        next()?;
        end(counting)?;
        writeln!(go)?;
        let outcome = Outcome::from_line(&next()?);
        load.wait()?;
        outcome
    }

    fn plan(&self, connections: usize, in_flight: usize, size: usize, kind: Kind, held: bool) -> Plan {
        // A new address for each run, from 127.1.0.1 on.
        static RUNS: AtomicU32 = AtomicU32::new(0x7F01_0001);
        let source = Ipv4Addr::from(RUNS.fetch_add(1, Ordering::Relaxed));
        let warm_up = Duration::from_millis(50);
        Plan {
            place: self.place.clone(),
            pid: self.pid,
            source,
            connections,
            in_flight,
            size,
            warm_up,
            kind,
            held,
        }
    }

    /// Asks the process to end, and returns its output.
    pub(crate) fn end(mut self) -> Result<Output> {
        let child = self.child.take().ok_or("it has ended")?;
        kill_process(Pid::from_child(&child), Signal::TERM)?;
        Ok(child.wait_with_output()?)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
        if let Place::Unix(path) = &self.place {
            let _ = fs::remove_file(path);
        }
    }
}

/// Returns a port that was free just now, or a path where nothing is. The server gets it as an
/// argument, as `run` does.
fn free(carrier: Carrier) -> Result<Place> {
    static PATHS: AtomicU32 = AtomicU32::new(0);
    let port = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr();
    Ok(match carrier {
        Carrier::Tcp => Place::Tcp(port()?),
        Carrier::Tls => Place::Tls(port()?),
        Carrier::Unix => {
            let number = PATHS.fetch_add(1, Ordering::Relaxed);
            let name = format!("compare-{}-{number}.sock", std::process::id());
            Place::Unix(std::env::temp_dir().join(name))
        }
    })
}

fn listens(place: &Place) -> bool {
    match place {
        // Don't connect from the server's own address: a connection to a port without a listener
        // could connect to itself.
        Place::Tcp(addr) | Place::Tls(addr) => process::connect(Ipv4Addr::new(127, 0, 0, 2), *addr).is_ok(),
        Place::Unix(path) => UnixStream::connect(path).is_ok(),
    }
}

fn answer(output: &Output) -> Result<Outcome> {
    if !output.status.success() {
        return Err(format!("the load generator failed: {}", output.status).into());
    }
    Outcome::from_line(std::str::from_utf8(&output.stdout)?)
}

//! What a process of the comparison is: where it runs, what it may open, when it ends.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, Signal, getrlimit, set_parent_process_death_signal, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};
use socket2::{Domain, Socket, Type};

use crate::Result;

/// The processors that servers run on: the first half.
pub(crate) fn server_cores() -> Result<Vec<usize>> {
    let mut cores = cores()?;
    cores.truncate(cores.len().div_ceil(2).min(cores.len() - 1).max(1));
    Ok(cores)
}

/// The processors that load comes from: the rest, or the only one there is.
pub(crate) fn load_cores() -> Result<Vec<usize>> {
    let all = cores()?;
    let servers = server_cores()?.len();
    Ok(if servers < all.len() {
        all[servers..].to_vec()
    } else {
        all
    })
}

/// The processors that this process may use.
fn cores() -> Result<Vec<usize>> {
    let set = sched_getaffinity(None)?;
    Ok((0..CpuSet::MAX_CPU).filter(|&core| set.is_set(core)).collect())
}

/// Keeps the calling thread, and those that it will start, on these processors.
pub(crate) fn pin(cores: &[usize]) -> Result {
    let mut set = CpuSet::new();
    for &core in cores {
        set.set(core);
    }
    Ok(sched_setaffinity(None, &set)?)
}

/// For a server or a load generator: on these processors, with as many descriptors as it may have, and not beyond the end of
/// who started it.
pub(crate) fn settle_in(cores: &[usize]) -> Result {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    pin(cores)?;
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    Ok(setrlimit(
        Resource::Nofile,
        Rlimit {
            current: maximum,
            maximum,
        },
    )?)
}

/// How many descriptors a process may have.
pub(crate) fn descriptors() -> usize {
    let most = getrlimit(Resource::Nofile).maximum;
    most.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX)
}

/// The processor time that the threads of a process took so far, in nanoseconds as the scheduler counts: exact for those that
/// wait, and it is read while all do. Of threads that ended it knows nothing; servers keep theirs.
pub(crate) fn cpu_time(pid: i32) -> Result<Duration> {
    let mut time = 0;
    for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        // `time on the processor, time waiting for it, turns`
        let schedstat = std::fs::read_to_string(task?.path().join("schedstat"))?;
        let ran = schedstat
            .split_whitespace()
            .next()
            .and_then(|ran| ran.parse::<u64>().ok());
        time += ran.ok_or("the kernel says no processor time")?;
    }
    Ok(Duration::from_nanos(time))
}

/// The same of this process.
pub(crate) fn own_cpu_time() -> Result<Duration> {
    Ok(clock_gettime(ClockId::ProcessCPUTime).try_into()?)
}

/// The memory that a process has in RAM, in bytes.
pub(crate) fn resident(pid: i32) -> Result<u64> {
    let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let kib = rollup.lines().find_map(|line| {
        line.strip_prefix("Rss:")?
            .strip_suffix("kB")?
            .trim()
            .parse::<u64>()
            .ok()
    });
    Ok(kib.ok_or("the kernel says no Rss")? * 1024)
}

/// A connection from an address of choice; all of 127.0.0.0/8 is this machine.
pub(crate) fn connect(from: Ipv4Addr, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = socket(from)?;
    socket.connect(&to.into())?;
    Ok(socket.into())
}

/// Begins such a connection without waiting for it: it can be written to once it is there.
pub(crate) fn begin_to_connect(from: Ipv4Addr, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = socket(from)?;
    socket.set_nonblocking(true)?;
    match socket.connect(&to.into()) {
        Err(error) if error.raw_os_error() != Some(Errno::INPROGRESS.raw_os_error()) => Err(error),
        _ => Ok(socket.into()),
    }
}

fn socket(from: Ipv4Addr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((from, 0)).into())?;
    socket.set_tcp_nodelay(true)?;
    Ok(socket)
}

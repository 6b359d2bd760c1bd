//! The set-up of the comparison's processes: their processors, descriptors and end.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, Signal, getrlimit, set_parent_process_death_signal, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};
use socket2::{Domain, Socket, Type};

use crate::Result;

/// Returns the processors of the servers: the first half.
pub(crate) fn server_cores() -> Result<Vec<usize>> {
    let mut cores = cores()?;
    cores.truncate(cores.len().div_ceil(2).min(cores.len() - 1).max(1));
    Ok(cores)
}

/// Returns the processors of the load generator: the second half, or the only one.
pub(crate) fn load_cores() -> Result<Vec<usize>> {
    let all = cores()?;
    let servers = server_cores()?.len();
    Ok(if servers < all.len() {
        all[servers..].to_vec()
    } else {
        all
    })
}

/// Returns the processors that this process may use.
fn cores() -> Result<Vec<usize>> {
    let set = sched_getaffinity(None)?;
    Ok((0..CpuSet::MAX_CPU).filter(|&core| set.is_set(core)).collect())
}

/// Binds the calling thread, and threads that it starts later, to these processors.
pub(crate) fn pin(cores: &[usize]) -> Result {
    let mut set = CpuSet::new();
    for &core in cores {
        set.set(core);
    }
    Ok(sched_setaffinity(None, &set)?)
}

/// Sets up a server or a load generator: it runs on these processors, may use all allowed
/// descriptors, and ends with the process that started it.
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

/// Returns the number of descriptors that a process may have.
pub(crate) fn descriptors() -> usize {
    let most = getrlimit(Resource::Nofile).maximum;
    most.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX)
}

/// Returns the processor time of a process's threads so far, in nanoseconds, as the scheduler
/// counts. It is exact for waiting threads, and all wait when it is read. It excludes ended
/// threads; servers keep theirs.
pub(crate) fn cpu_time(pid: i32) -> Result<Duration> {
    let mut time = 0;
    for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        // The fields: time on the processor, time waiting for it, and turns.
        let schedstat = std::fs::read_to_string(task?.path().join("schedstat"))?;
        let ran = schedstat
            .split_whitespace()
            .next()
            .and_then(|ran| ran.parse::<u64>().ok());
        time += ran.ok_or("the kernel says no processor time")?;
    }
    Ok(Duration::from_nanos(time))
}

/// Returns the same of this process.
pub(crate) fn own_cpu_time() -> Result<Duration> {
    Ok(clock_gettime(ClockId::ProcessCPUTime).try_into()?)
}

/// Returns the resident memory of a process, in bytes.
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

/// Connects from a given address. All of 127.0.0.0/8 is this machine.
pub(crate) fn connect(from: Ipv4Addr, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = socket(from)?;
    socket.connect(&to.into())?;
    Ok(socket.into())
}

/// Begins to connect without waiting. The stream becomes writable once it is connected.
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

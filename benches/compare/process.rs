//! What a process of the comparison is: where it runs, what it may open, when it ends.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::Signal;
use nix::time::ClockId;
use nix::unistd::Pid;
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
    let set = sched_getaffinity(Pid::from_raw(0))?;
    Ok((0..CpuSet::count())
        .filter(|&core| set.is_set(core) == Ok(true))
        .collect())
}

/// Keeps the calling thread, and those that it will start, on these processors.
pub(crate) fn pin(cores: &[usize]) -> Result {
    let mut set = CpuSet::new();
    for &core in cores {
        set.set(core)?;
    }
    Ok(sched_setaffinity(Pid::from_raw(0), &set)?)
}

/// For a server or a load generator: on these processors, with as many descriptors as it may have, and not beyond the end of
/// who started it.
pub(crate) fn settle_in(cores: &[usize]) -> Result {
    set_pdeathsig(Signal::SIGKILL)?;
    pin(cores)?;
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, most, most)?)
}

/// How many descriptors a process may have.
pub(crate) fn descriptors() -> Result<usize> {
    Ok(usize::try_from(getrlimit(Resource::RLIMIT_NOFILE)?.1)?)
}

/// The processor time that a process took so far, with that of threads which ended, in nanoseconds as the scheduler counts.
pub(crate) fn cpu_time(pid: i32) -> Result<Duration> {
    Ok(ClockId::pid_cpu_clock_id(Pid::from_raw(pid))?.now()?.into())
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
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((from, 0)).into())?;
    socket.set_tcp_nodelay(true)?;
    socket.connect(&to.into())?;
    Ok(socket.into())
}

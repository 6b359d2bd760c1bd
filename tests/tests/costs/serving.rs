//! The costs of serving, measured from outside on a running server.

#![cfg(target_os = "linux")]

use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;

use kai_tcp_server_tests::{Example, available, resident};

const LINE: [u8; 64] = {
    let mut line = [b'x'; 64];
    line[63] = b'\n';
    line
};

/// Returns the path of a release build of the server's program, if there is one to be measured. The
/// test itself may be a debug build, which takes less time.
fn released() -> Option<OsString> {
    std::env::var_os("KAI_RELEASED_CROWD")
}

/// Starts the server's program.
fn crowd() -> Example {
    let program = released().unwrap_or_else(|| env!("CARGO_BIN_EXE_crowd").into());
    Example::run(&mut Command::new(program))
}

/// Sends 64-byte lines, `in_flight` at a time, and checks the replies.
fn echo(addr: SocketAddr, batches: usize, in_flight: usize) {
    let mut stream = TcpStream::connect(addr).expect("the example listens");
    let batch = LINE.repeat(in_flight);
    let mut answer = vec![0; batch.len()];
    for _ in 0..batches {
        stream.write_all(&batch).expect("the server reads");
        stream.read_exact(&mut answer).expect("the server answers");
        assert!(answer == batch, "the answer is not what was sent");
    }
}

/// Counts the system calls of a process, from now until it ends.
fn count_system_calls(pid: u32, summary: &str) -> Child {
    let mut strace = Command::new("strace")
        .args(["-c", "-f", "-o", summary, "-p", &pid.to_string()])
        .stderr(Stdio::piped())
        .spawn()
        .expect("strace starts");
    // strace prints "Process N attached" once it counts.
    let mut said = [0; 8];
    strace
        .stderr
        .as_mut()
        .expect("standard error is piped")
        .read_exact(&mut said)
        .expect("strace attaches");
    strace
}

const CONNECTIONS: usize = 64;
const BATCHES: usize = 100;
const IN_FLIGHT: usize = 16;

#[test]
fn replies_to_lines_that_came_together_leave_together() {
    if !available("strace", &["-V"], "Debian's strace") {
        return;
    }
    let server = crowd();
    let addr = server.addr();
    let summary = std::env::temp_dir().join(format!("kai-strace-{}", server.id()));
    let summary = summary.to_string_lossy().into_owned();
    let mut strace = count_system_calls(server.id(), &summary);
    let clients: Vec<_> = (0..CONNECTIONS)
        .map(|_| thread::spawn(move || echo(addr, BATCHES, IN_FLIGHT)))
        .collect();
    for client in clients {
        client.join().expect("a client is answered");
    }
    server.signal("TERM");
    let (success, _) = server.wait();
    assert!(success, "a stop by SIGTERM is a success");
    strace.wait().expect("strace ends with the server");
    let table = std::fs::read_to_string(&summary).expect("strace wrote its summary");
    let _ = std::fs::remove_file(&summary);
    let total = table
        .lines()
        .rev()
        .find(|line| line.ends_with("total"))
        .expect("the summary has a total");
    let system_calls: usize = total
        .split_whitespace()
        .nth(3)
        .and_then(|n| n.parse().ok())
        .expect("the total is a number");
    let calls = CONNECTIONS * BATCHES * IN_FLIGHT;
    println!("{system_calls} system calls for {calls} calls");
    assert!(
        10 * system_calls <= 3 * calls,
        "more than 0.3 system calls a call:\n{table}"
    );
}

/// Returns the number of connections that the descriptor limits of this process and the example
/// allow.
fn affordable(wanted: usize) -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").expect("Linux says so");
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"))
        .expect("Linux says so");
    let soft: usize = line
        .split_whitespace()
        .nth(3)
        .and_then(|n| n.parse().ok())
        .unwrap_or(usize::MAX);
    wanted.min(soft.saturating_sub(100))
}

#[test]
fn an_idle_connection_holds_less_than_3_kib() {
    let server = crowd();
    let addr = server.addr();
    echo(addr, 1, 1);
    let before = resident(server.id());
    let count = affordable(10_000);
    let mut idle = Vec::with_capacity(count);
    for _ in 0..count {
        let mut stream = TcpStream::connect(addr).expect("the server accepts");
        // Each connection has made a call, so that buffers would show if they were kept.
        stream.write_all(&LINE).expect("the server reads");
        stream.read_exact(&mut [0; 64]).expect("the server answers");
        idle.push(stream);
    }
    let each = (resident(server.id()) - before) / count;
    println!("{each} bytes of RSS for each of {count} idle connections");
    // A debug build's futures are larger. The bound that matters is that of a release build, as CI
    // runs it.
    let is_debug = cfg!(debug_assertions) && released().is_none();
    let bound = if is_debug { 4 * 1024 } else { 3 * 1024 };
    assert!(each < bound, "{each} bytes each");
}

#[test]
fn what_a_long_frame_needed_is_not_kept_while_its_connection_waits_for_the_next_one() {
    let server = crowd();
    let addr = server.addr();
    let mut line = vec![b'x'; 60_000];
    line.push(b'\n');
    let mut answer = vec![0; line.len()];
    let beginning = [&line[..], b"y"].concat();
    let mut converse = || {
        let mut stream = TcpStream::connect(addr).expect("the server accepts");
        // The start of the next line arrives with the end of this one.
        stream.write_all(&beginning).expect("the server reads");
        stream.read_exact(&mut answer).expect("the server answers");
        assert!(answer == line, "the answer is not what was sent");
        stream
    };
    let _first = converse();
    let before = resident(server.id());
    let count = affordable(300);
    let waiting: Vec<TcpStream> = (0..count).map(|_| converse()).collect();
    let each = (resident(server.id()) - before) / waiting.len();
    println!("{each} bytes of RSS for each of {count} connections");
    assert!(each < 32 * 1024, "{each} bytes each");
}

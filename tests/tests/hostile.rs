//! What a peer does to hurt others: each of these once did.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};

/// Ends a program with the test.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the echo server, and reads of its log only what it says in the beginning.
fn with_a_log_that_ends() -> (Program, SocketAddr) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crowd"));
    let mut program = Program(command.stderr(Stdio::piped()).spawn().expect("it starts"));
    let log = BufReader::new(program.0.stderr.take().expect("standard error is piped"));
    let lines = log.lines().map(|line| line.expect("it says where it listens"));
    let said: String = lines.take(2).collect();
    let (_, rest) = said.split_once("listens on ").expect("it says where it listens");
    let addr = rest.split(',').next().unwrap_or_default().parse();
    (program, addr.expect("it says where it listens"))
}

#[test]
fn a_log_that_takes_nothing_more_ends_no_server() {
    let (_program, addr) = with_a_log_that_ends();
    let mut hostile = TcpStream::connect(addr).expect("it listens");
    // Longer than packet_size, which the log is to tell.
    hostile.write_all(&b"x".repeat(70_000)).expect("it reads");
    let mut rest = Vec::new();
    hostile
        .read_to_end(&mut rest)
        .expect("it closes the connection in good order");
    let mut honest = TcpStream::connect(addr).expect("it listens on");
    honest.write_all(b"hello\n").expect("it reads");
    let mut answer = [0; 6];
    honest.read_exact(&mut answer).expect("it answers");
    assert_eq!(&answer, b"hello\n");
}

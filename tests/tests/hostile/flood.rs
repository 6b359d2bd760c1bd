//! Memory under floods: TCP holds back an endless sender, in every packet mode and for every way to
//! take frames.

#![cfg(target_os = "linux")]

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use kai_tcp_server_tests::{Example, MODES, Mode, peak, resident};

const GIB: usize = 1024 * 1024 * 1024;

/// The longest frames are near the default of `packet_size`, so that a flood always ends within
/// one.
const FRAME: usize = 60_000;

/// The bound of the server process's growth for all floods together. Each may fill its read buffer,
/// which holds a frame and one read, and has at most doubled while growing.
const BOUND: usize = 12 * 1024 * 1024;

/// The bytes that a flood may send. Most of them are in the kernel's buffers on both sides.
const TAKEN: usize = 64 * 1024 * 1024;

/// The duration of a flood that is partly taken, and the time after which a waiting write counts as
/// held back for good.
const TIME: Duration = Duration::from_secs(3);
const PATIENCE: Duration = Duration::from_millis(500);

/// The result of a flood, with its open connection.
struct Flood {
    sent: usize,
    held_back: bool,
    _stream: TcpStream,
}

/// Sends up to 1 GiB in whole frames, as fast as possible.
fn flood(addr: SocketAddr, mode: &Mode) -> Flood {
    let frame = (mode.wire)(&vec![b'x'; FRAME.min(mode.longest)]);
    let frames = frame.repeat((64 * 1024_usize).div_ceil(frame.len()));
    let mut stream = TcpStream::connect(addr).expect("the server listens");
    stream.set_write_timeout(Some(PATIENCE)).expect("it can be set");
    let begin = Instant::now();
    let (mut sent, mut held_back) = (0, false);
    while sent < GIB && !held_back && begin.elapsed() < TIME {
        match stream.write(&frames[sent % frames.len()..]) {
            Ok(n) => sent += n,
            Err(error) if error.kind() == ErrorKind::WouldBlock => held_back = true,
            Err(error) => panic!("the flood was ended: {error}"),
        }
    }
    Flood {
        sent,
        held_back,
        _stream: stream,
    }
}

/// Checks the server's bytes for a reply.
fn expect(stream: &mut TcpStream, mode: &Mode, reply: &str) {
    let mut expected = bytes::BytesMut::new();
    let parts = [reply.as_bytes()];
    mode.packet.encode(parts, &mut expected).expect("it is short");
    let mut got = vec![0; expected.len()];
    stream.read_exact(&mut got).expect("the server answers");
    assert_eq!(got, expected, "{}", mode.name);
}

type Served<'a> = (&'a Mode, &'a str, SocketAddr);

/// Does the same with all servers at once.
fn at_once<T: Send>(servers: &[Served<'_>], act: impl Fn(&Served<'_>) -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let threads: Vec<_> = servers.iter().map(|server| scope.spawn(|| act(server))).collect();
        let done = threads.into_iter().map(|thread| thread.join().expect("it goes well"));
        done.collect()
    })
}

/// Checks that another client is greeted by a message, and answered if frames are taken.
fn is_served(&(mode, way, addr): &Served<'_>) {
    let mut stream = TcpStream::connect(addr).expect("the server listens");
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .expect("it can be set");
    expect(&mut stream, mode, "hi");
    if way != "false" {
        // Two, as an HTTP header waits for the next line.
        let frames = (mode.wire)(b"ping").repeat(2);
        stream.write_all(&frames).expect("the server reads");
        expect(&mut stream, mode, "ok");
    }
}

#[test]
fn a_sender_who_never_stops_is_held_back_in_every_mode_and_others_are_served() {
    let _turn = crate::TURN.blocking_lock();
    let program = Example::run(&mut Command::new(env!("CARGO_BIN_EXE_flood")));
    let mut servers: Vec<Served<'_>> = Vec::new();
    for mode in MODES {
        for way in ["true", "true, sleeping", "once", "a count", "false"] {
            let line = program.line_with(" listens on ");
            let (name, addr) = line.split_once(" listens on ").expect("it says where");
            assert_eq!(name, format!("{} {way}", mode.name));
            servers.push((mode, way, addr.parse().expect("an address")));
        }
    }
    at_once(&servers, is_served);
    let before = resident(program.id());

    let floods = at_once(&servers, |&(mode, _, addr)| flood(addr, mode));
    at_once(&servers, is_served);
    for ((mode, way, _), flood) in servers.iter().zip(&floods) {
        assert!(flood.sent < TAKEN, "{} {way}: {} bytes went out", mode.name, flood.sent);
        assert!(flood.held_back || *way == "true, sleeping", "{} {way}", mode.name);
    }
    let grown = peak(program.id()) - before;
    println!("{} floods, {} KiB grown", floods.len(), grown / 1024);
    assert!(grown < BOUND, "{grown} bytes");
}

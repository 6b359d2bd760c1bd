//! The call loop of a connection, compared with a hand-written one, from received bytes to sent
//! answers.
//!
//! Both run in memory, on one thread, with the same client. The counts of both include the client
//! and the runtime.

use kai_tcp_server::{Action, ProtocolState, start, tcp_server, with};
use memchr::memchr_iter;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::runtime::Builder;

use crate::callgrind;

/// The number of lines that arrive together, and the bound: the declared server's instructions
/// divided by those of the hand-written loop.
const CASES: [(usize, f64); 2] = [(1, 1.5), (16, 1.8)];

/// A search for a line's end takes more or fewer instructions by the line's place in memory, modulo
/// 32 bytes, and that place changes with as little as the path of this program. Sixteen lines of 66
/// bytes lie in all places modulo 32 that are even; lines of 64 bytes all lay in one, which moved a
/// server's count by 1 %.
const LINE: &[u8; 66] = b"0123456789 0123456789 0123456789 0123456789 0123456789 0123456789\n";

/// The compared servers.
const SERVERS: [&str; 4] = ["declared", "with a session", "with states", "by hand"];

struct Echo;

#[tcp_server(port = 0)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            b"bye\r\n" => close(b"cya\r\n"),
            data => reply(data),
        }
    }
}

/// The same as [`StatesEcho`], by hand: its session is the state.
struct SessionEcho;

#[derive(Clone, Copy, Default)]
enum Told {
    #[default]
    No,
    Yes,
}

#[tcp_server(port = 0)]
impl SessionEcho {
    fn handle_call(&self, data: &[u8], told: &mut Told) -> Action {
        match (*told, data) {
            (Told::No, b"told\r\n") => {
                *told = Told::Yes;
                reply(b"ok\r\n")
            }
            (_, b"bye\r\n") => close(b"cya\r\n"),
            (_, data) => reply(data),
        }
    }
}

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Ready,
    Told,
}

struct StatesEcho;

#[tcp_server(port = 0, state = Phase)]
impl StatesEcho {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (Phase::Ready, b"told\r\n") => reply(b"ok\r\n").next(Phase::Told),
            (_, b"bye\r\n") => close(b"cya\r\n"),
            (_, data) => reply(data),
        }
    }
}

fn full_name(lines: usize, server: &str) -> String {
    format!("call loop, {lines} at a time: {server}")
}

fn all() -> impl Iterator<Item = (usize, &'static str)> {
    CASES
        .into_iter()
        .flat_map(|(lines, _)| SERVERS.map(|server| (lines, server)))
}

/// Makes `times` calls in the way that `name` names; returns `false` for an unknown name.
pub(crate) fn repeat(name: &str, times: u32) -> bool {
    let Some((lines, server)) = all().find(|(lines, server)| full_name(*lines, server) == name) else {
        return false;
    };
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime can be made");
    runtime.block_on(async {
        if server == "declared" {
            let server = start(with(Echo, Echo::OPTIONS.in_memory())).await.expect("it starts");
            call(server.connect().await.expect("it runs"), lines, times).await;
        } else if server == "with a session" {
            let server = start(with(SessionEcho, SessionEcho::OPTIONS.in_memory()))
                .await
                .expect("it starts");
            call(server.connect().await.expect("it runs"), lines, times).await;
        } else if server == "with states" {
            let server = start(with(StatesEcho, StatesEcho::OPTIONS.in_memory()))
                .await
                .expect("it starts");
            call(server.connect().await.expect("it runs"), lines, times).await;
        } else {
            let (client, server) = tokio::io::duplex(64 * 1024);
            let serving = tokio::spawn(by_hand(server));
            call(client, lines, times).await;
            serving.await.expect("it ends with its client");
        }
    });
    true
}

/// Runs the client, which checks that it gets what it sent.
async fn call(mut stream: DuplexStream, lines: usize, times: u32) {
    let sent = LINE.repeat(lines);
    let mut came = vec![0; sent.len()];
    for _ in 0..times {
        stream.write_all(&sent).await.expect("it is read");
        stream.read_exact(&mut came).await.expect("it is answered");
        assert_eq!(came, sent);
    }
}

/// Answers all complete lines of a read in one write, with buffers of its own.
async fn by_hand(mut stream: DuplexStream) {
    let (mut input, mut output) = (Vec::with_capacity(16 * 1024), Vec::with_capacity(16 * 1024));
    while stream.read_buf(&mut input).await.is_ok_and(|n| n > 0) {
        let mut from = 0;
        for at in memchr_iter(b'\n', &input) {
            let line = &input[from..=at];
            from = at + 1;
            if line == b"bye\r\n" {
                output.extend_from_slice(b"cya\r\n");
            } else {
                output.extend_from_slice(line);
            }
        }
        input.drain(..from);
        if stream.write_all(&output).await.is_err() {
            return;
        }
        output.clear();
    }
}

/// The most that a state costs: the instructions of the server with states divided by those of the
/// one whose session is its state, where calls stay in their state. With 16 it is 1.012 to 1.017,
/// as copies too take more or fewer instructions by their place.
const STATES: [f64; CASES.len()] = [1.01, 1.02];

/// Prints the instructions of all; returns whether they are within bounds.
pub(crate) fn compare() -> Result<bool, String> {
    println!("instructions for a round of calls: client, runtime and server");
    let mut within = true;
    for ((lines, bound), states_bound) in CASES.into_iter().zip(STATES) {
        let mut counts = [0; SERVERS.len()];
        for (server, count) in SERVERS.iter().zip(&mut counts) {
            let name = full_name(lines, server);
            *count = callgrind::of_this_program(&name)?;
            println!("{count:>8}  {name}");
        }
        let [declared, session, states, by_hand] = counts.map(f64::from);
        for (what, ratio, bound) in [
            ("declared / by hand", declared / by_hand, bound),
            ("with states / with a session", states / session, states_bound),
        ] {
            let said = if ratio <= bound { "" } else { "  TOO MUCH" };
            within &= ratio <= bound;
            println!("{ratio:>9.3} {what} (at most {bound:.2}){said}");
        }
    }
    Ok(within)
}

//! Servers that the attribute declares and new versions of themselves replace, by serde or by
//! callbacks, as the first argument says. Each answer has the number of the process.

use std::io::{Write as _, stderr};
use std::process::exit;
use std::thread;
use std::time::Duration;

use kai_tcp_server::{Action, BoxError, CloseReason, Frozen, Peer, ProtocolState, Result, run, tcp_server};
use serde::{Deserialize, Serialize};

fn main() -> Result {
    // No process outlives its test for long.
    thread::spawn(|| {
        thread::sleep(Duration::from_mins(2));
        exit(1);
    });
    match std::env::args().nth(1).as_deref() {
        Some("serde") => run(Chat),
        _ => run(Counter),
    }
}

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Named,
}

#[derive(Default, Serialize, Deserialize)]
struct Member {
    name: String,
    lines: u32,
    #[serde(skip)]
    peer: Option<Peer<String>>,
}

/// Its session is written by serde, and its state goes over beside it.
struct Chat;

#[tcp_server(port = 0, packet = line(lf), state = Phase, session_version = 1, upgrade = true)]
impl Chat {
    fn connected(&self, peer: Peer<String>) -> Member {
        Member {
            peer: Some(peer),
            ..Member::default()
        }
    }

    fn handle_call(&self, data: &[u8], phase: Phase, member: &mut Member) -> Action {
        match (phase, data) {
            (Phase::Hello, "hello {name: String}") => {
                member.name = name;
                reply("hello").next(Phase::Named)
            }
            (Phase::Named, b"count") => {
                member.lines += 1;
                reply(format!("{} {} {}", member.name, member.lines, std::process::id()))
            }
            _ => reply("what?"),
        }
    }

    fn handle_info(&self, message: String) -> Action {
        reply(message)
    }

    fn taken_over(&self, peer: Peer<String>, phase: Phase, member: &mut Member) -> Result<(), BoxError> {
        let is_named = matches!(phase, Phase::Named);
        peer.send(format!("again {} {is_named} {}", member.name, std::process::id()))?;
        member.peer = Some(peer);
        Ok(())
    }
}

/// Its session is written by callbacks; one that has counted an even number says no,
/// and one that has counted to 3 asks for `closed`.
struct Counter;

#[tcp_server(port = 0, packet = line(lf), upgrade = true)]
impl Counter {
    fn handle_call(&self, _: &[u8], count: &mut u32) -> Action {
        *count += 1;
        reply(format!("{count} {}", std::process::id()))
    }

    fn freeze(&self, count: &u32) -> Result<Frozen> {
        match count {
            even if even % 2 == 0 => Err("it stays".into()),
            3 => Ok(Frozen::new(7, count.to_be_bytes()).tell_closed()),
            _ => Ok(Frozen::new(7, count.to_be_bytes())),
        }
    }

    fn thaw(&self, frozen: Frozen) -> Result<u32> {
        match frozen.version() {
            7 => Ok(u32::from_be_bytes(frozen.bytes().try_into()?)),
            _ => Err("another version".into()),
        }
    }

    fn closed(&self, count: u32, reason: CloseReason) -> std::io::Result<()> {
        let line = format!("closed {count} {reason:?} in {}\n", std::process::id());
        // At once, as another process writes to the same pipe.
        stderr().write_all(line.as_bytes())
    }
}

//! A server that new versions of itself replace: it answers each line with the line, how many there
//! were on this connection, and the number of the process.
//!
//! A line that begins with `w` waits for 20 ms, one that begins with `W` for a second. The variable
//! `REPLACED_IS` says what is wrong with a new process.

use std::time::Duration;

use kai_tcp_server::{Action, BoxError, Frame, Frozen, Options, Peer, Result, Socket, TcpServer, input, run};
use tokio::time::sleep;

struct Replaced;

const OPTIONS: Options = Options::new()
    .port(0)
    .max_processes(20_000)
    .packet(kai_tcp_server::Packet::LineLf)
    .shutdown(Duration::from_secs(5))
    .upgrade(true)
    .env("REPLACED");

fn main() -> Result {
    run(Replaced)
}

impl TcpServer for Replaced {
    type Input = input::Slice;
    type Session = u64;
    type Message = ();

    const HANDS_OVER: bool = true;

    fn options(&self) -> Options {
        OPTIONS
    }

    async fn connected(&self, _: &mut Socket, _: Peer<()>) -> Result<u64, BoxError> {
        Ok(0)
    }

    async fn handle_call<'a>(&'a self, line: Frame<'a, Self>, count: &'a mut u64) -> Result<Action<'a>, BoxError> {
        match line.first() {
            Some(b'w') => sleep(Duration::from_millis(20)).await,
            Some(b'W') => sleep(Duration::from_secs(1)).await,
            _ => {}
        }
        *count += 1;
        let line = String::from_utf8_lossy(line);
        Ok(Action::reply(format!("{line} {count} {}", std::process::id())))
    }

    async fn freeze(&self, count: &mut u64) -> Result<Frozen, BoxError> {
        Ok(Frozen::new(1, count.to_be_bytes()))
    }

    async fn thaw(&self, frozen: Frozen) -> Result<u64, BoxError> {
        Ok(u64::from_be_bytes(frozen.bytes().try_into()?))
    }
}

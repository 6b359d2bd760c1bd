//! A program that serves with `run`, and whose calls hold up their core until another one lets it go, for the tests of cores.
//!
//! It takes `max_processes` as its argument, and as a second one the words of `overload`.

use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

use kai_tcp_server::{Action, Overload, Result, Socket, run, tcp_server, with};

#[derive(Default)]
struct Hold {
    /// How often all cores were let go.
    releases: Mutex<u64>,
    released: Condvar,
}

#[tcp_server(port = 0, packet = line(lf), max_restarts = 0, accept_error_sleep_time = "1s")]
impl Hold {
    fn handle_call(&self, data: &str, socket: &mut Socket) -> Result<Action> {
        Ok(match data {
            "core" => reply(thread::current().name().unwrap_or("?").to_owned()),
            "hold" => {
                let releases = self.releases.lock().unwrap_or_else(PoisonError::into_inner);
                let before = *releases;
                eprintln!("a call holds its core");
                let _released = self.released.wait_while(releases, |releases| *releases == before);
                reply("released")
            }
            "release" => {
                *self.releases.lock().unwrap_or_else(PoisonError::into_inner) += 1;
                self.released.notify_all();
                noreply
            }
            "max {processes: usize}" => {
                socket.server().set_max_processes(processes)?;
                reply("set")
            }
            data => reply(data.to_owned()),
        })
    }
}

fn main() -> Result {
    let mut arguments = std::env::args().skip(1);
    let max_processes = arguments.next().unwrap_or_default().parse()?;
    let mut options = Hold::OPTIONS.max_processes(max_processes);
    if let Some(words) = arguments.next() {
        options = options.overload(Overload::RefuseWith(words.leak().as_bytes()));
    }
    run(with(Hold::default(), options))
}

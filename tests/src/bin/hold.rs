//! A program that serves with `run`, and whose calls block their core until another call releases
//! it, for the tests of cores.
//!
//! Its arguments are `max_processes` and the words of `overload`.

use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

use kai_tcp_server::{Action, Overload, Result, Socket, run, tcp_server, with};

#[derive(Default)]
struct Hold {
    /// The number of times that all cores were released.
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

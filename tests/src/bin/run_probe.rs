//! A program that serves with `run`, for the tests of `run` as a process.

#![allow(clippy::unused_self, clippy::unused_async)] // a callback's signature is given

use std::fs::File;
use std::future::pending;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use kai_tcp_server::__private::kill_acceptor;
use kai_tcp_server::{
    Action, ChildSpec, CloseReason, INFINITY, Options, Result, Socket, Supervisor, run, tcp_server, with,
};

struct Echo;

#[tcp_server(port = 0, packet = line(lf), max_processes = 200)]
impl Echo {
    async fn handle_call(&self, data: &str) -> Result<Action> {
        Ok(match data {
            "wait" => {
                eprintln!("a call waits");
                pending().await
            }
            "block" => {
                eprintln!("a call blocks");
                loop {
                    thread::park();
                }
            }
            "take your time" => {
                tokio::time::sleep(Duration::from_millis(1500)).await;
                reply(data.to_owned())
            }
            "take all descriptors" => {
                take_all_descriptors();
                reply(data.to_owned())
            }
            "fail" => return Err("a failure\nwith a line end".into()),
            "panic" => panic!("a panic\nwith a line end: {}", '\u{1b}'),
            data => reply(data.to_owned()),
        })
    }

    fn failed(&self) -> Action {
        reply("failed")
    }

    fn closed(&self, reason: CloseReason) {
        eprintln!("closed: {reason:?}");
    }

    fn terminate(&self) {
        eprintln!("terminated");
    }
}

/// Takes all free descriptors, and later those that become free.
fn take_all_descriptors() {
    let mut taken = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        taken.push(file);
    }
    thread::spawn(move || {
        loop {
            match File::open("/dev/null") {
                Ok(file) => taken.push(file),
                Err(_) => thread::sleep(Duration::from_millis(1)),
            }
        }
    });
}

struct Second;

#[tcp_server(port = 0)]
impl Second {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }

    fn terminate(&self) {
        eprintln!("the second terminated");
    }
}

/// A server whose child fails as soon as it starts.
struct Dying;

#[tcp_server(port = 0)]
impl Dying {
    fn init(&mut self, supervisor: &Supervisor) -> Result {
        let dying = ChildSpec::new("dying", || async {
            tokio::time::sleep(Duration::from_millis(10)).await;
        });
        supervisor.start_child(dying).map(drop)
    }

    fn handle_call(&self) -> Action {
        noreply
    }
}

/// A server whose start never succeeds.
struct Starting;

#[tcp_server(port = 0)]
impl Starting {
    async fn init(&mut self) {
        eprintln!("init waits");
        pending::<()>().await;
    }

    fn handle_call(&self) -> Action {
        noreply
    }
}

/// A server that counts its connections, and kills acceptors on request.
#[derive(Default)]
struct Counting(Mutex<Count>);

#[derive(Default)]
struct Count {
    now: usize,
    peak: usize,
}

impl Counting {
    fn count(&self) -> MutexGuard<'_, Count> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[tcp_server(port = 0, packet = line(lf), max_processes = 3, max_restarts = 100_000)]
impl Counting {
    fn connected(&self) {
        let mut count = self.count();
        count.now += 1;
        count.peak = count.peak.max(count.now);
    }

    async fn handle_call(&self, data: &str, socket: &mut Socket) -> Result<Action> {
        tokio::task::yield_now().await;
        Ok(match data.split_once(' ') {
            Some(("kill", number)) => reply(kill_acceptor(socket.server(), number.parse()?).to_string()),
            _ if data == "panic" => panic!("asked for"),
            _ if data == "restarts" => reply(socket.server().info().restarts.to_string()),
            _ => reply(data.to_owned()),
        })
    }

    fn closed(&self) {
        self.count().now -= 1;
    }

    fn terminate(&self) {
        let Count { now, peak } = *self.count();
        eprintln!("at most {peak} were served at a time, {now} are left");
    }
}

fn main() -> Result {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let options: Options = Echo::OPTIONS.shutdown(INFINITY);
    match words[..] {
        ["echo"] => run(with(Echo, options)),
        ["echo", port] => run(with(Echo, options.port(port.parse()?))),
        ["tls", cert, key] => {
            let lasting = |path: &str| -> &'static [&'static str] { vec![&*path.to_owned().leak()].leak() };
            run(with(Echo, options.tls_cert(lasting(cert)).tls_key(lasting(key))))
        }
        ["two"] => run((with(Echo, options), Second)),
        ["two", port] => run((with(Second, Second::OPTIONS), with(Echo, options.port(port.parse()?)))),
        ["dying beside"] => run((Second, Dying)),
        ["starting"] => run(Starting),
        ["counting"] => run(Counting::default()),
        ["inside a runtime"] => tokio::runtime::Runtime::new()?.block_on(async { run(Echo) }),
        _ => Err(format!("what is {words:?}?").into()),
    }
}

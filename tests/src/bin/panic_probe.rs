//! A program that panics wherever a user's code can, for the tests of panics.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::error::Error;
use std::fmt;
use std::panic::{catch_unwind, panic_any, set_hook};

use kai_tcp_server::{Action, BoxError, ChildSpec, Options, Result, Supervisor, run, tcp_server, with};

/// The way in which an error is hostile to code that handles it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Hostile {
    Display,
    FailingDisplay,
    Source,
    EndlessSource,
    Drop,
}

impl Hostile {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "display" => Hostile::Display,
            "failing display" => Hostile::FailingDisplay,
            "source" => Hostile::Source,
            "endless source" => Hostile::EndlessSource,
            "drop" => Hostile::Drop,
            _ => return None,
        })
    }
}

/// Not `Copy`, so that it can implement `Drop`.
#[derive(Debug)]
struct HostileError(Hostile);

impl fmt::Display for HostileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Hostile::Display => panic!("asked for, while displayed"),
            Hostile::FailingDisplay => Err(fmt::Error),
            _ => f.write_str("hostile"),
        }
    }
}

impl Error for HostileError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self.0 {
            Hostile::Source => panic!("asked for, as a source"),
            Hostile::EndlessSource => Some(self),
            _ => None,
        }
    }
}

impl Drop for HostileError {
    fn drop(&mut self) {
        assert_ne!(self.0, Hostile::Drop, "asked for, while dropped");
    }
}

/// The payload of a panic, whose drop panics again this many times.
struct Payload(u8);

impl Drop for Payload {
    fn drop(&mut self) {
        if self.0 > 0 {
            panic_any(Payload(self.0 - 1));
        }
    }
}

/// A future whose drop panics.
struct Undroppable;

impl Drop for Undroppable {
    fn drop(&mut self) {
        panic!("asked for, while a future is dropped");
    }
}

/// Waits forever.
async fn wait() {
    eprintln!("it waits");
    let _undroppable = Undroppable;
    std::future::pending::<()>().await;
}

#[derive(Default)]
struct Probe {
    /// The error of `reload` and `terminate`.
    hostile: Option<Hostile>,
    reload_waits: bool,
}

#[tcp_server(port = 0, packet = line(lf), max_restarts = 0)]
impl Probe {
    async fn handle_call(&self, data: &str) -> Result<Action, BoxError> {
        if let Some(hostile) = Hostile::named(data) {
            return Err(HostileError(hostile).into());
        }
        Ok(match data {
            "panic" => panic!("a call's panic\nof two lines"),
            "payload" => panic_any(Payload(3)),
            "caught" => reply(catch_unwind(|| panic!("a caught panic")).is_err().to_string()),
            "task" => {
                let task = tokio::spawn(async { panic!("a task's panic\nof two lines") });
                reply(task.await.is_err().to_string())
            }
            "thread" => {
                let thread = std::thread::spawn(|| panic!("a thread's panic"));
                reply(thread.join().is_err().to_string())
            }
            data => reply(data.to_owned()),
        })
    }

    async fn reload(&self) -> Result<Options, BoxError> {
        if self.reload_waits {
            wait().await;
        }
        match self.hostile {
            Some(hostile) => Err(HostileError(hostile).into()),
            None => Ok(Probe::OPTIONS),
        }
    }

    fn terminate(&self) -> Result<(), BoxError> {
        eprintln!("terminated");
        self.hostile.map_or(Ok(()), |hostile| Err(HostileError(hostile).into()))
    }
}

/// A server whose start never succeeds.
struct Starting(&'static str);

#[tcp_server(port = 0)]
impl Starting {
    async fn init(&mut self) -> Result<(), BoxError> {
        match self.0 {
            "panic" => panic!("init's panic"),
            "wait" => wait().await,
            _ => {}
        }
        Err(HostileError(Hostile::named(self.0).unwrap_or(Hostile::Source)).into())
    }

    fn handle_call(&self) -> Action {
        noreply
    }
}

impl Drop for Starting {
    fn drop(&mut self) {
        if self.0 == "wait" {
            return;
        }
        panic!("asked for, while a server is dropped");
    }
}

/// A server with a child that panics.
struct Parent;

#[tcp_server(port = 0, max_restarts = 1)]
impl Parent {
    fn init(&mut self, supervisor: &Supervisor) -> Result {
        let child = ChildSpec::new("child", || async { Err::<(), _>(HostileError(Hostile::Display)) });
        supervisor.start_child(child).map(drop)
    }

    fn handle_call(&self) -> Action {
        noreply
    }
}

fn main() -> Result {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let probe = Probe::default();
    match words[..] {
        [] => run(probe),
        ["hook"] => {
            set_hook(Box::new(|panic| {
                eprintln!("the program's hook: {}", panic.payload_as_str().unwrap_or_default());
            }));
            run(probe)
        }
        ["after it"] => {
            // This address belongs to no machine, so the server ends at once.
            let ended = run(with(probe, Probe::OPTIONS.ip([192, 0, 2, 1].into())));
            panic!("main's panic: {ended:?}")
        }
        ["twice"] => {
            let ended = run(with(Probe::default(), Probe::OPTIONS.ip([192, 0, 2, 1].into())));
            eprintln!("{ended:?}");
            run(probe)
        }
        ["reload waits"] => run(Probe {
            reload_waits: true,
            ..probe
        }),
        ["starting", "panic"] => run((probe, Starting("panic"))),
        ["starting", "wait"] => run((probe, Starting("wait"))),
        ["starting", "display"] => run((probe, Starting("display"))),
        ["parent"] => run(Parent),
        [hostile] => run(Probe {
            hostile: Hostile::named(hostile),
            ..probe
        }),
        _ => Err(format!("what is {words:?}?").into()),
    }
}

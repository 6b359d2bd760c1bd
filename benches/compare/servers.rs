//! The compared servers. Each is the echo server of the examples, `bye` included, in a process of
//! its own.

use std::hint;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::{Result, process};

mod actix;
mod erlang;
mod expert;
mod framed;
mod kai;
mod typical;

/// A server.
#[derive(Clone, Copy)]
pub(crate) struct Rival {
    /// Its name in `--servers` and in tables.
    pub(crate) name: &'static str,
    /// Its description in the report.
    pub(crate) what: &'static str,
    /// Serves until the process is ended.
    serve: fn(SocketAddr) -> Result,
    /// Serves likewise, and works at each call.
    serve_working: fn(SocketAddr) -> Result,
    /// Builds or checks what the server needs.
    prepare: fn() -> Result,
    /// Whether its instructions can be counted. Those of a virtual machine can't.
    pub(crate) counted: bool,
}

/// The servers in the order of the tables. The others are compared with the first.
pub(crate) const RIVALS: &[Rival] = &[
    Rival {
        name: "kai",
        what: "declared with this crate's attribute, started by `run`",
        serve: kai::serve,
        serve_working: kai::serve_working,
        prepare: || Ok(()),
        counted: true,
    },
    Rival {
        name: "typical",
        what: "tokio as most write it: a task for each connection, `BufReader::read_until`, `write_all`",
        serve: typical::serve::<false>,
        serve_working: typical::serve::<true>,
        prepare: || Ok(()),
        counted: true,
    },
    Rival {
        name: "expert",
        what: "tokio as an expert writes it: own buffers, none while idle, all complete lines of a read in one write",
        serve: expert::serve::<false>,
        serve_working: expert::serve::<true>,
        prepare: || Ok(()),
        counted: true,
    },
    Rival {
        name: "framed",
        what: "`tokio_util::codec::Framed` with a codec of lines as bytes, `send` for each",
        serve: framed::serve::<false>,
        serve_working: framed::serve::<true>,
        prepare: || Ok(()),
        counted: true,
    },
    Rival {
        name: "actix",
        what: "actix-server, `read_buf` and `write_all` as in its example, a line at a time",
        serve: actix::serve,
        serve_working: actix::serve_working,
        prepare: actix::prepare,
        counted: true,
    },
    Rival {
        name: "erlang",
        what: "Erlang/OTP with the same design: processes that accept and serve, `{packet, line}`, passive",
        serve: erlang::serve,
        serve_working: erlang::serve_working,
        prepare: erlang::prepare,
        counted: false,
    },
];

impl Rival {
    /// Returns whether the server can be measured here; prints the reason if it can't.
    pub(crate) fn prepare(&self) -> bool {
        let prepared = (self.prepare)();
        if let Err(error) = &prepared {
            eprintln!("{} is skipped: {error}", self.name);
        }
        prepared.is_ok()
    }
}

/// The time that a working server computes per call, on its own thread and without yielding.
const WORK: Duration = Duration::from_micros(14);

/// Computes, as a handler does for an answer.
fn work() {
    let begin = Instant::now();
    while begin.elapsed() < WORK {
        hint::spin_loop();
    }
}

/// Runs the server `name` on the first half of the processors, as the variant that works at each
/// call if `working`.
pub(crate) fn serve(name: &str, addr: &str, working: bool) -> Result {
    let rival = RIVALS.iter().find(|rival| rival.name == name);
    let rival = rival.ok_or_else(|| format!("there is no server {name}"))?;
    process::settle_in(&process::server_cores()?)?;
    let serve = if working { rival.serve_working } else { rival.serve };
    serve(addr.parse()?)
}

//! The compared servers. Each is the echo server of the examples, `bye` included, in a process of
//! its own.

use std::hint;
use std::time::{Duration, Instant};

use crate::place::{Carrier, Place};
use crate::{Result, process};

mod actix;
mod by_hand;
mod erlang;
mod expert;
mod framed;
mod kai;
mod metrics;
mod typical;

/// A server.
#[derive(Clone, Copy)]
pub(crate) struct Rival {
    /// Its name in `--servers` and in tables.
    pub(crate) name: &'static str,
    /// Its description in the report.
    pub(crate) what: &'static str,
    pub(crate) carrier: Carrier,
    /// Serves until the process is ended.
    serve: fn(&Place) -> Result,
    /// Serves likewise, and works at each call.
    serve_working: fn(&Place) -> Result,
    /// Builds or checks what the server needs.
    prepare: fn() -> Result,
    /// True if it is measured where `--servers` names none.
    by_default: bool,
    /// True if its instructions can be counted. Those of a virtual machine can't.
    pub(crate) counted: bool,
}

/// The servers in the order of the tables. Those of a carrier are compared with its first.
pub(crate) const RIVALS: &[Rival] = &[
    Rival {
        name: "kai",
        what: "declared with this crate's attribute, started by `run`",
        carrier: Carrier::Tcp,
        serve: |place| kai::serve(place.addr()?),
        serve_working: |place| kai::serve_working(place.addr()?),
        prepare: || Ok(()),
        by_default: true,
        counted: true,
    },
    Rival {
        name: "typical",
        what: "tokio as most write it: a task for each connection, `BufReader::read_until`, `write_all`",
        carrier: Carrier::Tcp,
        serve: |place| typical::serve::<false>(place.addr()?),
        serve_working: |place| typical::serve::<true>(place.addr()?),
        prepare: || Ok(()),
        by_default: true,
        counted: true,
    },
    Rival {
        name: "expert",
        what: "tokio as an expert writes it: own buffers, none while idle, all complete lines of a read in one write",
        carrier: Carrier::Tcp,
        serve: |place| expert::serve::<false>(place.addr()?),
        serve_working: |place| expert::serve::<true>(place.addr()?),
        prepare: || Ok(()),
        by_default: true,
        counted: true,
    },
    Rival {
        name: "framed",
        what: "`tokio_util::codec::Framed` with a codec of lines as bytes, `send` for each",
        carrier: Carrier::Tcp,
        serve: |place| framed::serve::<false>(place.addr()?),
        serve_working: |place| framed::serve::<true>(place.addr()?),
        prepare: || Ok(()),
        by_default: true,
        counted: true,
    },
    Rival {
        name: "actix",
        what: "actix-server, `read_buf` and `write_all` as in its example, a line at a time",
        carrier: Carrier::Tcp,
        serve: |place| actix::serve(place.addr()?),
        serve_working: |place| actix::serve_working(place.addr()?),
        prepare: actix::prepare,
        by_default: true,
        counted: true,
    },
    Rival {
        name: "erlang",
        what: "Erlang/OTP with the same design: processes that accept and serve, `{packet, line}`, passive",
        carrier: Carrier::Tcp,
        serve: |place| erlang::serve(place.addr()?),
        serve_working: |place| erlang::serve_working(place.addr()?),
        prepare: erlang::prepare,
        by_default: true,
        counted: false,
    },
    Rival {
        name: "kai-metrics",
        what: "kai with the feature `metrics`, otherwise the same",
        carrier: Carrier::Tcp,
        serve: metrics::serve,
        serve_working: never_works,
        prepare: metrics::prepare,
        by_default: false,
        counted: true,
    },
    Rival {
        name: "kai-latency",
        what: "kai with `latency = true`, otherwise the same",
        carrier: Carrier::Tcp,
        serve: metrics::serve_timed,
        serve_working: never_works,
        prepare: metrics::prepare,
        by_default: false,
        counted: true,
    },
    Rival {
        name: "kai-tls",
        what: "kai with `tls(cert = …, key = …)`, otherwise the same",
        carrier: Carrier::Tls,
        serve: |place| kai::serve_tls(place.addr()?),
        serve_working: never_works,
        prepare: || Ok(()),
        by_default: true,
        counted: true,
    },
    Rival {
        name: "rustls",
        what: "tokio-rustls by hand: a buffer of 4 KiB for each connection, all complete lines of a read in one write",
        carrier: Carrier::Tls,
        serve: |place| by_hand::serve_tls(place.addr()?),
        serve_working: never_works,
        prepare: || Ok(()),
        by_default: true,
        counted: true,
    },
    Rival {
        name: "kai-unix",
        what: "kai with `listen = [\"unix:…\"]`, otherwise the same",
        carrier: Carrier::Unix,
        serve: |place| kai::serve_unix(place.path()?),
        serve_working: never_works,
        prepare: || Ok(()),
        by_default: true,
        counted: true,
    },
    Rival {
        name: "unix",
        what: "tokio by hand on a Unix socket: a buffer of 64 KiB for each connection, otherwise as rustls",
        carrier: Carrier::Unix,
        serve: |place| by_hand::serve_unix(place.path()?),
        serve_working: never_works,
        prepare: || Ok(()),
        by_default: true,
        counted: true,
    },
];

/// For servers in no workload where they would work.
fn never_works(_: &Place) -> Result {
    Err("this server has no variant that works".into())
}

/// Returns the servers that are measured if none is named.
pub(crate) fn usual() -> impl Iterator<Item = &'static Rival> {
    RIVALS.iter().filter(|rival| rival.by_default)
}

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
pub(crate) fn serve(name: &str, place: &str, working: bool) -> Result {
    let rival = RIVALS.iter().find(|rival| rival.name == name);
    let rival = rival.ok_or_else(|| format!("there is no server {name}"))?;
    process::settle_in(&process::server_cores()?)?;
    let serve = if working { rival.serve_working } else { rival.serve };
    serve(&place.parse()?)
}

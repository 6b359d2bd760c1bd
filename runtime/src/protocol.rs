//! The protocol as a server's table has it: listed, and counted arm by arm.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::behaviour::TcpServer;

/// One arm of a server's table, as the constant `PROTOCOL` of its type lists it.
///
/// # Examples
///
/// ```
/// use kai_tcp_server::{Action, tcp_server};
///
/// struct Clock;
///
/// #[tcp_server(port = 10000)]
/// impl Clock {
///     fn handle_call(&self, data: &[u8]) -> Action {
///         match data {
///             /// Tells the time.
///             "time\r\n" => reply("noon\r\n"),
///             /// Adds two numbers.
///             "add {a: u32} {b: u32}\r\n" => reply(format_args!("{}\r\n", u64::from(a) + u64::from(b))),
///             /// Lists what can be asked.
///             "help\r\n" => reply(help()),
///             _ => close("try help\r\n"),
///         }
///     }
/// }
///
/// fn help() -> String {
///     let documented = Clock::PROTOCOL.iter().filter(|arm| !arm.docs.is_empty());
///     documented.map(|arm| format!("{}: {}\r\n", arm.name, arm.docs)).collect()
/// }
///
/// assert_eq!(
///     Clock.handle_call(b"help\r\n"),
///     Action::reply("time: Tells the time.\r\nadd: Adds two numbers.\r\nhelp: Lists what can be asked.\r\n"),
/// );
/// assert_eq!(Clock::PROTOCOL[1].pattern, r"add {a: u32} {b: u32}\r\n");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Arm {
    /// The first word of its literal text, else `arm_N`, counted from 1.
    pub name: &'static str,
    /// Its pattern as it is written, in one line; without the quotes where it is one template.
    pub pattern: &'static str,
    /// Its doc comment; empty where there is none.
    pub docs: &'static str,
}

impl Arm {
    /// For the attribute.
    #[doc(hidden)]
    pub const fn new(name: &'static str, pattern: &'static str, docs: &'static str) -> Self {
        Arm { name, pattern, docs }
    }
}

/// How often an arm was called, as [`Info`](crate::Info) tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ArmInfo {
    /// The arm's name.
    pub name: &'static str,
    /// Its pattern as it is written.
    pub pattern: &'static str,
    /// How many calls ran it, those included that failed or were cut.
    pub calls: u64,
}

thread_local! {
    /// The number of the arm that the call has come to which is polled on this thread, counted from 1. 0: none yet.
    static HIT: Cell<u32> = const { Cell::new(0) };
}

/// Stands at the beginning of each arm of a table, with its place there. The first arm that a call comes to is its arm.
#[inline]
pub fn hit(arm: u32) {
    // Not `with`, which isn't inlined: a call of its own in each arm.
    let _ = HIT.try_with(|hit| {
        if hit.get() == 0 {
            hit.set(arm + 1);
        }
    });
}

/// How often each arm of a server's table was called.
#[derive(Debug)]
pub(crate) struct Counters {
    protocol: &'static [Arm],
    calls: Box<[AtomicU64]>,
}

impl Counters {
    pub(crate) fn new(protocol: &'static [Arm]) -> Self {
        Counters {
            protocol,
            calls: protocol.iter().map(|_| AtomicU64::new(0)).collect(),
        }
    }

    pub(crate) fn info(&self) -> Vec<ArmInfo> {
        let arms = self.protocol.iter().zip(&self.calls);
        arms.map(|(arm, calls)| ArmInfo {
            name: arm.name,
            pattern: arm.pattern,
            calls: calls.load(Relaxed),
        })
        .collect()
    }

    /// Runs a call of `S`, and counts the arm that it comes to. Without a table this is the call itself.
    pub(crate) fn watch<S: TcpServer, F: Future>(&self, mut call: Pin<&mut F>) -> impl Future<Output = F::Output> {
        let mut counted = false;
        poll_fn(move |cx| {
            let waits = const { !S::PROTOCOL.is_empty() } && !counted;
            let _poll = waits.then(|| Watched::begin(self, &mut counted));
            call.as_mut().poll(cx)
        })
    }
}

/// One poll of a call whose arm isn't counted yet. It may end in a panic.
struct Watched<'w> {
    counters: &'w Counters,
    counted: &'w mut bool,
    /// What belongs to a call that polls this one.
    outer: u32,
}

impl<'w> Watched<'w> {
    fn begin(counters: &'w Counters, counted: &'w mut bool) -> Self {
        let outer = HIT.replace(0);
        Watched {
            counters,
            counted,
            outer,
        }
    }
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        let hit = HIT.replace(self.outer);
        if hit == 0 {
            return;
        }
        *self.counted = true;
        if let Some(calls) = self.counters.calls.get(hit as usize - 1) {
            calls.fetch_add(1, Relaxed);
        }
    }
}

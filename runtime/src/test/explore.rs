//! Explores a server: frames of its table by a seed, and what must hold whatever a peer sends.

mod client;
mod explorer;
mod journal;
mod moves;
mod observed;
mod search;
mod ways;

use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};

use self::explorer::Explorer;
use self::journal::{Journal, lock};
use self::observed::{Observed, Seen};
use super::STUCK;
use super::frames::Frames;
use super::watched::{Stuck, watched};
use crate::api::tcp_server::TcpServer;
use crate::start::start;
use crate::table::protocol::Protocol;

/// Sends frames of a server's table to it, in memory and on paused time, and holds it to what must
/// hold whatever a peer sends.
///
/// A step is one send, on one connection after the other: a frame, several at once, or the same
/// many times. Some arrive in two parts, and now and then the client ends its side or leaves. These
/// must hold:
///
/// - no callback panics;
/// - nothing hangs: a call ends within an hour of the server's time, and after the end of the
///   input, and no callback blocks its thread for 20 s of the machine's;
/// - a connection is closed by `handle_call` only in an arm that may close, and stays open behind
///   none that always closes ([`Arm::closes`](crate::Arm::closes));
/// - `closed` runs once for each session.
///
/// The frames are those of [`Frames`] by this seed, and changes of them. The exploration learns
/// which frames lead from state to state and how they are answered, by the first bytes of the
/// answer, and makes each such move behind each other one. So it is good at what only shows after a
/// certain order of commands: a session that isn't reset, a state that is left too early or never,
/// a counter that runs over, frames that arrive together. With states that are declared (`state =
/// …`) it gets deep within some 10⁴ steps.
///
/// It sees the server from outside, so what is wrong without one of the above shows nowhere: a
/// wrong answer, or data that gets lost. Assertions in the server make it show. It doesn't guess a
/// word that neither the table nor an answer contains, or one number of very many, and it doesn't
/// wait for time limits between frames. The frames of a codec, and arms that Rust's own patterns
/// make, are mostly any bytes to it.
///
/// An exploration's memory is bounded. The same seed does the same each time, if the server does.
/// The server starts under its own options, but for where it listens. It needs no runtime. A server
/// without a table is sent any frames.
///
/// # Panics
///
/// Panics if one of these doesn't hold, with the seed, the step and the frames of the connection;
/// and if the server can't start. After a call that blocks its thread without end, that thread
/// stays.
///
/// # Examples
///
/// ```
/// use kai_tcp_server::{Action, tcp_server, test};
///
/// struct Till;
///
/// #[tcp_server(port = 10001, packet = line(crlf))]
/// impl Till {
///     fn handle_call(&self, data: &[u8], balance: &mut u64) -> Action {
///         match data {
///             "deposit {sum: u32}" => {
///                 *balance += u64::from(sum);
///                 reply(format_args!("{balance}"))
///             }
///             b"quit" => close("bye"),
///             _ => reply("what?"),
///         }
///     }
/// }
///
/// test::explore(Till, 7, 1000);
/// ```
#[track_caller]
pub fn explore<S: TcpServer>(server: S, seed: u64, steps: u64) {
    let journal = Arc::new(Mutex::new(Journal::default()));
    let observations = Arc::new(Seen::default());
    let (its_journal, its_observations) = (Arc::clone(&journal), Arc::clone(&observations));
    // A step of many frames is over when all calls are.
    let progress = || lock(&journal).step + observations.begun.load(SeqCst);
    let explored = watched(STUCK, progress, move || {
        explore_all(server, seed, steps, &its_journal, its_observations)
    });
    let wrong = match explored {
        Ok(Ok(())) => return,
        Ok(Err(wrong)) => wrong,
        Err(Stuck) => format!(
            "the server hangs: something has blocked its thread for {} s",
            STUCK.as_secs()
        ),
    };
    panic!("{}", lock(&journal).report(&wrong, seed));
}

fn explore_all<S: TcpServer>(
    server: S,
    seed: u64,
    steps: u64,
    journal: &Mutex<Journal>,
    observations: Arc<Seen>,
) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .map_err(|error| error.to_string())?;
    let done = runtime.block_on(async {
        let mut options = server.options().in_memory();
        options.record_dir = None;
        let protocol = S::protocol().copied().unwrap_or(Protocol {
            packet: options.packet.unwrap_or_default(),
            delimiter: options.delimiter.unwrap_or(b'\n'),
            codec: None,
            ignore_case: false,
            states: &[],
            last: &[],
            arms: &[],
        });
        let observed = Observed {
            server,
            options,
            seen: Arc::clone(&observations),
        };
        let started = start(observed).await;
        let server = started.map_err(|error| format!("the server didn't start: {error}"))?;
        let frames = Frames::new(&protocol, seed).with_states(S::STATES);
        let mut explorer = Explorer::new(server, protocol, frames, observations);
        let done = explorer.all(steps, journal).await;
        let stopped = explorer.stop().await;
        done.and(stopped)
    });
    // Tasks of a server that hangs end with it.
    runtime.shutdown_background();
    done
}

//! Tests of servers: transcripts of conversations, played against a server, and explorations by
//! frames of its table ([`explore()`], [`Frames`]), and replays of what was recorded ([`Replay`]).
//!
//! The feature `test` has this module; a program names it among its development dependencies.
//!
//! A transcript is what a client and a server say, a line each:
//!
//! | line | meaning |
//! | --- | --- |
//! | `C: get {key}` | the client sends this frame |
//! | `S: {value}` | the server sends this frame |
//! | `C. \x01\x02` | the client sends these bytes, without framing |
//! | `S. \x01\x02` | the server sends these bytes, whatever frames they are |
//! | `S! closed` | the server closes the connection |
//! | `S! nothing` | the server has sent nothing more |
//! | `(wait 5s)` | so much time passes; in memory it passes at once |
//! | `(packet 4)` | from here on frames are those of this packet mode |
//! | `# text` | a comment |
//!
//! A frame of the server is a template as in a table: `{name}` takes a word, `{name: u32}` a number,
//! `{name..}` all that is left, and `{{` is a brace. In later lines of either side `{name}` stands
//! for what was taken; so does a name that stands twice in one line. `{_}` is anything. Escapes are those of Rust: `\r`, `\n`, `\t`, `\0`, `\\`,
//! `\x01`. Under the line modes a frame is a line, and its end isn't written; under `line` the client
//! sends CR LF, or the server's `delimiter`, and an end of LF alone is written as `C. text\n`. Under
//! `raw` a frame is all that the server sends until it waits; so it is under a codec, unless a line
//! says what its frames look like: `(packet 4)`.
//!
//! A recording of a server (feature `record`) has the same lines behind times and numbers of
//! connections. [`Replay`] plays recordings and transcripts.
//!
//! The end of a transcript means that the server has sent nothing more.
//!
//! Documents of a block or of an arm may have transcripts in fences of the language `transcript`:
//! each is a test of its own. See the documentation of [`tcp_server`](macro@crate::tcp_server).

mod doc;
mod explore;
mod frames;
mod pattern;
mod play;
mod replay;
mod script;
mod watched;

use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::TcpStream;

#[doc(hidden)]
pub use self::doc::documented;
pub use self::explore::explore;
pub use self::frames::{Frames, Step};
use self::play::{Pace, Player};
pub use self::replay::{Difference, Replay, Replayed};
use self::script::Script;
use self::watched::{Stuck, watched};
use crate::api::tcp_server::TcpServer;
use crate::api::with::{With, with};
use crate::packet::{DELIMITER, Packet};
use crate::start::start;

/// A difference between a transcript and a server.
#[derive(Debug)]
struct Mismatch {
    /// The line of the transcript, counted from 0.
    line: usize,
    what: String,
}

impl Mismatch {
    fn new(line: usize, what: impl fmt::Display) -> Self {
        Mismatch {
            line,
            what: what.to_string(),
        }
    }
}

/// Plays a transcript against a server in memory, on paused time.
///
/// The server starts under its own options, but for where it listens, and without `health` and
/// `agent_check`, and stops in the end. Servers with a `name` play one after the other. A frame of
/// the server's may come within a second of its time. It needs no runtime.
///
/// # Panics
///
/// Panics if the server says anything else, with the line of the transcript and both frames; and
/// if the transcript can't be read, or the server can't start. After 20 s of the machine's time in
/// which a line isn't over it panics, too: a callback blocks its thread, which can't be ended, and
/// stays.
///
/// # Examples
///
/// ```
/// use kai_tcp_server::{Action, tcp_server, test};
///
/// struct Till;
///
/// #[tcp_server(port = 10001, packet = line(crlf | lf))]
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
/// test::transcript(Till, "
///     C: deposit 5
///     S: {sum: u32}
///     C: deposit {sum}
///     S: 10
///     C: quit
///     S: bye
///     S! closed
/// ");
/// ```
#[track_caller]
pub fn transcript<S: TcpServer>(server: S, transcript: &str) {
    if let Err(Mismatch { line, what }) = in_memory(server, transcript) {
        panic!("line {} of the transcript: {what}", line + 1);
    }
}

/// Plays a transcript against whatever listens at an address.
///
/// A frame may come within 5 s. `S! nothing` and the end wait for 100 ms, in which nothing may
/// come.
///
/// # Panics
///
/// As [`transcript`]; and if nobody listens there.
#[track_caller]
pub fn transcript_at(addr: SocketAddr, packet: Packet, transcript: &str) {
    if let Err(Mismatch { line, what }) = at(addr, packet, transcript) {
        panic!("line {} of the transcript: {what}", line + 1);
    }
}

/// The time of the machine after which a step hangs.
const STUCK: Duration = Duration::from_secs(20);

/// The line that a transcript is at.
#[derive(Debug, Default)]
struct Place(AtomicUsize);

/// The place before the first line.
const STARTING: usize = 0;

impl Place {
    fn set(&self, line: usize) {
        self.0.store(line + 1, Relaxed);
    }

    fn get(&self) -> usize {
        self.0.load(Relaxed)
    }
}

/// Held while a server with a name plays.
static NAMED: Mutex<()> = Mutex::new(());

fn in_memory<S: TcpServer>(server: S, transcript: &str) -> Result<(), Mismatch> {
    within(STUCK, server, transcript)
}

/// Plays a transcript of which no step may take longer than so much of the machine's time.
fn within<S: TcpServer>(limit: Duration, server: S, transcript: &str) -> Result<(), Mismatch> {
    let script = Script::parse(transcript)?;
    let Playable {
        server,
        packet,
        delimiter,
        _alone,
    } = playable(server);
    let place = Arc::new(Place::default());
    let its_place = Arc::clone(&place);
    let played = watched(
        limit,
        || place.get(),
        move || play(server, packet, delimiter, &script, &its_place),
    );
    played.unwrap_or_else(|Stuck| {
        let blocked = format!("something has blocked its thread for {} s", limit.as_secs_f32());
        Err(match place.get() {
            STARTING => Mismatch::new(0, format_args!("the server doesn't start: {blocked}")),
            line => Mismatch::new(line - 1, format_args!("the server hangs: {blocked}")),
        })
    })
}

/// A server as it is played against.
struct Playable<S> {
    server: With<S>,
    packet: Packet,
    delimiter: u8,
    /// Two servers of one name don't run at the same time, and tests do.
    _alone: Option<MutexGuard<'static, ()>>,
}

/// Returns a server in memory, which opens no ports and writes no files.
fn playable<S: TcpServer>(server: S) -> Playable<S> {
    let mut options = server.options().in_memory();
    options.health = None;
    options.agent_check = None;
    options.record_dir = None;
    let alone = options
        .name
        .map(|_| NAMED.lock().unwrap_or_else(PoisonError::into_inner));
    Playable {
        packet: options.packet.unwrap_or_default(),
        delimiter: options.delimiter.unwrap_or(DELIMITER),
        server: with(server, options),
        _alone: alone,
    }
}

/// Plays a transcript on a runtime of its own.
fn play<S: TcpServer>(
    server: With<S>,
    packet: Packet,
    delimiter: u8,
    script: &Script,
    place: &Place,
) -> Result<(), Mismatch> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .map_err(|error| Mismatch::new(0, error))?;
    runtime.block_on(async {
        let started = start(server).await;
        let server = started.map_err(|error| Mismatch::new(0, format_args!("the server didn't start: {error}")))?;
        let connected = server.connect().await;
        let stream = connected.map_err(|error| Mismatch::new(0, error))?;
        let client = Player::new(stream, packet, delimiter, Pace::PAUSED);
        let played = client.play(script, |line| place.set(line)).await;
        server.stop().await;
        played
    })
}

fn at(addr: SocketAddr, packet: Packet, transcript: &str) -> Result<(), Mismatch> {
    let script = Script::parse(transcript)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Mismatch::new(0, error))?;
    runtime.block_on(async {
        let stream = TcpStream::connect(addr).await;
        let stream = stream.map_err(|error| Mismatch::new(0, format_args!("cannot connect to {addr}: {error}")))?;
        Player::new(stream, packet, DELIMITER, Pace::REAL)
            .play(&script, |_| {})
            .await
    })
}

#[cfg(test)]
mod tests;

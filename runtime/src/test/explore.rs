//! Explores a server: frames of its table by a seed, and what must hold whatever a peer sends.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::time::{sleep, timeout};

use super::frames::{Frames, Step};
use super::observed::{Observed, Seen};
use super::paths::{ANSWER_KEPT, Paths};
use crate::api::tcp_server::TcpServer;
use crate::reason::CloseReason;
use crate::server::Server;
use crate::start::start;
use crate::table::protocol::{Closes, Protocol};

/// The time of the machine after which a step hangs.
const STUCK: Duration = Duration::from_mins(1);

/// The time of the server after which a call hangs. It passes at once.
const PATIENCE: Duration = Duration::from_hours(1);

/// The time of the server in which it does what is due.
const MOMENT: Duration = Duration::from_millis(1);

/// The most bytes that a server sends in a step.
const ANSWER_MAX: usize = 64 * 1024 * 1024;

/// The frames that a report shows: the last ones of the connection.
const SHOWN: usize = 24;

/// Sends frames of a server's table to it, in memory and on paused time, and holds it to what must
/// hold whatever a peer sends.
///
/// The frames are those of [`Frames`] by this seed, a frame a step, on one connection after the
/// other. Some arrive in two parts, some together, and now and then the client ends its side or
/// leaves. These must hold:
///
/// - no callback panics;
/// - nothing hangs: a call ends within an hour of the server's time, and after the end of the
///   input, and a step within a minute of the machine's;
/// - a connection is closed by `handle_call` only in an arm that may close, and stays open behind
///   none that always closes ([`Arm::closes`](crate::Arm::closes));
/// - `closed` runs once for each session.
///
/// The same seed does the same each time, if the server does. The server starts under its own
/// options, but for where it listens. It needs no runtime. A server without a table is sent any
/// frames.
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
    let (done, end) = mpsc::channel();
    let its_journal = Arc::clone(&journal);
    let explorer = std::thread::Builder::new().name("explore".to_owned()).spawn(move || {
        // Nobody receives it if this hung before.
        let _ = done.send(explore_all(server, seed, steps, &its_journal));
    });
    if let Err(error) = explorer {
        panic!("cannot start a thread: {error}");
    }
    let mut last = None;
    let wrong = loop {
        match end.recv_timeout(STUCK) {
            Ok(Ok(())) => return,
            Ok(Err(wrong)) => break wrong,
            Err(RecvTimeoutError::Disconnected) => break "the explorer panicked".to_owned(),
            Err(RecvTimeoutError::Timeout) => {
                let step = Some(lock(&journal).step);
                if step == last {
                    break format!("the server hangs: the step isn't over after {} s", STUCK.as_secs());
                }
                last = step;
            }
        }
    };
    panic!("{}", lock(&journal).report(&wrong, seed));
}

fn lock(journal: &Mutex<Journal>) -> std::sync::MutexGuard<'_, Journal> {
    journal.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The record of what was sent, for a report.
#[derive(Debug, Default)]
struct Journal {
    /// The number of steps so far.
    step: u64,
    /// The last of what was sent on the present connection.
    sent: VecDeque<String>,
    left_out: usize,
}

impl Journal {
    /// Begins a connection.
    fn begin(&mut self) {
        self.sent.clear();
        self.left_out = 0;
    }

    fn note(&mut self, what: String) {
        self.sent.push_back(what);
        if self.sent.len() > SHOWN {
            self.sent.pop_front();
            self.left_out += 1;
        }
    }

    fn report(&self, wrong: &str, seed: u64) -> String {
        let step = self.step;
        let mut report = format!("{wrong}\n  seed {seed}, step {step}; on this connection the client sent:");
        if self.left_out > 0 {
            let _ = write!(report, "\n    (and {} steps before)", self.left_out);
        }
        for sent in &self.sent {
            let _ = write!(report, "\n    {sent}");
        }
        let _ = write!(report, "\n  again: `test::explore(server, {seed}, {step})`");
        report
    }
}

fn explore_all<S: TcpServer>(server: S, seed: u64, steps: u64, journal: &Mutex<Journal>) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .map_err(|error| error.to_string())?;
    let done = runtime.block_on(async {
        let options = server.options().in_memory();
        let protocol = S::protocol().copied().unwrap_or(Protocol {
            packet: options.packet.unwrap_or_default(),
            delimiter: options.delimiter.unwrap_or(b'\n'),
            codec: None,
            ignore_case: false,
            states: &[],
            last: &[],
            arms: &[],
        });
        let observations = Arc::new(Seen::default());
        let observed = Observed {
            server,
            options,
            seen: Arc::clone(&observations),
        };
        let started = start(observed).await;
        let server = started.map_err(|error| format!("the server didn't start: {error}"))?;
        let mut explorer = Explorer {
            server,
            protocol,
            frames: Frames::new(&protocol, seed).with_states(S::STATES),
            seen: observations,
            counts: Vec::new(),
            ran: Vec::new(),
            others: 0,
            paths: Paths::default(),
        };
        explorer.counts = explorer.arms();
        let done = explorer.all(steps, journal).await;
        explorer.server.stop().await;
        done.and_then(|()| explorer.panicked())
    });
    // Tasks of a server that hangs end with it.
    runtime.shutdown_background();
    done
}

struct Explorer {
    server: Server,
    protocol: Protocol,
    frames: Frames,
    seen: Arc<Seen>,
    /// The calls of each arm so far.
    counts: Vec<u64>,
    /// The arms that ran in the calls that are judged next.
    ran: Vec<usize>,
    /// The runs of other callbacks, as they were counted last.
    others: u64,
    paths: Paths,
}

/// The client's end of a connection.
struct Client {
    stream: DuplexStream,
    /// The server has closed.
    closed: bool,
    /// The client has ended its side.
    ended: bool,
    /// The beginning of what the server sent in this step.
    answer: Vec<u8>,
}

impl Explorer {
    async fn all(&mut self, steps: u64, journal: &Mutex<Journal>) -> Result<(), String> {
        let mut client = None;
        for step in 1..=steps {
            lock(journal).step = step;
            let mut present = match client.take() {
                Some(client) => client,
                None => self.connect(journal).await?,
            };
            if !present.closed {
                self.step(&mut present, journal).await?;
            }
            client = self.after(present, journal).await?;
        }
        match client {
            Some(client) => self.leave(client).await,
            None => Ok(()),
        }
    }

    async fn connect(&mut self, journal: &Mutex<Journal>) -> Result<Client, String> {
        lock(journal).begin();
        self.frames.restart();
        self.paths.begin(&self.counts, self.frames.random());
        let stream = timeout(PATIENCE, self.server.connect()).await;
        let stream = stream
            .map_err(|_| "the server accepts no connection".to_owned())?
            .map_err(|error| format!("cannot connect: {error}"))?;
        let mut client = Client {
            stream,
            closed: false,
            ended: false,
            answer: Vec::new(),
        };
        client.read(MOMENT).await?;
        self.panicked()?;
        self.frames.is_in(self.state());
        // The effects of `connected` are no call's.
        self.others = self.seen.others.load(SeqCst);
        Ok(client)
    }

    /// Sends a frame, or two, or ends the client's side.
    async fn step(&mut self, client: &mut Client, journal: &Mutex<Journal>) -> Result<(), String> {
        client.answer.clear();
        let state = self.state();
        if let Some(again) = self.paths.again(state, &self.counts, self.frames.random()) {
            lock(journal).note(format!("`{}`    (sent)", again.escape_ascii()));
            client.send(&again).await?;
            return client.read(MOMENT).await;
        }
        if client.ended || self.frames.random().one_in(256) {
            lock(journal).note("(the end of its input)".to_owned());
            client.end().await;
            return client.read(MOMENT).await;
        }
        let Some(mut sent) = self.frame(journal) else {
            return Ok(());
        };
        if self.frames.random().one_in(16) {
            sent.extend(self.frame(journal).unwrap_or_default());
        }
        let cut = if self.frames.random().one_in(8) {
            self.frames.random().below(sent.len() + 1)
        } else {
            0
        };
        self.paths.sent(state, &sent);
        let (first, second) = sent.split_at(cut);
        for part in [first, second] {
            if !part.is_empty() && !client.closed {
                client.send(part).await?;
                client.read(MOMENT).await?;
            }
        }
        Ok(())
    }

    fn frame(&mut self, journal: &Mutex<Journal>) -> Option<Vec<u8>> {
        let Step { arm, frame, sent, .. } = self.frames.next()?;
        let name = arm
            .and_then(|arm| self.protocol.arms.get(arm))
            .map_or("any", |arm| arm.name);
        lock(journal).note(format!("`{}`    ({name})", frame.escape_ascii()));
        Some(sent)
    }

    /// Judges what the server did. Returns the client if the connection goes on.
    async fn after(&mut self, mut client: Client, journal: &Mutex<Journal>) -> Result<Option<Client>, String> {
        self.panicked()?;
        if !client.closed && self.is_in_call() && self.frames.random().one_in(2) {
            // It may wait for the rest of what it reads; the next frames may be that.
            lock(journal).note("(a call waits)".to_owned());
            self.finish(&mut client).await?;
        }
        if !client.closed && self.is_in_call() {
            return Ok(Some(client));
        }
        self.judge(&client).await?;
        if client.closed || client.ended || self.frames.random().one_in(128) {
            self.leave(client).await?;
            return Ok(None);
        }
        Ok(Some(client))
    }

    /// Waits until the call ends.
    async fn finish(&mut self, client: &mut Client) -> Result<(), String> {
        for ends in [false, true] {
            if ends {
                client.end().await;
            }
            let mut waited = Duration::ZERO;
            let mut moment = MOMENT;
            while self.is_in_call() && !client.closed && waited < PATIENCE {
                client.read(moment).await?;
                waited += moment;
                moment *= 2;
            }
            if client.closed || !self.is_in_call() {
                return Ok(());
            }
        }
        Err("the server hangs: a call doesn't end, though the input has".to_owned())
    }

    /// Compares what became of a connection with what the arms say that ran.
    async fn judge(&mut self, client: &Client) -> Result<(), String> {
        let counts = self.arms();
        for (arm, (before, now)) in self.counts.iter().zip(&counts).enumerate() {
            if now > before {
                self.ran.push(arm);
            }
        }
        self.frames.ran(&counts);
        self.counts = counts;
        let ran = std::mem::take(&mut self.ran);
        let state = self.state();
        self.frames.is_in(state);
        if !client.closed {
            self.paths.ran(&ran, &client.answer, state);
        }
        let before = self.others;
        if client.closed {
            self.closed().await?;
            let reason = self.seen.reason();
            // `closed` itself isn't counted among them.
            self.others = self.seen.others.load(SeqCst);
            let alone = self.others == before;
            if reason == Some(CloseReason::Handler) && alone && !ran.is_empty() && self.all_are(&ran, Closes::Never) {
                return Err(format!(
                    "the connection was closed by an arm that never closes: {}",
                    self.names(&ran)
                ));
            }
            return Ok(());
        }
        self.others = self.seen.others.load(SeqCst);
        let alone = self.others == before;
        if alone && ran.iter().any(|&arm| self.is(arm, Closes::Always)) && !client.ended {
            return Err(format!(
                "an arm that always closes left the connection open: {}",
                self.names(&ran)
            ));
        }
        Ok(())
    }

    fn is(&self, arm: usize, closes: Closes) -> bool {
        self.protocol.arms.get(arm).is_some_and(|arm| arm.closes == closes)
    }

    fn all_are(&self, arms: &[usize], closes: Closes) -> bool {
        arms.iter().all(|&arm| self.is(arm, closes))
    }

    fn names(&self, arms: &[usize]) -> String {
        let names = arms.iter().filter_map(|&arm| self.protocol.arms.get(arm));
        names.map(|arm| arm.name).collect::<Vec<_>>().join(", ")
    }

    fn is_in_call(&self) -> bool {
        self.seen.calls.load(SeqCst) > 0
    }

    /// Returns the state that the connection is in; `None` if the protocol has none, or it is over.
    fn state(&self) -> Option<&'static str> {
        self.server.connections().first()?.state
    }

    /// Returns how often each arm ran.
    fn arms(&self) -> Vec<u64> {
        self.server.info().arms.iter().map(|arm| arm.calls).collect()
    }

    fn panicked(&self) -> Result<(), String> {
        if self.seen.panics.load(SeqCst) > 0 {
            return Err("a callback panicked".to_owned());
        }
        Ok(())
    }

    /// Ends a connection from the client's side, and waits until it is over.
    async fn leave(&mut self, client: Client) -> Result<(), String> {
        drop(client);
        self.closed().await?;
        self.seen.reason();
        self.counts = self.arms();
        self.ran.clear();
        self.panicked()
    }

    /// Waits until the connection is over, and `closed` has run once.
    async fn closed(&mut self) -> Result<(), String> {
        let mut moment = MOMENT;
        while self.server.info().curr_connections > 0 {
            if moment > PATIENCE {
                return Err("the server hangs: a connection doesn't end, though its client has left".to_owned());
            }
            sleep(moment).await;
            moment *= 2;
        }
        self.panicked()?;
        let (sessions, closed) = (self.seen.sessions.load(SeqCst), self.seen.closed.load(SeqCst));
        if sessions != closed {
            return Err(format!("`closed` ran {closed} times for {sessions} sessions"));
        }
        Ok(())
    }
}

impl Client {
    async fn send(&mut self, bytes: &[u8]) -> Result<(), String> {
        let mut rest = bytes;
        let mut moment = MOMENT;
        // The server may answer more than fits before it reads on.
        while !rest.is_empty() && !self.closed {
            match timeout(moment, self.stream.write(rest)).await {
                Ok(Ok(count)) if count > 0 => rest = &rest[count..],
                // A connection that the server has closed takes nothing.
                Ok(_) => break,
                Err(_) if moment > PATIENCE => {
                    return Err("the server hangs: it reads nothing, and sends nothing".to_owned());
                }
                Err(_) => {
                    self.read(MOMENT).await?;
                    moment *= 2;
                }
            }
        }
        Ok(())
    }

    /// Reads all that the server sends until it waits.
    async fn read(&mut self, limit: Duration) -> Result<(), String> {
        let mut buffer = [0; 4096];
        let mut all = 0;
        while !self.closed {
            match timeout(limit, self.stream.read(&mut buffer)).await {
                Ok(Ok(0) | Err(_)) => self.closed = true,
                Ok(Ok(count)) => {
                    all += count;
                    let left = ANSWER_KEPT.saturating_sub(self.answer.len()).min(count);
                    self.answer.extend_from_slice(&buffer[..left]);
                }
                Err(_) => break,
            }
            if all > ANSWER_MAX {
                return Err(format!("the server sends more than {ANSWER_MAX} bytes, without an end"));
            }
        }
        Ok(())
    }

    async fn end(&mut self) {
        self.ended = true;
        let _ = timeout(MOMENT, self.stream.shutdown()).await;
    }
}

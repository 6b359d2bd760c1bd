//! A walk of a client, step by step, and the judgement of each.

use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::client::{Client, MOMENT, PATIENCE};
use super::journal::{Journal, lock};
use super::observed::Seen;
use super::search::{Met, Search};
use crate::reason::CloseReason;
use crate::server::Server;
use crate::table::protocol::{Closes, Protocol};
use crate::test::frames::Frames;

/// The most bytes that are sent while a call waits, besides those of one step. A call that doesn't
/// read notices the end of the input only within the 64 KiB behind what it read.
const WAITING_MAX: usize = 16 * 1024;

pub(super) struct Explorer {
    server: Server,
    protocol: Protocol,
    frames: Frames,
    seen: Arc<Seen>,
    search: Search,
    /// The calls of each arm so far.
    counts: Vec<u64>,
    /// The runs of other callbacks, as they were counted last.
    others: u64,
    /// The bytes sent since a step was judged.
    waiting: usize,
}

impl Explorer {
    pub(super) fn new(server: Server, protocol: Protocol, frames: Frames, seen: Arc<Seen>) -> Self {
        let mut explorer = Explorer {
            server,
            protocol,
            frames,
            seen,
            search: Search::default(),
            counts: Vec::new(),
            others: 0,
            waiting: 0,
        };
        explorer.counts = explorer.arms();
        explorer
    }

    pub(super) async fn all(&mut self, steps: u64, journal: &Mutex<Journal>) -> Result<(), String> {
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

    /// Stops the server.
    pub(super) async fn stop(self) -> Result<(), String> {
        self.server.stop().await;
        self.panicked()
    }

    async fn connect(&mut self, journal: &Mutex<Journal>) -> Result<Client, String> {
        lock(journal).begin();
        self.waiting = 0;
        self.frames.restart();
        self.search.begin(self.frames.random());
        let stream = timeout(PATIENCE, self.server.connect()).await;
        let stream = stream
            .map_err(|_| "the server accepts no connection".to_owned())?
            .map_err(|error| format!("cannot connect: {error}"))?;
        let mut client = Client::new(stream);
        client.read(MOMENT).await?;
        self.panicked()?;
        self.frames.is_in(self.state());
        // The effects of `connected` are no call's.
        self.others = self.seen.others.load(SeqCst);
        Ok(client)
    }

    /// Sends something, or ends the client's side.
    async fn step(&mut self, client: &mut Client, journal: &Mutex<Journal>) -> Result<(), String> {
        client.begin(1);
        if client.ended || self.frames.random().one_in(256) {
            lock(journal).note("(the end of its input)");
            client.end().await;
            return client.read(MOMENT).await;
        }
        let state = self.state();
        self.frames.is_in(state);
        let Some(sending) = self.search.next(state, &mut self.frames) else {
            return Ok(());
        };
        client.begin(sending.frames);
        self.waiting += sending.bytes.len();
        lock(journal).note(&sending.note);
        let cut = if self.frames.random().one_in(16) {
            self.frames.random().below(sending.bytes.len() + 1)
        } else {
            0
        };
        let (first, second) = sending.bytes.split_at(cut);
        for part in [first, second] {
            if !part.is_empty() && !client.closed {
                client.send(part).await?;
                client.read(MOMENT).await?;
            }
        }
        Ok(())
    }

    /// Judges what the server did. Returns the client if the connection goes on.
    async fn after(&mut self, mut client: Client, journal: &Mutex<Journal>) -> Result<Option<Client>, String> {
        self.panicked()?;
        if !client.closed && self.is_in_call() && (self.waiting > WAITING_MAX || self.frames.random().one_in(2)) {
            // It may wait for the rest of what it reads; the next frames may be that.
            lock(journal).note("(a call waits)");
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
        self.waiting = 0;
        let counts = self.arms();
        let more = |&arm: &usize| counts.get(arm) > self.counts.get(arm);
        let ran: Vec<usize> = (0..counts.len()).filter(more).collect();
        let times: u64 = counts.iter().sum::<u64>() - self.counts.iter().sum::<u64>();
        self.frames.ran(&counts);
        self.counts = counts;
        let state = self.state();
        self.frames.is_in(state);
        self.frames.learn(&client.answer);
        let met = Met {
            ran: &ran,
            is_one: times == 1,
            answer: self.behind_header(&client.answer),
            received: client.received,
            state,
            closed: client.closed,
        };
        self.search.met(&met, self.frames.random());
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

    /// Returns an answer without the header that its length has.
    fn behind_header<'a>(&self, answer: &'a [u8]) -> &'a [u8] {
        let header = self.protocol.packet.row().header;
        answer.get(header..).unwrap_or_default()
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
